// The set-based half of a restatement: new rows stand in the temporary table bill_next, and only differences reach bill_line.
import type pg from 'pg'
import { Money } from '#lib/domain/money.ts'
import { copyText } from '#lib/store/copy.ts'
import type { Spool } from '../spool.ts'
import type { BatchDraft } from './draft.ts'
import { BILL_LINE_COLUMNS } from './rows.ts'

/** Days as numbers since the epoch: the first that a line touches, and the one after its last. */
export type DaySpan = { first: number; after: number }

const SPAN = `floor(extract(epoch FROM charge_start) / 86400)::int AS first, ceil(extract(epoch FROM charge_end) / 86400)::int AS after`
const SAME = `b.billing_period = n.billing_period AND b.content_key = n.content_key AND b.ordinal = n.ordinal
  AND b.scope = n.scope AND b.layer IS NOT DISTINCT FROM n.layer AND b.otherwise_layer IS NOT DISTINCT FROM n.otherwise_layer`

/** Loads the rows that were set aside. The table ends with the transaction. */
export async function stageRows(client: pg.ClientBase, staged: Spool): Promise<void> {
  await client.query(
    `CREATE TEMPORARY TABLE bill_next ON COMMIT DROP AS SELECT ${BILL_LINE_COLUMNS.join(', ')} FROM bill_line WITH NO DATA`,
  )
  await copyText(client, 'bill_next', BILL_LINE_COLUMNS, staged.read())
  await client.query('CREATE INDEX ON bill_next (content_key)')
  await client.query('ANALYZE bill_next')
}

/** Ends what vanished, inserts what is new, leaves alone what is the same. Returns the days of both. */
export async function applyDifference(client: pg.ClientBase, sourceId: number, draft: BatchDraft): Promise<DaySpan[]> {
  const { rows: vanished } = await client.query<DaySpan>(
    `WITH gone AS (
       UPDATE bill_line b SET to_seq = $3 WHERE b.source_id = $1 AND b.replacement_key = $2 AND b.to_seq IS NULL
         AND NOT EXISTS (SELECT 1 FROM bill_next n WHERE n.replacement_key = b.replacement_key AND ${SAME})
       RETURNING b.charge_start, b.charge_end)
     SELECT DISTINCT ${SPAN} FROM gone`,
    [sourceId, draft.key, draft.seq],
  )
  const { rows: added } = await client.query<DaySpan>(
    `WITH added AS (
       INSERT INTO bill_line (${BILL_LINE_COLUMNS.join(', ')})
       SELECT ${BILL_LINE_COLUMNS.join(', ')} FROM bill_next n WHERE n.replacement_key = $2
         AND NOT EXISTS (SELECT 1 FROM bill_line b WHERE b.source_id = $1 AND b.replacement_key = $2 AND b.to_seq IS NULL AND ${SAME})
       RETURNING charge_start, charge_end)
     SELECT DISTINCT ${SPAN} FROM added`,
    [sourceId, draft.key],
  )
  return [...vanished, ...added]
}

/** The days of every current line of a key: for a bill that became final without changing. */
export async function daysOfKey(client: pg.ClientBase, sourceId: number, key: string): Promise<DaySpan[]> {
  const { rows } = await client.query<DaySpan>(
    `SELECT DISTINCT ${SPAN} FROM bill_line WHERE source_id = $1 AND replacement_key = $2 AND to_seq IS NULL`,
    [sourceId, key],
  )
  return rows
}

/** Replaces the sums of excluded lines; returns the days whose sums differ. */
export async function replaceExcluded(client: pg.ClientBase, sourceId: number, draft: BatchDraft): Promise<DaySpan[]> {
  const { currency, day, category, shares, rows, billed, effective } = draft.excluded.columns()
  const columns = 'billing_account, currency, day, charge_category, shares, row_count, billed, effective'
  const { rows: changed } = await client.query<DaySpan>(
    `WITH gone AS (
       UPDATE bill_excluded_day SET to_seq = $3 WHERE source_id = $1 AND replacement_key = $2 AND to_seq IS NULL RETURNING ${columns}),
     added AS (
       INSERT INTO bill_excluded_day (source_id, replacement_key, from_seq, ${columns})
       SELECT $1, $2, $3, $4, c, d, g, s, n, b, e
       FROM unnest($5::text[], $6::date[], $7::text[], $8::boolean[], $9::bigint[], $10::numeric[], $11::numeric[]) AS x(c, d, g, s, n, b, e)
       RETURNING ${columns})
     SELECT DISTINCT day - '1970-01-01'::date AS first, day - '1970-01-01'::date + 1 AS after FROM (
       (SELECT * FROM gone EXCEPT SELECT * FROM added) UNION ALL (SELECT * FROM added EXCEPT SELECT * FROM gone)) AS differing`,
    [sourceId, draft.key, draft.seq, draft.account, currency, day, category, shares, rows, billed, effective],
  )
  return changed
}

/** What a replacement would lose, as a sentence; null while it is no more than a fifth of the rows or of any currency's money. */
export function lossOf(draft: BatchDraft): string | null {
  const { current } = draft
  if (!current) return null
  const before = current.rows.accepted + current.rows.excluded
  const after = draft.rows.accepted + draft.rows.excluded
  if (after * 5 < before * 4) return `${before - after} of ${before} rows`
  const now = new Map(draft.money().map((m) => [`${m.currency} ${m.column}`, new Money(m.accepted).plus(m.excluded)]))
  for (const m of current.money) {
    const was = new Money(m.accepted).plus(m.excluded)
    const is = now.get(`${m.currency} ${m.column}`) ?? new Money(0)
    if (was.greaterThan(0) && is.times(5).lessThan(was.times(4))) {
      return `${was.minus(is).toFixed()} of ${was.toFixed()} ${m.currency} (${m.column})`
    }
  }
  return null
}
