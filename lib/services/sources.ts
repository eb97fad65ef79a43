import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

/** green: delivering; amber: late, or with rejects; red: the last attempt failed; grey: nothing has ever come. */
export type Health = 'green' | 'amber' | 'red' | 'grey'

export type SourceMoney = { currency: string; column: string; read: string; accepted: string; quarantined: string; excluded: string }
export type SourceBatch = {
  batch: string
  period: string | null
  version: number
  status: string
  dialect: string
  arrivedAt: string
  file: string | null
  rows: { read: number; accepted: number; quarantined: number; excluded: number }
  money: SourceMoney[]
}
export type SourceReject = {
  file: string
  line: number
  column: string | null
  value: string | null
  reason: string
  currency: string | null
  billed: string | null
}
export type SourceState = {
  name: string
  kind: string
  declared: boolean
  health: Health
  lastAttemptAt: string | null
  lastSuccessAt: string | null
  /** The newest moment that its facts speak of. */
  lastFactAt: string | null
  lastError: string | null
  lastErrorAt: string | null
  /** What the adapter adds: targets and whether they are up, rows of the last pull. */
  detail: unknown
  settings: unknown
  /** Of the current batches of file sources, newest first. */
  batches: SourceBatch[]
  rejects: SourceReject[]
  rejectCount: number
}

// Telemetry that is older than this is late; pulled and filed sources have their own rhythm.
const LATE_MS: Record<string, number> = { scrape: 5 * 60_000, prometheus: 15 * 60_000, pagerduty: 30 * 60_000 }

export function healthOf(
  row: { kind: string; last_attempt_at: Date | null; last_success_at: Date | null; last_error: string | null },
  rejects: number,
  now: Date,
): Health {
  if (!row.last_attempt_at) return 'grey'
  if (row.last_error) return 'red'
  const late = LATE_MS[row.kind]
  if (late && row.last_success_at && now.getTime() - row.last_success_at.getTime() > late) return 'amber'
  return rejects > 0 ? 'amber' : 'green'
}

/** Freshness, last error, last deliveries and rejected lines of every source. */
export async function listSources(actor: Actor, context: ServiceContext): Promise<{ now: string; sources: SourceState[] }> {
  authorise(actor, 'read')
  const { pool } = context.db
  const [sources, batches, rejects, counts] = await Promise.all([
    pool.query('SELECT * FROM source ORDER BY declared DESC, name'),
    pool.query(
      `SELECT * FROM (
         SELECT b.*, d.file_name, row_number() OVER (PARTITION BY b.source_id ORDER BY b.seq DESC) AS rank
         FROM batch b LEFT JOIN delivery d USING (delivery_id) WHERE b.kind <> 'scrape' AND b.status <> 'superseded') recent
       WHERE rank <= 8 ORDER BY source_id, rank`,
    ),
    pool.query(
      `SELECT * FROM (
         SELECT q.*, row_number() OVER (PARTITION BY q.source_id ORDER BY q.quarantine_id DESC) AS rank FROM quarantine q WHERE q.to_seq IS NULL) recent
       WHERE rank <= 50 ORDER BY source_id, file, line`,
    ),
    pool.query('SELECT source_id, count(*)::int AS n FROM quarantine WHERE to_seq IS NULL GROUP BY source_id'),
  ])
  const count = new Map(counts.rows.map((row) => [row.source_id, row.n as number]))
  return {
    now: context.now.toISOString(),
    sources: sources.rows.map((row) => ({
      name: row.name,
      kind: row.kind,
      declared: row.declared,
      health: healthOf(row, count.get(row.source_id) ?? 0, context.now),
      lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
      lastSuccessAt: row.last_success_at?.toISOString() ?? null,
      lastFactAt: row.last_fact_at?.toISOString() ?? null,
      lastError: row.last_error,
      lastErrorAt: row.last_error_at?.toISOString() ?? null,
      detail: row.detail,
      settings: row.settings,
      batches: batches.rows.filter((batch) => batch.source_id === row.source_id).map(batchOf),
      rejects: rejects.rows.filter((reject) => reject.source_id === row.source_id).map(rejectOf),
      rejectCount: count.get(row.source_id) ?? 0,
    })),
  }
}

type BatchRow = {
  batch_id: string
  period: string | null
  version: number
  status: string
  dialect: string
  arrived_at: Date
  file_name: string | null
  rows_read: string
  rows_accepted: string
  rows_quarantined: string
  rows_excluded: string
  money: SourceMoney[]
}

const batchOf = (row: BatchRow): SourceBatch => ({
  batch: row.batch_id,
  period: row.period,
  version: row.version,
  status: row.status,
  dialect: row.dialect,
  arrivedAt: row.arrived_at.toISOString(),
  file: row.file_name,
  rows: {
    read: Number(row.rows_read),
    accepted: Number(row.rows_accepted),
    quarantined: Number(row.rows_quarantined),
    excluded: Number(row.rows_excluded),
  },
  money: row.money,
})

const rejectOf = (row: Record<string, string | null>): SourceReject => ({
  file: row.file ?? '',
  line: Number(row.line),
  column: row.column_name ?? null,
  value: row.value ?? null,
  reason: row.reason ?? '',
  currency: row.currency ?? null,
  billed: row.billed ?? null,
})
