import type pg from 'pg'

/** Between the causes of a day that several things made dirty before it was reconciled. */
export const CAUSES = '; '
const MAX_CAUSE = 1000
/** A day that waits keeps what it waits for. */
const CAUSE = `CASE
  WHEN dirty_day.version = dirty_day.done OR dirty_day.cause = '' THEN excluded.cause
  WHEN excluded.cause = ANY (string_to_array(dirty_day.cause, '${CAUSES}')) OR length(dirty_day.cause) > ${MAX_CAUSE} THEN dirty_day.cause
  ELSE dirty_day.cause || '${CAUSES}' || excluded.cause END`

/**
 * Marks UTC days (YYYY-MM-DD) to be reconciled anew, in the transaction that changed their inputs. `step` is one of
 * bills | capacity | labour | tokens | equivalent. Days are touched in order, so that concurrent writers do not deadlock.
 */
export async function markDirty(client: pg.ClientBase, steps: readonly string[], days: Iterable<string>, cause: string): Promise<void> {
  const list = [...new Set(days)].sort()
  if (list.length === 0) return
  await client.query(
    `INSERT INTO dirty_day (day, step, version, cause)
     SELECT d::date, s, 1, $3 FROM unnest($1::text[]) d CROSS JOIN unnest($2::text[]) s ORDER BY d::date, s
     ON CONFLICT (day, step) DO UPDATE SET version = dirty_day.version + 1, cause = ${CAUSE}`,
    [list, [...steps].sort(), cause],
  )
}

/** Marks every day that the step has posted or was ever asked to post: after a rule, rate or alias changed. */
export async function markAllDirty(client: pg.ClientBase, steps: readonly string[], cause: string): Promise<void> {
  await client.query(
    `WITH days AS (
       SELECT DISTINCT day, step FROM (
         SELECT d.day, k.step FROM ledger_day d JOIN ledger_key k USING (key_id) WHERE k.step = ANY ($1)
         UNION ALL SELECT day, step FROM dirty_day WHERE step = ANY ($1)) known)
     INSERT INTO dirty_day (day, step, version, cause) SELECT day, step, 1, $2 FROM days ORDER BY day, step
     ON CONFLICT (day, step) DO UPDATE SET version = dirty_day.version + 1, cause = ${CAUSE}`,
    [[...steps], cause],
  )
}
