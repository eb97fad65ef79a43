// Money from bill lines to the ledger: whole per invoice, and per day, currency and basis (DESIGN.md section 6).
import type pg from 'pg'
import { addDays, type Day } from '#lib/domain/time.ts'
import { readBillLines } from '#lib/reconcile/bills/lines.ts'
import { spansOf } from '#lib/reconcile/engine.ts'
import { CREATE_LEDGER_NEXT } from '#lib/reconcile/step.ts'
import { differs, type Invariant } from './invariant.ts'

const BOTH = ['billed', 'effective']

/** Holds only when no day of bills waits, because a line may reach over clean and dirty days. */
export const INVOICE_INVARIANT: Invariant = {
  code: 'invoice',
  says: 'the ledger of an invoice is not the sum of its bill lines',
  sql: `WITH lines AS (
      SELECT source_id, coalesce(invoice_id, '') AS invoice_id, billing_account, currency, sum(billed) AS billed, sum(effective) AS effective
      FROM bill_line WHERE to_seq IS NULL GROUP BY 1, 2, 3, 4), posted AS (
      SELECT k.source_id, k.invoice_id, k.billing_account, k.currency, sum(d.billed) AS billed, sum(d.effective) AS effective
      FROM ledger_day d JOIN ledger_key k USING (key_id) WHERE k.step = 'bills' GROUP BY 1, 2, 3, 4)
    SELECT coalesce(l.source_id, p.source_id) AS source, coalesce(l.invoice_id, p.invoice_id) AS invoice,
           coalesce(l.billing_account, p.billing_account) AS account, coalesce(l.currency, p.currency) AS currency,
           l.billed, p.billed AS ledger_billed, l.effective, p.effective AS ledger_effective
    FROM lines l FULL JOIN posted p USING (source_id, invoice_id, billing_account, currency)
    WHERE NOT EXISTS (SELECT 1 FROM dirty_day WHERE step = 'bills' AND version > done) AND (${differs('l', 'p', BOTH)})`,
}

const byDay = (lines: string, posted: string, code: string, says: string): Invariant => ({
  code,
  says,
  sql: `WITH lines AS (
      SELECT p.day, l.currency, sum(p.billed) AS billed, sum(p.effective) AS effective
      FROM bill_portion p JOIN bill_now l USING (line_id) WHERE ${lines} GROUP BY 1, 2), posted AS (
      SELECT d.day, k.currency, sum(d.billed) AS billed, sum(d.effective) AS effective
      FROM ledger_day d JOIN ledger_key k USING (key_id) JOIN ledger_days USING (day) WHERE ${posted} GROUP BY 1, 2)
    SELECT coalesce(l.day, p.day)::text AS day, coalesce(l.currency, p.currency) AS currency,
           l.billed, p.billed AS ledger_billed, l.effective, p.effective AS ledger_effective
    FROM lines l FULL JOIN posted p ON p.day = l.day AND p.currency = l.currency WHERE ${differs('l', 'p', BOTH)}`,
})

export const BILLS_BY_DAY = byDay(
  'true',
  "k.step = 'bills'",
  'bills_day',
  'what the ledger holds of a day, outside included, is not the sum of the bill lines’ portions',
)
export const CAPACITY_BY_DAY = byDay(
  "l.scope = 'in' AND l.layer = 'gpu_compute' AND l.charge_category = 'Usage' AND l.node_id IS NOT NULL",
  "k.step = 'capacity' AND k.measure = 'gpu_minutes'",
  'capacity_day',
  'the money of the capacity states of a day is not the cost of the nodes’ usage',
)

/** Days that have lines or postings and none that waits for the step. */
async function cleanDays(client: pg.ClientBase, step: string): Promise<Day[]> {
  const { rows } = await client.query<{ day: Day }>(
    `SELECT day FROM (
       SELECT day FROM dirty_day WHERE step = $1
       UNION SELECT (charge_start AT TIME ZONE 'UTC')::date FROM bill_line WHERE to_seq IS NULL
       UNION SELECT d.day FROM ledger_day d JOIN ledger_key k USING (key_id) WHERE k.step = $1) known
     WHERE NOT EXISTS (SELECT 1 FROM dirty_day w WHERE w.day = known.day AND w.step = $1 AND w.version > w.done) ORDER BY day`,
    [step],
  )
  return rows.map((row) => row.day)
}

type Find = (invariant: Invariant) => Promise<void>

/** Runs a by-day invariant over every clean day, span by span. Returns how many days were compared. */
export async function checkDays(client: pg.ClientBase, invariant: Invariant, step: string, find: Find): Promise<number> {
  const days = await cleanDays(client, step)
  for (const span of spansOf(days)) {
    await client.query('SAVEPOINT span')
    await client.query(CREATE_LEDGER_NEXT)
    await client.query('INSERT INTO ledger_days SELECT unnest($1::date[])', [span])
    await readBillLines(client, { from: span[0]!, to: addDays(span.at(-1)!, 1) })
    await find(invariant)
    await client.query('ROLLBACK TO SAVEPOINT span')
  }
  return days.length
}
