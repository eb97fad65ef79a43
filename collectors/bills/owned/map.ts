import type { BillLine } from '#lib/domain/bill.ts'
import type { Layer } from '#lib/domain/layers.ts'
import { Money, splitMoney, sumMoney, ZERO } from '#lib/domain/money.ts'
import { addDays, type Day, dayStart, daysBetween, monthOf } from '#lib/domain/time.ts'
import { mappedLine } from '../mapped-line.ts'
import type { Asset } from './schema.ts'

/**
 * One batch holds the whole file whatever its dates, so that a changed file replaces all that the one before said. Its billing
 * account and period are therefore the same for every file; they name the batch and say nothing about time.
 */
const ACCOUNT = 'owned'
const PERIOD = { start: Date.UTC(2000, 0, 1), end: Date.UTC(2000, 1, 1) }

/** The same day of the month `count` months later, or that month's last day. */
export function addMonths(day: Day, count: number): Day {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const last = new Date(Date.UTC(year, month + count, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 + count, Math.min(date, last))).toISOString().slice(0, 10)
}

type MonthCost = { from: Day; to: Day; amount: Money }

/** What a monthly amount costs in each calendar month of [from, to): the days' parts of the month's even split (RULES.md 14), added up. */
export function monthlyCosts(amount: Money, from: Day, to: Day): MonthCost[] {
  const costs: MonthCost[] = []
  for (let first = monthOf(from); first < to; first = addMonths(first, 1)) {
    const days = daysBetween(first, addMonths(first, 1))
    const parts = splitMoney(
      amount,
      days.map(() => 1),
    )
    const inService = days.flatMap((day, i) => (day >= from && day < to ? [{ day, part: parts[i]! }] : []))
    costs.push({
      from: inService[0]!.day,
      to: addDays(inService.at(-1)!.day, 1),
      amount: sumMoney(inService.map(({ part }) => part)),
    })
  }
  return costs
}

type Charge = {
  category: 'Usage' | 'Purchase'
  frequency: 'One-Time' | 'Recurring'
  from: Day
  to: Day
  billed: Money
  effective: Money
  layer: Layer
  what: string
}

function lineOf({ node, currency }: Asset, { category, frequency, from, to, billed, effective, layer, what }: Charge): BillLine {
  const stored = {
    billed: billed.toFixed(),
    effective: effective.toFixed(),
    list: null,
    contracted: null,
    consumedQuantity: null,
    pricingQuantity: null,
    chargeStart: `${from}T00:00:00.000Z`,
    chargeEnd: `${to}T00:00:00.000Z`,
    tags: '{}',
    extra: null,
  }
  return mappedLine({
    stored,
    billingPeriod: PERIOD,
    billingAccount: ACCOUNT,
    subAccount: null,
    invoiceId: null,
    provider: 'owned',
    currency,
    chargeCategory: category,
    chargeClass: null,
    chargeFrequency: frequency,
    charge: { start: dayStart(from), end: dayStart(to) },
    description: `${node}: ${what}`,
    serviceName: 'Owned hardware',
    serviceCategory: null,
    region: null,
    resourceId: node,
    resourceName: node,
    resourceType: null,
    instanceType: null,
    skuId: null,
    commitmentId: null,
    commitmentStatus: null,
    consumedUnit: null,
    pricingUnit: null,
    tags: {},
    given: { layer },
    canonical: JSON.stringify([node, what, category, layer, currency, from, to, stored.billed, stored.effective]),
    own: () => undefined,
  })
}

/**
 * The charges of one asset over its life [in_service, +months): its price on the first day, its depreciation as one charge whose days are
 * equal parts of price − salvage, and its monthly costs. `monthly` tells which monthly cost a charge is, null where it is none.
 */
export function* chargesOf(asset: Asset): Generator<{ line: BillLine; monthly: number | null }> {
  const { price, salvage, in_service: from, months } = asset
  const to = addMonths(from, months)
  const hardware = { layer: 'gpu_compute' } as const
  const bought = { ...hardware, category: 'Purchase', frequency: 'One-Time', what: 'price' } as const
  yield { line: lineOf(asset, { ...bought, from, to: addDays(from, 1), billed: price, effective: ZERO }), monthly: null }
  // Also where nothing is written off: every minute in service is a billed minute of the node (RULES.md 12).
  const written = { ...hardware, category: 'Usage', frequency: 'Recurring', what: 'depreciation' } as const
  yield { line: lineOf(asset, { ...written, from, to, billed: ZERO, effective: new Money(price).minus(salvage) }), monthly: null }
  for (const [monthly, { what, amount, layer }] of asset.monthly.entries())
    for (const { from: first, to: after, amount: cost } of monthlyCosts(amount, from, to)) {
      const charge = {
        category: 'Usage',
        frequency: 'Recurring',
        from: first,
        to: after,
        billed: cost,
        effective: cost,
        layer,
        what,
      } as const
      yield { line: lineOf(asset, charge), monthly }
    }
}
