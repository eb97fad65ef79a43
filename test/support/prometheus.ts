// A database, kind `prometheus` reading into it, and real servers that hold the samples of a small fleet.
import { prometheus } from '#collectors/telemetry/prometheus/index.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { type CollectedSeries, collectSeries } from '#lib/services/collect-series.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { freshDatabase } from './database.ts'
import { installed, type Peer, startPrometheus, startVictoriaMetrics } from './peers.ts'
import { asExposition, asOpenMetrics, fleet } from './streams.ts'

export const FROM = Date.parse('2026-06-01T20:00:00Z')
export const TO = Date.parse('2026-06-02T04:00:00Z')
export const NOW = '2026-06-02T04:01:00Z'
export const STREAMS = fleet(FROM, TO)

type PeerKind = { name: string; missing: boolean; start: () => Promise<Peer>; live: (scrape: string) => Promise<Peer> }
const kind = (program: string, name: string, of: Omit<PeerKind, 'name' | 'missing'>): PeerKind => {
  const missing = !installed(program)
  return { name: missing ? `${name} (skipped: ${program} is not installed)` : name, missing, ...of }
}
export const PEERS: PeerKind[] = [
  kind('prometheus', 'Prometheus', {
    start: () => startPrometheus({ history: asOpenMetrics(STREAMS) }),
    live: (scrape) => startPrometheus({ scrape }),
  }),
  kind('victoria-metrics', 'VictoriaMetrics', {
    start: () => startVictoriaMetrics({ history: asExposition(STREAMS) }),
    live: (scrape) => startVictoriaMetrics({ scrape }),
  }),
]

type Options = { from?: string; to?: string; now?: string; signal?: AbortSignal; [setting: string]: unknown }
export type World = {
  db: Awaited<ReturnType<typeof freshDatabase>>
  context: (now?: string) => ServiceContext
  /** One reading into source 1; settings beyond url as given. */
  collect: (url: string, options?: Options) => Promise<CollectedSeries>
  /** Every hour of the source, without what only says which reading wrote it. */
  facts: (source?: number) => Promise<Record<string, unknown>[]>
  reset: () => Promise<void>
}

const at = (text: string | undefined) => (text === undefined ? undefined : new Date(text))
const OF_READING = new Set(['source_id', 'from_seq', 'replica_id', 'node_id'])

export async function world(): Promise<World> {
  const db = await freshDatabase()
  const context = (now = NOW) => ({ db, now: new Date(now), currency: 'USD', timezone: 'UTC', dataDir: '/nonexistent' })
  return {
    db,
    context,
    collect: (url, { from, to, now, signal, ...settings } = {}) => {
      const source = { sourceId: 1, name: 'metrics', settings: { url, lag: 0, history: '12h', ...settings } }
      return collectSeries(LOCAL_ADMINISTRATOR, context(now), prometheus, source, { from: at(from), to: at(to) }, signal)
    },
    facts: async (source = 1) => {
      const gpus = await db.pool.query('SELECT n.name AS node, g.* FROM gpu_hour g JOIN node n USING (node_id) WHERE source_id = $1', [
        source,
      ])
      const serving = await db.pool.query(
        `SELECT n.name AS node, r.instance, r.model_name, r.engine, s.* FROM serve_hour s JOIN replica r USING (replica_id)
         JOIN node n ON n.node_id = s.node_id WHERE s.source_id = $1`,
        [source],
      )
      return [...gpus.rows, ...serving.rows]
        .map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !OF_READING.has(column))))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    },
    reset: async () => {
      await db.pool.query(
        'TRUNCATE gpu_hour, gpu_hour_old, serve_hour, open_hour, replica, node, gpu, batch, source, lease RESTART IDENTITY CASCADE',
      )
      await db.pool.query(
        `INSERT INTO source (source_id, name, kind, settings) VALUES (1, 'metrics', 'prometheus', '{}'), (2, 'gpus', 'scrape', '{}')`,
      )
    },
  }
}
