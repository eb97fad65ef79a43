// How much of what a report speaks about is known, as four shares that are never merged (DESIGN.md section 7).
import { type Money, sumMoney, ZERO } from '#lib/domain/money.ts'
import type { Coverages } from '#lib/domain/verdict/decide.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { amount } from './amounts.ts'
import { type AsOfPeriod, priceCoverage, readEquivalents } from './equivalents.ts'
import { type ComparedDays, comparedDays, costDaysShare, tokenDaysShare } from './hours.ts'
import { ledgerSums } from './query.ts'

/** Shares 0..1; null: nothing is known at all, which is less than any share. */
export type Coverage = Coverages
type Reads = Pick<ServiceContext, 'db'>

const share = (part: Money, whole: Money): number | null => (whole.isZero() ? null : Math.min(1, part.div(whole).toNumber()))
const byItem = (rows: readonly { item: string; quantity: string | null }[]) => new Map(rows.map((row) => [row.item, amount(row.quantity)]))

/** Billed GPU-minutes ÷ all GPU-minutes that were billed or seen; where no GPU was ever counted, days with a cost ÷ days with tokens. */
async function costCoverage({ db }: Reads, params: AsOfPeriod, days: ComparedDays): Promise<number | null> {
  const rows = await ledgerSums(db, { ...params, measures: ['gpu_minutes', 'awaiting_bill', 'unbilled'], by: ['measure'] })
  const billed = sumMoney(rows.filter((row) => row.measure === 'gpu_minutes').map((row) => amount(row.quantity)))
  const all = sumMoney(rows.map((row) => amount(row.quantity)))
  return all.isZero() ? costDaysShare(days) : share(billed, all)
}

const EXPECTED = `
SELECT coalesce(sum(extract(epoch FROM greatest(until - since, interval '0')) / 60), 0)::numeric AS minutes FROM (
  SELECT greatest(date_trunc('minute', r.first_seen, 'UTC'), c.valid_from, $1::date::timestamp AT TIME ZONE 'UTC') AS since,
         least(date_trunc('minute', r.last_seen, 'UTC') + interval '1 minute', c.valid_to, $2::date::timestamp AT TIME ZONE 'UTC') AS until
  FROM replica r JOIN replica_deployment c ON c.replica_id = r.replica_id
  JOIN deployment d ON d.deployment_id = c.deployment_id AND d.demand) spans
WHERE since < until`

/**
 * The least of three shares: scraped minutes of demand replicas ÷ minutes between their first and last scrape; work on GPUs that an engine
 * accounts for ÷ all work on GPUs; GPU cost of days with tokens ÷ all GPU cost. Null when no engine was scraped.
 */
async function tokenCoverage(context: Reads, params: AsOfPeriod, days: ComparedDays): Promise<number | null> {
  const { from, to, asOf } = params
  const [expected, capacity] = await Promise.all([
    context.db.pool.query<{ minutes: string }>(EXPECTED, [from, to]),
    ledgerSums(context.db, { from, to, asOf, measures: ['gpu_minutes'], by: ['item'], where: { item: ['serving', 'busy_unattributed'] } }),
  ])
  const scraped = sumMoney(days.scraped.values())
  if (scraped.isZero()) return null
  const states = byItem(capacity)
  const accounted = share(states.get('serving') ?? ZERO, sumMoney(states.values()))
  return Math.min(share(scraped, amount(expected.rows[0]?.minutes)) ?? 1, accounted ?? 1, tokenDaysShare(days) ?? 1)
}

/**
 * Logged and engaged time that has a rate ÷ all of it. No such time in the period is full coverage where a source of time or incidents has
 * ever delivered, and unknown where none has.
 */
async function labourCoverage({ db }: Reads, params: AsOfPeriod): Promise<number | null> {
  const where = { item: ['logged', 'unlogged'] }
  const rows = await ledgerSums(db, { ...params, steps: ['labour'], measures: ['time', 'cost'], by: ['measure'], where })
  const seconds = new Map(rows.map((row) => [row.measure, amount(row.quantity)]))
  const all = seconds.get('time') ?? ZERO
  if (!all.isZero()) return share(seconds.get('cost') ?? ZERO, all)
  const { rows: delivered } = await db.pool.query<{ any: boolean }>(
    'SELECT EXISTS (SELECT 1 FROM time_entry) OR EXISTS (SELECT 1 FROM incident) OR EXISTS (SELECT 1 FROM shift) AS any',
  )
  return delivered[0]?.any ? 1 : null
}

/** The four coverages of a period; `prices` over all comparators. */
export async function coverage(context: Reads, { from, to, asOf }: AsOfPeriod): Promise<Coverage> {
  const params = { from, to, asOf }
  const days = await comparedDays(context, params)
  const [cost, tokens, labour, equivalents] = await Promise.all([
    costCoverage(context, params, days),
    tokenCoverage(context, params, days),
    labourCoverage(context, params),
    readEquivalents(context, params, false),
  ])
  return { cost, tokens, labour, prices: priceCoverage(equivalents) }
}
