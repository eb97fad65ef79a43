import type pg from 'pg'
import type { Day } from '#lib/domain/time.ts'
import type { StepName } from '../step.ts'

/** How long a provider may take to bill a day; seen and not billed is *awaiting* within it (RULES.md 23 and DESIGN.md section 6). */
export const BILL_LAG_DAYS = 5

/**
 * The UTC days that a step has to post, in order: every day of [from, to) when named (an open end reaches to the first or last day
 * ever marked), else the dirty ones; for capacity also days that waited for their bill and whose lag has passed by `now`.
 */
export async function daysToDo(pool: pg.Pool, step: StepName, options: { from?: Day; to?: Day; now: Date }): Promise<Day[]> {
  const { from, to } = options
  if (from !== undefined || to !== undefined) {
    const { rows } = await pool.query<{ day: Day }>(
      `SELECT d::date AS day FROM generate_series(
         coalesce($1::date, (SELECT min(day) FROM dirty_day))::timestamp,
         coalesce($2::date, (SELECT max(day) + 1 FROM dirty_day))::timestamp - interval '1 day', interval '1 day') d ORDER BY 1`,
      [from ?? null, to ?? null],
    )
    return rows.map((row) => row.day)
  }
  const { rows } = await pool.query<{ day: Day }>(
    `SELECT day FROM dirty_day WHERE step = $1 AND version > done
     UNION
     SELECT d.day FROM ledger_key k JOIN ledger_month m ON m.key_id = k.key_id
     JOIN ledger_day d ON d.key_id = k.key_id AND d.day >= m.month AND d.day < (m.month + interval '1 month')::date
     WHERE k.step = $1 AND k.measure = 'awaiting_bill' AND k.item = 'lag' AND d.day < ($2::timestamptz AT TIME ZONE 'UTC')::date - $3::int
     ORDER BY day`,
    [step, options.now, BILL_LAG_DAYS],
  )
  return rows.map((row) => row.day)
}
