import type { Money } from '#lib/domain/money.ts'
import { monthAfter } from '#lib/domain/projection/months.ts'
import { addDays, type Day, daysBetween, monthOf } from '#lib/domain/time.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { type Plan, totalPlanned } from '#lib/services/projection.ts'
import { amount, shown } from '#lib/services/report/amounts.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import type { OverviewParams, Point } from './types.ts'

/** More days than this are shown by month. */
const MOST_DAYS = 100

/** `whole`: not cut by the ends of the period. */
type Bucket = { start: Day; from: Day; to: Day; whole: boolean }

function bucketsOf({ from, to }: OverviewParams, daily: boolean): Bucket[] {
  if (daily) return daysBetween(from, to).map((day) => ({ start: day, from: day, to: addDays(day, 1), whole: true }))
  const buckets: Bucket[] = []
  for (let month = monthOf(from); month < to; month = monthAfter(month, 1)) {
    const end = monthAfter(month, 1)
    buckets.push({ start: month, from: month < from ? from : month, to: end > to ? to : end, whole: month >= from && end <= to })
  }
  return buckets
}

type Sums = {
  cost: Money | null
  provisional: boolean
  billedMinutes: number
  awaitingMinutes: number
  equivalents: Record<string, string | null>
}

const isAwaiting = (sums: Sums | undefined): boolean =>
  sums !== undefined && sums.awaitingMinutes > 0 && sums.awaitingMinutes >= sums.billedMinutes
const isOpen = (sums: Sums | undefined): boolean => sums === undefined || sums.provisional || sums.awaitingMinutes > 0

/** Actual, projected and API-equivalent by UTC day, or by month where there are more than 100 days. */
export async function seriesOf(
  context: ServiceContext,
  params: OverviewParams,
  plan: Plan | null,
): Promise<{ grain: 'day' | 'month'; points: Point[] }> {
  const daily = daysBetween(params.from, params.to).length <= MOST_DAYS
  const grain = daily ? 'day' : 'month'
  const { from, to, basis } = params
  const rows = await ledgerSums(context.db, {
    measures: ['cost', 'equivalent', 'gpu_minutes', 'awaiting_bill'],
    from,
    to,
    by: [grain, 'measure', 'comparator', 'provisional'],
  })
  const known = new Map<Day, Sums>()
  for (const row of rows) {
    const start = row[grain]
    const sums = known.get(start) ?? { cost: null, provisional: false, billedMinutes: 0, awaitingMinutes: 0, equivalents: {} }
    known.set(start, sums)
    const value = basis === 'billed' ? row.billedRc : row.effectiveRc
    if (row.measure === 'equivalent') sums.equivalents[row.comparator] = value
    else if (row.measure === 'awaiting_bill') sums.awaitingMinutes += Number(row.quantity)
    else if (row.measure === 'gpu_minutes') sums.billedMinutes += Number(row.quantity)
    else {
      sums.cost = amount(value).plus(sums.cost ?? 0)
      sums.provisional ||= row.provisional === 'true'
    }
  }
  const points = bucketsOf(params, daily).map((bucket): Point => {
    const sums = known.get(bucket.start)
    return {
      start: bucket.start,
      id: lineageId({ report: 'tco', from: bucket.from, to: bucket.to, basis }),
      actual: sums?.cost ? shown(sums.cost) : null,
      projected: plan ? totalPlanned(plan, bucket.from, bucket.to, 'honest', basis === 'billed' ? 'cash' : 'accounting') : null,
      open: isOpen(sums) || !bucket.whole,
      awaiting: isAwaiting(sums),
      equivalents: sums?.equivalents ?? {},
    }
  })
  return { grain, points }
}
