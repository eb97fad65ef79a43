// kind `prometheus` against a real Prometheus and a real VictoriaMetrics that hold the same samples as a scrape is given.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { prometheus } from '#collectors/telemetry/prometheus/index.ts'
import { scrape } from '#collectors/telemetry/scrape/index.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { collectSeries } from '#lib/services/collect-series.ts'
import { collectTelemetry } from '#lib/services/collect-telemetry.ts'
import { freshDatabase } from '#test/support/database.ts'
import { expositionServer, type Server } from '#test/support/exposition.ts'
import { installed, type Peer, startPrometheus, startVictoriaMetrics } from '#test/support/peers.ts'
import { asExposition, asOpenMetrics, fleet, type Stream } from '#test/support/streams.ts'

type Database = Awaited<ReturnType<typeof freshDatabase>>
const FROM = Date.parse('2026-06-01T20:00:00Z')
const TO = Date.parse('2026-06-02T04:00:00Z')
const NOW = '2026-06-02T04:01:00Z'
const STREAMS = fleet(FROM, TO)
const INSTANCES = ['gpu-a:8000', 'gpu-a:9400', 'gpu-b:30000']
const of = (instance: string): Stream[] => STREAMS.filter((stream) => stream.labels.instance === instance)

let db: Database
let server: Server
beforeAll(async () => {
  db = await freshDatabase()
  server = await expositionServer()
})
afterAll(async () => {
  await server.close()
  await db.close()
})
beforeEach(async () => {
  await db.pool.query(
    'TRUNCATE gpu_hour, gpu_hour_old, serve_hour, open_hour, replica, node, gpu, batch, source, lease RESTART IDENTITY CASCADE',
  )
  await db.pool.query(
    `INSERT INTO source (source_id, name, kind, settings) VALUES (1, 'metrics', 'prometheus', '{}'), (2, 'gpus', 'scrape', '{}')`,
  )
})

const context = (now = NOW) => ({ db, now: new Date(now), currency: 'USD', timezone: 'UTC', dataDir: '/nonexistent' })
const at = (text: string | undefined) => (text === undefined ? undefined : new Date(text))

async function collect(
  url: string,
  { from, to, now, ...settings }: { from?: string; to?: string; now?: string; [setting: string]: unknown } = {},
) {
  const source = { sourceId: 1, name: 'metrics', settings: { url, lag: 0, history: '12h', ...settings } }
  return collectSeries(LOCAL_ADMINISTRATOR, context(now), prometheus, source, { from: at(from), to: at(to) })
}

/** What a scrape of the same samples makes of them. */
async function scraped(): Promise<unknown[]> {
  for (const instance of INSTANCES) {
    server.say(asExposition(of(instance)))
    const settings = { targets: [{ url: server.url, labels: { instance } }] }
    await collectTelemetry(LOCAL_ADMINISTRATOR, context(), scrape, { sourceId: 2, name: 'gpus', settings })
    await db.pool.query('DELETE FROM open_hour WHERE source_id = 2')
  }
  return facts(2)
}

/** Every hour of the source, without what only says which reading wrote it. */
async function facts(source: number): Promise<Record<string, unknown>[]> {
  const gpus = await db.pool.query('SELECT n.name AS node, g.* FROM gpu_hour g JOIN node n USING (node_id) WHERE source_id = $1', [source])
  const serving = await db.pool.query(
    `SELECT n.name AS node, r.instance, r.model_name, r.engine, s.* FROM serve_hour s JOIN replica r USING (replica_id) JOIN node n ON n.node_id = s.node_id
     WHERE s.source_id = $1`,
    [source],
  )
  const isFact = (column: string) => !['source_id', 'from_seq', 'replica_id', 'node_id'].includes(column)
  const plain = [...gpus.rows, ...serving.rows].map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => isFact(column))))
  return plain.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

type PeerKind = { name: string; program: string; start: () => Promise<Peer> }
const PEERS: PeerKind[] = [
  { name: 'Prometheus', program: 'prometheus', start: () => startPrometheus({ history: asOpenMetrics(STREAMS) }) },
  { name: 'VictoriaMetrics', program: 'victoria-metrics', start: () => startVictoriaMetrics({ history: asExposition(STREAMS) }) },
]

describe.each(PEERS)('$name', ({ program, start }) => {
  const present = installed(program)
  let peer: Peer
  beforeAll(async () => {
    if (present) peer = await start()
  }, 60_000)
  afterAll(async () => {
    if (present) await peer.stop()
  })

  test.skipIf(!present)(`hours equal those of a scrape of the same samples (skipped: ${program} is not installed)`, async () => {
    const collected = await collect(peer.url)
    const expected = await scraped()
    // The second tensor-parallel rank says again what the first one said.
    const again = of('gpu-b:30000').find(({ labels }) => labels.tp_rank === '1')!.points.length
    expect(collected).toMatchObject({ instances: 3, late: 0, repeated: again, future: 0, warnings: [] })
    expect(collected.samples + collected.bad).toBeGreaterThan(20_000)
    expect(expected).toHaveLength(28)
    expect(await facts(1)).toEqual(expected)
  })

  test.skipIf(!present)('however it is cut, and however often it is read, the hours are the same', async () => {
    await collect(peer.url)
    const whole = await facts(1)
    await db.pool.query('TRUNCATE gpu_hour, serve_hour, open_hour')
    for (const to of ['2026-06-01T20:17:31Z', '2026-06-01T23:00:00Z', '2026-06-02T00:59:59Z', '2026-06-02T02:30:00Z'])
      await collect(peer.url, { to, window: '7m' })
    await collect(peer.url, { window: '3h' })
    expect(await facts(1)).toEqual(whole)
    const seq = async () => (await db.pool.query('SELECT max(from_seq) AS seq FROM gpu_hour')).rows[0]
    const before = await seq()
    const again = await collect(peer.url, { from: '2026-06-01T20:30:00Z', to: '2026-06-02T01:10:00Z' })
    expect(again).toMatchObject({ rows: 0, from: '2026-06-01T20:00:00.000Z' })
    expect([await facts(1), await seq()]).toEqual([whole, before])
    expect(await collect(peer.url)).toMatchObject({ samples: 0, pieces: 0, rows: 0, from: null, position: NOW.replace('Z', '.000Z') })
  })

  test.skipIf(!present)('history before what was read first, and the seam between them', async () => {
    await collect(peer.url)
    const whole = await facts(1)
    await db.pool.query('TRUNCATE gpu_hour, serve_hour, open_hour')
    await collect(peer.url, { from: '2026-06-02T01:00:00Z' })
    const late = await facts(1)
    expect(late.length).toBeLessThan(whole.length)
    await collect(peer.url, { from: '2026-06-01T20:00:00Z', to: '2026-06-02T01:00:00Z' })
    expect(await facts(1)).toEqual(whole)
    const { rows } = await db.pool.query('SELECT shard FROM open_hour ORDER BY shard')
    expect(rows.map(({ shard }) => shard.replace(peer.url, ''))).toEqual(['', ...INSTANCES.map((instance) => ` ${instance}`)])
  })
})
