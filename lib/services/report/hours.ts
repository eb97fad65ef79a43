// Over which days both sides are known: tokens without cost, or cost without tokens, compare with nothing.
import { type Money, sumMoney } from '#lib/domain/money.ts'
import { type Day, dayOf } from '#lib/domain/time.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { amount } from './amounts.ts'
import { type AsOfPeriod, deploymentsOf } from './equivalents.ts'
import { ledgerSums } from './query.ts'

/** By UTC day: what GPU compute cost, billed GPU-minutes, minutes that engines were scraped, and what is left out of comparisons. */
export type ComparedDays = {
  cost: Map<Day, Money>
  gpuMinutes: Map<Day, Money>
  scraped: Map<Day, Money>
  leftOut: Map<Day, 'no tokens are known' | 'no cost is known'>
}

type Row = { day: string; quantity: string | null; effectiveRc: string | null; effective: string | null }
const mapOf = (rows: readonly Row[], of: (row: Row) => string | null): Map<Day, Money> =>
  new Map(rows.map((row): [Day, Money] => [row.day, amount(of(row))]).filter(([, value]) => !value.isZero()))

/** The first day on which a demand deployment was meant to serve; '' unless all of them say. */
function firstGoLive(deployments: readonly { goLive: Date | null }[]): Day {
  const lives = deployments.flatMap((one) => (one.goLive ? [one.goLive.getTime()] : []))
  return lives.length > 0 && lives.length === deployments.length ? dayOf(Math.min(...lives)) : ''
}

/**
 * A day is left out when GPU compute cost something and no engine was scraped, or the other way round. Before the first go-live of a
 * demand deployment no tokens is a fact and not a gap. The grain is the UTC day, as it is of cost.
 */
export async function comparedDays(context: Pick<ServiceContext, 'db'>, params: AsOfPeriod): Promise<ComparedDays> {
  const { from, to, asOf } = params
  const query = { from, to, asOf, by: ['day'] as const }
  const deployments = (await deploymentsOf(context)).filter((one) => one.demand)
  const deployment = deployments.map((one) => one.name)
  const [costRows, minuteRows, scrapedRows] = await Promise.all([
    ledgerSums(context.db, { ...query, measures: ['cost'], where: { layer: 'gpu_compute' } }),
    ledgerSums(context.db, { ...query, measures: ['gpu_minutes'] }),
    ledgerSums(context.db, { ...query, measures: ['serving'], where: { item: 'scraped_minutes', deployment } }),
  ])
  // A day whose cost has no exchange rate is still a day with a cost: the missing rate is named elsewhere.
  const cost = mapOf(costRows, (row) => row.effectiveRc ?? row.effective)
  const scraped = mapOf(scrapedRows, (row) => row.quantity)
  const goLive = firstGoLive(deployments)
  const leftOut: ComparedDays['leftOut'] = new Map()
  for (const day of [...new Set([...cost.keys(), ...scraped.keys()])].sort()) {
    if (cost.has(day) && !scraped.has(day) && day >= goLive) leftOut.set(day, 'no tokens are known')
    if (scraped.has(day) && !cost.has(day)) leftOut.set(day, 'no cost is known')
  }
  return { cost, gpuMinutes: mapOf(minuteRows, (row) => row.quantity), scraped, leftOut }
}

/** Share of GPU cost on days whose tokens are known; null when there is no cost. */
export function tokenDaysShare({ cost, leftOut }: ComparedDays): number | null {
  const all = sumMoney(cost.values())
  if (all.isZero()) return null
  const missing = sumMoney([...leftOut].flatMap(([day, why]) => (why === 'no tokens are known' ? [cost.get(day)!] : [])))
  return all.minus(missing).div(all).toNumber()
}

/** Share of the days with tokens whose cost is known; null when no engine was scraped. */
export function costDaysShare({ scraped, leftOut }: ComparedDays): number | null {
  if (scraped.size === 0) return null
  return 1 - [...leftOut.values()].filter((why) => why === 'no cost is known').length / scraped.size
}
