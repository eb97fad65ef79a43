// The one way in which reports read the ledger.
//
//   ledgerSums(db, { measures: ['cost'], steps: ['bills', 'labour'], from, to, by: ['day', 'layer', 'evidence'], where: { cluster: 'a' } })
//
// gives one row for each combination of `by`, with the dimensions as text and the sums as exact decimal text:
//   billed, effective      in the currency as billed: add `currency` to `by` (or `where`) before you show them
//   billedRc, effectiveRc  in the reporting currency: what reports show
//   quantity               GPU-minutes, tokens or seconds, by measure
// A sum is null when nothing of it is known. An amount without a rate is left out of the *_rc sums: `unconverted` lists those.
import type { Day } from '#lib/domain/time.ts'
import type { StepName } from '#lib/reconcile/step.ts'
import type { Db } from '#lib/store/pool.ts'

const TEXT_DIMENSIONS = [
  'step',
  'measure',
  'layer',
  'item',
  'comparator',
  'person',
  'invoice_id',
  'billing_account',
  'currency',
  'charge_category',
  'cluster',
  'deployment',
  'team',
  'evidence',
] as const
/** `day` and `month` are `YYYY-MM-DD`; `source_id` and `provisional` come as text, too. */
export const LEDGER_DIMENSIONS = ['day', 'month', ...TEXT_DIMENSIONS, 'source_id', 'provisional'] as const
export type LedgerDimension = (typeof LEDGER_DIMENSIONS)[number]
export type LedgerFilter = Partial<Record<Exclude<LedgerDimension, 'day' | 'month'>, string | readonly string[]>>

export type LedgerQuery<D extends LedgerDimension> = {
  measures: readonly string[]
  steps?: readonly StepName[]
  /** UTC days [from, to). */
  from: Day
  to: Day
  by: readonly D[]
  /** What was published then: the sum of the differences committed by that moment. Left out: what is current. */
  asOf?: Date
  where?: LedgerFilter
}
export type LedgerSums = {
  billed: string | null
  effective: string | null
  billedRc: string | null
  effectiveRc: string | null
  quantity: string | null
}
export type LedgerRow<D extends LedgerDimension> = Record<D, string> & LedgerSums

const AMOUNTS = 'billed, effective, billed_rc, effective_rc, quantity'

const expression = (dimension: LedgerDimension): string => {
  if (dimension === 'day') return 'l.day::text'
  if (dimension === 'month') return "date_trunc('month', l.day::timestamp)::date::text"
  return `k.${dimension}::text`
}

/** The rows to add up, as relation `l(day, key_id, amounts…)`: the journal as of a moment, else days, else whole months with the days around. */
function relation(byDay: boolean, asOf: boolean): string {
  if (asOf)
    return `(SELECT e.day, e.key_id, ${AMOUNTS.split(', ')
      .map((a) => `e.${a}`)
      .join(', ')} FROM ledger_entry e JOIN run r ON r.run_id = e.run_id
      WHERE r.committed_at <= $3 AND e.month >= date_trunc('month', $1::date::timestamp)::date AND e.month < $2::date AND e.day >= $1::date AND e.day < $2::date)`
  if (byDay) return `(SELECT day, key_id, ${AMOUNTS} FROM ledger_day WHERE day >= $1::date AND day < $2::date)`
  const first = "(($1::date - 1)::timestamp + interval '1 day')"
  const lo = `(CASE WHEN date_trunc('month', ${first}) = ${first} THEN ${first} ELSE date_trunc('month', ${first}) + interval '1 month' END)::date`
  const hi = "date_trunc('month', $2::date::timestamp)::date"
  return `(SELECT month AS day, key_id, ${AMOUNTS} FROM ledger_month WHERE month >= ${lo} AND month < ${hi}
    UNION ALL SELECT day, key_id, ${AMOUNTS} FROM ledger_day
    WHERE day >= $1::date AND day < $2::date AND NOT (${lo} < ${hi} AND day >= ${lo} AND day < ${hi}))`
}

export type Predicate = { sql: string; values: unknown[] }

/** The conditions on ledger_key `k`, numbered from `$first`. */
export function keyPredicate(query: Pick<LedgerQuery<LedgerDimension>, 'measures' | 'steps' | 'where'>, first: number): Predicate {
  const conditions = [`k.measure = ANY ($${first}::text[])`]
  const values: unknown[] = [[...query.measures]]
  const add = (column: string, wanted: string | readonly string[]) => {
    values.push(typeof wanted === 'string' ? [wanted] : [...wanted])
    conditions.push(`k.${column}::text = ANY ($${first + values.length - 1}::text[])`)
  }
  if (query.steps) add('step', query.steps)
  for (const column of LEDGER_DIMENSIONS) {
    if (column === 'day' || column === 'month') continue
    const wanted = query.where?.[column]
    if (wanted !== undefined) add(column, wanted)
  }
  return { sql: conditions.join(' AND '), values }
}

/** Sums by dimensions, in the order of the dimensions (text order). Reads months where whole months are enough. */
export async function ledgerSums<D extends LedgerDimension>(db: Pick<Db, 'pool'>, query: LedgerQuery<D>): Promise<LedgerRow<D>[]> {
  const byDay = query.by.some((dimension) => dimension === 'day')
  const values: unknown[] = [query.from, query.to]
  if (query.asOf) values.push(query.asOf)
  const predicate = keyPredicate(query, values.length + 1)
  const by = query.by.map((dimension) => `${expression(dimension)} COLLATE "C"`)
  const { rows } = await db.pool.query<LedgerRow<D>>(
    `SELECT ${query.by.map((dimension) => `${expression(dimension)} COLLATE "C" AS "${dimension}", `).join('')}
            trim_scale(sum(l.billed)) AS billed, trim_scale(sum(l.effective)) AS effective,
            trim_scale(sum(l.billed_rc)) AS "billedRc", trim_scale(sum(l.effective_rc)) AS "effectiveRc",
            trim_scale(sum(l.quantity)) AS quantity
     FROM ${relation(byDay, query.asOf !== undefined)} l JOIN ledger_key k ON k.key_id = l.key_id
     WHERE ${predicate.sql}
     ${by.length > 0 ? `GROUP BY ${by.map((_, i) => i + 1).join(', ')} ORDER BY ${by.map((_, i) => i + 1).join(', ')}` : ''}`,
    [...values, ...predicate.values],
  )
  return rows
}

/** Amounts that have no rate to the reporting currency, by currency; they are in no *_rc sum. */
export async function unconverted(
  db: Pick<Db, 'pool'>,
  query: Omit<LedgerQuery<LedgerDimension>, 'by'>,
): Promise<{ currency: string; billed: string; effective: string }[]> {
  const values: unknown[] = [query.from, query.to]
  if (query.asOf) values.push(query.asOf)
  const predicate = keyPredicate(query, values.length + 1)
  const { rows } = await db.pool.query<{ currency: string; billed: string; effective: string }>(
    `SELECT currency, trim_scale(sum(billed)) AS billed, trim_scale(sum(effective)) AS effective FROM (
       SELECT k.currency, l.day, l.key_id, coalesce(sum(l.billed), 0) AS billed, coalesce(sum(l.effective), 0) AS effective,
              coalesce(sum(abs(l.billed_rc)), 0) + coalesce(sum(abs(l.effective_rc)), 0) AS converted
       FROM ${relation(true, query.asOf !== undefined)} l JOIN ledger_key k ON k.key_id = l.key_id
       WHERE ${predicate.sql} GROUP BY 1, 2, 3) one
     WHERE converted = 0 AND (billed <> 0 OR effective <> 0) GROUP BY currency ORDER BY currency`,
    [...values, ...predicate.values],
  )
  return rows
}
