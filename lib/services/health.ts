import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

/** The product's own state, for /readyz and /metrics. Counts, and instants or null. */
export type Health = {
  /** Days by step that wait to be reconciled. */
  dirty: Record<string, number>
  jobs: Record<string, number>
  quarantinedRows: number
  lastRun: Date | null
  sources: { name: string; kind: string; failing: boolean; lastSuccess: Date | null; lastFact: Date | null }[]
}

/** Throws `unavailable`'s cause as it is when the database does not answer. */
export async function health(actor: Actor, { db }: Pick<ServiceContext, 'db'>): Promise<Health> {
  authorise(actor, 'read')
  const [dirty, jobs, rest, sources] = await Promise.all([
    db.pool.query<{ step: string; n: number }>('SELECT step, count(*)::int AS n FROM dirty_day WHERE version > done GROUP BY step'),
    db.pool.query<{ state: string; n: number }>('SELECT state, count(*)::int AS n FROM job GROUP BY state'),
    db.pool.query<{ rejects: number; last_run: Date | null }>(
      `SELECT (SELECT count(*)::int FROM quarantine WHERE to_seq IS NULL) AS rejects,
              (SELECT committed_at FROM run ORDER BY run_id DESC LIMIT 1) AS last_run`,
    ),
    db.pool.query<{ name: string; kind: string; failing: boolean; last_success_at: Date | null; last_fact_at: Date | null }>(
      'SELECT name, kind, last_error IS NOT NULL AS failing, last_success_at, last_fact_at FROM source WHERE declared ORDER BY name',
    ),
  ])
  return {
    dirty: Object.fromEntries(dirty.rows.map(({ step, n }) => [step, n])),
    jobs: Object.fromEntries(jobs.rows.map(({ state, n }) => [state, n])),
    quarantinedRows: rest.rows[0]?.rejects ?? 0,
    lastRun: rest.rows[0]?.last_run ?? null,
    sources: sources.rows.map(({ name, kind, failing, last_success_at, last_fact_at }) => ({
      name,
      kind,
      failing,
      lastSuccess: last_success_at,
      lastFact: last_fact_at,
    })),
  }
}
