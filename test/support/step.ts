import type pg from 'pg'
import { addDays, type Day } from '#lib/domain/time.ts'
import { CREATE_LEDGER_NEXT, type Step } from '#lib/reconcile/step.ts'

export type Posting = {
  day: Day
  measure: string
  item: string
  comparator: string
  deployment: string
  team: string
  currency: string
  evidence: string
  billed: string | null
  effective: string | null
  quantity: string | null
}

/** Runs one step alone over the days given and returns what it would post, ordered; nothing is stored. */
export async function postingsOf(
  pool: pg.Pool,
  step: Step,
  days: readonly Day[],
  now = new Date('2027-01-01T00:00:00Z'),
): Promise<Posting[]> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query(CREATE_LEDGER_NEXT)
    await client.query('INSERT INTO ledger_days SELECT d::date FROM unnest($1::text[]) d', [days])
    const sorted = [...days].sort()
    await step.post(client, { from: sorted[0]!, to: addDays(sorted.at(-1)!, 1) }, { now, currency: 'USD', timezone: 'UTC' })
    const { rows } = await client.query<Posting>(
      `SELECT day, measure, item, comparator, deployment, team, currency, evidence, billed, effective, quantity FROM ledger_next
       ORDER BY day, measure, comparator, deployment, item`,
    )
    return rows
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}
