import type pg from 'pg'

export type JobState = 'ready' | 'running' | 'done' | 'failed'
export type Job = { jobId: string; kind: string; payload: Record<string, unknown>; attempts: number }

const MAX_ATTEMPTS = 3
/** A job whose runner died is taken again after this long. */
const ABANDONED = "interval '15 minutes'"

export async function addJob(client: pg.ClientBase | pg.Pool, kind: string, payload: Record<string, unknown>): Promise<string> {
  const { rows } = await client.query('INSERT INTO job (kind, payload) VALUES ($1, $2) RETURNING job_id', [kind, JSON.stringify(payload)])
  return rows[0].job_id
}

/** Takes the oldest job that is due; two runners never get the same one. Undefined: nothing to do. */
export async function takeJob(pool: pg.Pool): Promise<Job | undefined> {
  const { rows } = await pool.query(
    `UPDATE job SET state = 'running', attempts = attempts + 1, run_after = now() + ${ABANDONED} WHERE job_id = (
       SELECT job_id FROM job WHERE state = 'ready' AND run_after <= now() OR state = 'running' AND run_after <= now()
       ORDER BY run_after, job_id LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING job_id, kind, payload, attempts`,
  )
  const row = rows[0]
  return row && { jobId: row.job_id, kind: row.kind, payload: row.payload, attempts: row.attempts }
}

/** `error` puts the job back for a later try, and after three tries lays it aside as failed. */
export async function finishJob(pool: pg.Pool, job: Job, outcome: { result: unknown } | { error: string }): Promise<void> {
  if ('result' in outcome) {
    await pool.query("UPDATE job SET state = 'done', result = $2, error = NULL, finished_at = now() WHERE job_id = $1", [
      job.jobId,
      JSON.stringify(outcome.result ?? null),
    ])
    return
  }
  await pool.query(
    `UPDATE job SET state = CASE WHEN attempts >= ${MAX_ATTEMPTS} THEN 'failed' ELSE 'ready' END, error = $2,
       run_after = now() + attempts * interval '1 minute', finished_at = CASE WHEN attempts >= ${MAX_ATTEMPTS} THEN now() END WHERE job_id = $1`,
    [job.jobId, outcome.error],
  )
}
