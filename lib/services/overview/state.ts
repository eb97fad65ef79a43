import type { ServiceContext } from '#lib/services/context.ts'
import { healthOf } from '#lib/services/sources.ts'
import type { Overview } from './types.ts'

type SourceRow = { name: string; kind: string; attempt: string | null; success: string | null; error: string | null }
type Row = {
  run_id: string | null
  committed_at: Date | null
  plan: number | null
  config: number | null
  batch: string | null
  sources: SourceRow[] | null
}

/** What an overview depends on, in one small query: while `key` is the same, so is everything that reports would say today. */
export type StoreState = { key: string; run: Overview['run']; sources: Overview['sources'] }

const STATE = `
SELECT run.run_id, run.committed_at,
       (SELECT max(version) FROM projection) AS plan, (SELECT max(version) FROM config_version) AS config,
       (SELECT max(seq) FROM batch) AS batch,
       (SELECT json_agg(json_build_object('name', name, 'kind', kind, 'attempt', last_attempt_at, 'success', last_success_at, 'error', last_error)
                        ORDER BY name) FROM source WHERE declared) AS sources
FROM (SELECT 1) one LEFT JOIN (SELECT run_id, committed_at FROM run ORDER BY run_id DESC LIMIT 1) run ON true`

const date = (text: string | null): Date | null => (text === null ? null : new Date(text))

export async function storeState({ db, now, currency }: ServiceContext): Promise<StoreState> {
  const { rows } = await db.pool.query<Row>({ name: 'overview_state', text: STATE })
  const { run_id, committed_at, plan, config, batch, sources } = rows[0]!
  const list = (sources ?? []).map((one) => ({
    name: one.name,
    health: healthOf(
      { kind: one.kind, last_attempt_at: date(one.attempt), last_success_at: date(one.success), last_error: one.error },
      0,
      now,
    ),
  }))
  const named = (health: string) => list.filter((one) => one.health === health).map((one) => one.name)
  return {
    key: [run_id, plan, config, batch, currency, now.toISOString().slice(0, 10)].join('|'),
    run: run_id === null || committed_at === null ? null : { id: run_id, committedAt: committed_at.toISOString() },
    sources: { total: list.length, fresh: named('green').length, failing: named('red'), late: named('amber') },
  }
}
