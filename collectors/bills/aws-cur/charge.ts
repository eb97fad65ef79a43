// What one row of a Cost and Usage Report charges, by its line item type: RULES.md 15 and 16, and CUDOS's amortised cost.
import { Money } from '#lib/domain/money.ts'
import type { Amounts } from './schema.ts'

export type Charge = {
  category: 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment'
  correction: boolean
  frequency: 'One-Time' | 'Recurring' | 'Usage-Based' | null
  status: 'Used' | null
  /** What the ledger takes as billed: the unblended cost, except where that is cancelled by other rows. */
  billed: string
  /** Null: the file does not say. */
  effective: string | null
  /** The effective cost of a commitment that nothing used, which the row of its fee states beside the fee; null where there is none. */
  unused: string | null
  /** Has no cost of its own: it cancels covered usage, or divides another row. */
  neutral: 'cancels' | 'divides' | null
  /** Changes the price of usage that another row reports. */
  reprices: boolean
}

export type RowFacts = {
  amounts: Amounts & { unblended: string }
  /** The file has a column for net costs: discounts are in those then, and their own rows come to nothing. */
  net: boolean
  reserved: boolean
  split: boolean
  productCode: string
  description: string
}

const BASE: Omit<Charge, 'billed' | 'effective'> = {
  category: 'Usage',
  correction: false,
  frequency: null,
  status: null,
  unused: null,
  neutral: null,
  reprices: false,
}

const usage = (billed: string, effective: string | null, more: Partial<Charge> = {}): Charge => ({
  ...BASE,
  frequency: 'Usage-Based',
  billed,
  effective,
  ...more,
})

/** A fee that pays for a commitment: its cost is spread over what uses it, and `unused` is what nothing used. */
function commitmentFee(unblended: string, frequency: 'One-Time' | 'Recurring', unused: Money | null): Charge {
  return {
    ...BASE,
    category: 'Purchase',
    frequency,
    billed: unblended,
    effective: '0',
    unused: unused?.isZero() ? null : (unused?.toFixed() ?? null),
  }
}

/** Null only where both are unknown. */
function combined(a: string | null, b: string | null, sign: 1 | -1): Money | null {
  return a === null && b === null ? null : new Money(a ?? 0).plus(new Money(b ?? 0).times(sign))
}

/** The part of the commitment that was paid and not used is unknown when the row says nothing about it: so is the fee's effective cost. */
function recurringFee(unblended: string, unused: Money | null): Charge {
  const fee = commitmentFee(unblended, 'Recurring', unused)
  return unused === null ? { ...fee, effective: null } : fee
}

/** A refund of the upfront payment of a plan gives back what was never a cost of its day. */
const refundsUpfront = ({ productCode, description }: RowFacts): boolean =>
  productCode === 'ComputeSavingsPlans' && /one[- ]time/i.test(description)

export function chargeOf(type: string, row: RowFacts): Charge {
  const { amounts: a } = row
  const { unblended } = a
  const net = a.netUnblended ?? unblended
  if (row.split) return usage('0', '0', { neutral: 'divides' })
  switch (type) {
    case 'Usage':
      return usage(unblended, net)
    case 'SavingsPlanCoveredUsage':
      return usage('0', a.planNetEffective ?? a.planEffective, { status: 'Used' })
    case 'DiscountedUsage':
      return usage(unblended, a.reservationNetEffective ?? a.reservationEffective, { status: 'Used' })
    case 'SavingsPlanNegation':
      return { ...BASE, category: 'Adjustment', billed: '0', effective: '0', neutral: 'cancels' }
    case 'SavingsPlanRecurringFee':
      return recurringFee(unblended, combined(a.planCommitment, a.planUsed, -1))
    case 'RIFee':
      return recurringFee(unblended, combined(a.netUnusedUpfront ?? a.unusedUpfront, a.netUnusedRecurring ?? a.unusedRecurring, 1))
    case 'SavingsPlanUpfrontFee':
      return commitmentFee(unblended, 'One-Time', null)
    case 'Fee':
      if (row.reserved) return commitmentFee(unblended, 'One-Time', null)
      return { ...BASE, category: 'Purchase', frequency: 'One-Time', billed: unblended, effective: net }
    case 'Tax':
      return { ...BASE, category: 'Tax', billed: unblended, effective: net }
    case 'Credit':
      return { ...BASE, category: 'Credit', billed: unblended, effective: net }
    case 'Refund':
      return { ...BASE, category: 'Credit', correction: true, billed: unblended, effective: refundsUpfront(row) ? '0' : net }
    default:
      if (type.endsWith('Discount')) return usage(unblended, row.net ? (a.netUnblended ?? '0') : unblended, { reprices: true })
      return { ...BASE, category: 'Adjustment', billed: unblended, effective: net }
  }
}
