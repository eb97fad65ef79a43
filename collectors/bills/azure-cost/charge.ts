// What one row of an Azure bill is, and what it costs on either basis. Pure.
//
// Azure exports one bill in two views. Actual: commitments cost what was paid for them, and usage that they cover costs 0. Amortized:
// purchases are left out, covered usage and unused commitment cost their part of the commitment. Adding the two counts everything twice.

import { ownOf } from '../mapped-line.ts'

export type View = 'actual' | 'amortized'

export type Charge = {
  category: 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment'
  correction: boolean
  status: 'Used' | 'Unused' | null
  billed: string
  effective: string | null
  /** The file's own amount: the ledger takes another where the row states no bill, only a commitment's part. */
  fileBilled: string
}

export type RowFacts = {
  chargeType: string
  pricingModel: string
  /** The reservation or savings plan that the row names. */
  commitment: string
  cost: string
}

const CATEGORIES: Readonly<Record<string, Charge['category']>> = {
  '': 'Usage',
  usage: 'Usage',
  unusedreservation: 'Usage',
  unusedsavingsplan: 'Usage',
  purchase: 'Purchase',
  refund: 'Credit',
  credit: 'Credit',
  tax: 'Tax',
  adjustment: 'Adjustment',
  roundingadjustment: 'Adjustment',
}

const bare = (text: string) => text.toLowerCase().replaceAll(/[^a-z]/g, '')

/** Priced by a commitment. Old exports have no pricing model: there the commitment's name says it. */
function committed({ pricingModel, commitment }: RowFacts): boolean {
  const model = bare(pricingModel)
  return model === '' ? commitment !== '' : model === 'reservation' || model === 'savingsplan'
}

const isZero = (amount: string) => /^-?[0.]*$/.test(amount)

/** What a row tells about the view of its file; undefined: the same row stands in both. */
export function viewSeen(row: RowFacts): View | 'perhaps actual' | undefined {
  const type = bare(row.chargeType)
  if (type.startsWith('unused')) return 'amortized'
  if (!committed(row)) return undefined
  if (type === 'purchase' || type === 'refund') return 'actual'
  return isZero(row.cost) ? 'perhaps actual' : 'amortized'
}

/** Undefined: no charge type of Azure's. `both`: the source delivers the other view too, so each file states one basis only. */
export function chargeOf(row: RowFacts, view: View, both: boolean): Charge | undefined {
  const type = bare(row.chargeType)
  const category = ownOf(CATEGORIES, type)
  if (!category) return undefined
  const commitment = committed(row)
  const unused = type.startsWith('unused')
  const status = unused ? 'Unused' : commitment && category === 'Usage' ? 'Used' : null
  const { cost } = row
  const what = { category, correction: type === 'refund', status, fileBilled: cost } as const
  if (both) {
    return view === 'actual' ? { ...what, billed: cost, effective: '0' } : { ...what, billed: '0', effective: cost }
  }
  if (!commitment && !unused) return { ...what, billed: cost, effective: cost }
  if (category === 'Usage') {
    return view === 'actual' ? { ...what, billed: cost, effective: null } : { ...what, billed: '0', effective: cost }
  }
  return { ...what, billed: cost, effective: '0' }
}
