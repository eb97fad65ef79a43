// Over which days both sides are known: tokens without cost, or cost without tokens, compare with nothing.
import { type Money, sumMoney } from '#lib/domain/money.ts'
import { type Day, dayOf } from '#lib/domain/time.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { amount } from './amounts.ts'
import { type AsOfPeriod, deploymentsOf } from './equivalents.ts'
import { ledgerSums } from './query.ts'

/** GPU-minutes by UTC day, and what is left out of comparisons. */
export type ComparedDays = {
  billed: Map<Day, Money>
  leftOut: Map<Day, 'no tokens are known' | 'no cost is known'>
}

const byDay = (rows: readonly { day: string; quantity: string | null }[]): Map<Day, Money> =>
  new Map(rows.map((row) => [row.day, amount(row.quantity)]))

/**
 * A day is left out when GPU time was billed and no engine was scraped, or the other way round. Before the first go-live of a demand
 * deployment no tokens is a fact and not a gap. The grain is the UTC day, as it is of cost.
 */
export async function comparedDays(context: Pick<ServiceContext, 'db'>, params: AsOfPeriod): Promise<ComparedDays> {
  const { from, to, asOf } = params
  const query = { from, to, asOf, by: ['day'] as const }
  const deployments = (await deploymentsOf(context)).filter((one) => one.demand)
  const [billedRows, scrapedRows] = await Promise.all([
    ledgerSums(context.db, { ...query, measures: ['gpu_minutes'] }),
    ledgerSums(context.db, {
      ...query,
      measures: ['serving'],
      where: { item: 'scraped_minutes', deployment: deployments.map((one) => one.name) },
    }),
  ])
  const [billed, scraped] = [byDay(billedRows), byDay(scrapedRows)]
  const lives = deployments.flatMap((one) => (one.goLive ? [one.goLive.getTime()] : []))
  const goLive = lives.length > 0 && lives.length === deployments.length ? dayOf(Math.min(...lives)) : ''
  const leftOut: ComparedDays['leftOut'] = new Map()
  for (const day of [...new Set([...billed.keys(), ...scraped.keys()])].sort()) {
    const [cost, tokens] = [billed.get(day)?.gt(0) ?? false, scraped.get(day)?.gt(0) ?? false]
    if (cost && !tokens && day >= goLive) leftOut.set(day, 'no tokens are known')
    if (tokens && !cost) leftOut.set(day, 'no cost is known')
  }
  return { billed, leftOut }
}

/** Share of billed GPU time on days whose tokens are known; null when nothing was billed. */
export function tokenDaysShare({ billed, leftOut }: ComparedDays): number | null {
  const all = sumMoney(billed.values())
  if (all.isZero()) return null
  const missing = sumMoney([...leftOut].flatMap(([day, why]) => (why === 'no tokens are known' ? [billed.get(day)!] : [])))
  return all.minus(missing).div(all).toNumber()
}
