// What turns the postings of a step into the journal: sums, conversion, differences. One function a stage, all set-based.
import type pg from 'pg'
import { DIMENSIONS, type StepName } from '../step.ts'
import { convertedSql, rateSql } from './fx.ts'

const dims = DIMENSIONS.join(', ')
const AMOUNTS = ['billed', 'effective', 'billed_rc', 'effective_rc', 'quantity'] as const
const list = (prefix: string) => AMOUNTS.map((amount) => `${prefix}.${amount}`).join(', ')

/**
 * Adds postings of equal dimensions up and converts them: the rate of that UTC day, else the latest of the 7 days before, else
 * null; amount × rate with one rounding to 1e-12, half to even (RULES.md, Fx). Amounts in the reporting currency stay exact.
 */
export const SUM = `
CREATE TEMPORARY TABLE ledger_sum ON COMMIT DROP AS
WITH total AS (
  SELECT day, ${dims}, sum(billed) AS billed, sum(effective) AS effective, sum(quantity) AS quantity
  FROM ledger_next GROUP BY day, ${dims}
  HAVING sum(quantity) IS NOT NULL OR sum(billed) <> 0 OR sum(effective) <> 0
), rates AS (
  SELECT c.day, c.currency, ${rateSql('c.day', 'c.currency', '$2')} AS rate
  FROM (SELECT DISTINCT day, currency FROM total WHERE currency NOT IN ('', $2)) c
)
SELECT t.day, sha256(convert_to(ROW($1::text, ${DIMENSIONS.map((name) => `t.${name}`).join(', ')})::text, 'UTF8')) AS digest,
       ${DIMENSIONS.map((name) => `t.${name}`).join(', ')},
       trim_scale(t.billed) AS billed, trim_scale(t.effective) AS effective, trim_scale(t.quantity) AS quantity,
       trim_scale(${convertedSql('t.billed', 'r.rate', 't.currency', '$2')}) AS billed_rc,
       trim_scale(${convertedSql('t.effective', 'r.rate', 't.currency', '$2')}) AS effective_rc
FROM total t LEFT JOIN rates r ON r.day = t.day AND r.currency = t.currency`

const NEW_KEYS = `
INSERT INTO ledger_key (digest, step, ${dims})
SELECT DISTINCT ON (s.digest) s.digest, $1::text, ${DIMENSIONS.map((name) => `s.${name}`).join(', ')}
FROM ledger_sum s WHERE NOT EXISTS (SELECT 1 FROM ledger_key k WHERE k.digest = s.digest)
ON CONFLICT (digest) DO NOTHING`

/** Old and new of every (day, key) that changed; a row whose new amounts are all absent is gone. */
const DIFFERENCES = `
CREATE TEMPORARY TABLE ledger_diff ON COMMIT DROP AS
SELECT coalesce(n.day, o.day) AS day, coalesce(n.key_id, o.key_id) AS key_id, n.key_id IS NULL AS gone,
       ${AMOUNTS.map((amount) => `n.${amount}, o.${amount} AS old_${amount}`).join(', ')}
FROM (SELECT k.key_id, s.* FROM ledger_sum s JOIN ledger_key k ON k.digest = s.digest) n
FULL JOIN (
  SELECT d.* FROM ledger_day d JOIN ledger_key k ON k.key_id = d.key_id
  WHERE k.step = $1 AND d.day IN (SELECT day FROM ledger_days)) o ON o.day = n.day AND o.key_id = n.key_id
WHERE n.key_id IS NULL OR o.key_id IS NULL OR (${list('n')}) IS DISTINCT FROM (${list('o')})`

const difference = (amount: string) =>
  `CASE WHEN ${amount} IS NULL AND old_${amount} IS NULL THEN NULL ELSE coalesce(${amount}, 0) - coalesce(old_${amount}, 0) END`

const APPEND = `
INSERT INTO ledger_entry (month, run_id, day, key_id, ${AMOUNTS.join(', ')})
SELECT date_trunc('month', day::timestamp)::date, $1, day, key_id, ${AMOUNTS.map(difference).join(', ')} FROM ledger_diff`

const FORGET = 'DELETE FROM ledger_day d USING ledger_diff x WHERE x.gone AND d.day = x.day AND d.key_id = x.key_id'

const KEEP = `
INSERT INTO ledger_day (day, key_id, ${AMOUNTS.join(', ')})
SELECT day, key_id, ${AMOUNTS.join(', ')} FROM ledger_diff WHERE NOT gone
ON CONFLICT (day, key_id) DO UPDATE SET ${AMOUNTS.map((amount) => `${amount} = excluded.${amount}`).join(', ')}`

/** Months are added up anew from their days, so that they cannot drift. */
const MONTHS = [
  `CREATE TEMPORARY TABLE ledger_months ON COMMIT DROP AS
   SELECT DISTINCT date_trunc('month', day::timestamp)::date AS month, key_id FROM ledger_diff`,
  'DELETE FROM ledger_month m USING ledger_months x WHERE m.month = x.month AND m.key_id = x.key_id',
  `INSERT INTO ledger_month (month, key_id, ${AMOUNTS.join(', ')})
   SELECT x.month, x.key_id, ${AMOUNTS.map((amount) => `sum(d.${amount})`).join(', ')}
   FROM ledger_months x
   JOIN ledger_day d ON d.key_id = x.key_id AND d.day >= x.month AND d.day < (x.month + interval '1 month')::date
   GROUP BY x.month, x.key_id`,
]

/**
 * Compares `ledger_next` with what is stored for the days of `ledger_days` and appends the differences. Returns how many entries
 * were appended; `newRunId` is asked for only when there are any.
 */
export async function postDifferences(
  client: pg.ClientBase,
  step: StepName,
  currency: string,
  newRunId: () => Promise<string>,
): Promise<{ entries: number; runId: string | null }> {
  await client.query(SUM, [step, currency])
  await client.query(NEW_KEYS, [step])
  await client.query('ANALYZE ledger_sum')
  const { rowCount } = await client.query(DIFFERENCES, [step])
  if (!rowCount) return { entries: 0, runId: null }
  const runId = await newRunId()
  await client.query(APPEND, [runId])
  await client.query(FORGET)
  await client.query(KEEP)
  for (const statement of MONTHS) await client.query(statement)
  return { entries: rowCount, runId }
}
