// kind `prometheus` against a real Prometheus and a real VictoriaMetrics that hold the same samples as a scrape is given.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { scrape } from '#collectors/telemetry/scrape/index.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { collectTelemetry } from '#lib/services/collect-telemetry.ts'
import { expositionServer, type Server } from '#test/support/exposition.ts'
import type { Peer } from '#test/support/peers.ts'
import { NOW, PEERS, STREAMS, type World, world } from '#test/support/prometheus.ts'
import { asExposition, type Stream } from '#test/support/streams.ts'

const INSTANCES = ['gpu-a:8000', 'gpu-a:9400', 'gpu-b:30000']
const of = (instance: string): Stream[] => STREAMS.filter((stream) => stream.labels.instance === instance)

let here: World
let server: Server
beforeAll(async () => {
  here = await world()
  server = await expositionServer()
})
afterAll(async () => {
  await server.close()
  await here.db.close()
})
beforeEach(() => here.reset())

/** What a scrape of the same samples makes of them. */
async function scraped(): Promise<unknown[]> {
  for (const instance of INSTANCES) {
    server.say(asExposition(of(instance)))
    const settings = { targets: [{ url: server.url, labels: { instance } }] }
    await collectTelemetry(LOCAL_ADMINISTRATOR, here.context(), scrape, { sourceId: 2, name: 'gpus', settings })
    await here.db.pool.query('DELETE FROM open_hour WHERE source_id = 2')
  }
  return here.facts(2)
}

describe.each(PEERS)('$name', ({ missing, start }) => {
  let peer: Peer
  beforeAll(async () => {
    if (!missing) peer = await start()
  }, 60_000)
  afterAll(async () => {
    if (!missing) await peer.stop()
  })

  test.skipIf(missing)('hours equal those of a scrape of the same samples', async () => {
    const collected = await here.collect(peer.url)
    const expected = await scraped()
    // The second tensor-parallel rank says again what the first one said.
    const again = of('gpu-b:30000').find(({ labels }) => labels.tp_rank === '1')!.points.length
    expect(collected).toMatchObject({ instances: 3, late: 0, repeated: again, future: 0, warnings: [] })
    expect(collected.samples + collected.bad).toBeGreaterThan(20_000)
    expect(expected).toHaveLength(28)
    expect(await here.facts()).toEqual(expected)
  })

  test.skipIf(missing)('however it is cut, and however often it is read, the hours are the same', async () => {
    await here.collect(peer.url)
    const whole = await here.facts()
    await here.db.pool.query('TRUNCATE gpu_hour, serve_hour, open_hour')
    for (const to of ['2026-06-01T20:17:31Z', '2026-06-01T23:00:00Z', '2026-06-02T00:59:59Z', '2026-06-02T02:30:00Z'])
      await here.collect(peer.url, { to, window: '7m' })
    await here.collect(peer.url, { window: '3h' })
    expect(await here.facts()).toEqual(whole)
    const seq = async () => (await here.db.pool.query('SELECT max(from_seq) AS seq FROM gpu_hour')).rows[0]
    const before = await seq()
    const again = await here.collect(peer.url, { from: '2026-06-01T20:30:00Z', to: '2026-06-02T01:10:00Z' })
    expect(again).toMatchObject({ rows: 0, from: '2026-06-01T20:00:00.000Z' })
    expect([await here.facts(), await seq()]).toEqual([whole, before])
    expect(await here.collect(peer.url)).toMatchObject({ samples: 0, pieces: 0, rows: 0, from: null, position: NOW.replace('Z', '.000Z') })
  })

  test.skipIf(missing)('history before what was read first, and the seam between them', async () => {
    await here.collect(peer.url)
    const whole = await here.facts()
    await here.db.pool.query('TRUNCATE gpu_hour, serve_hour, open_hour')
    await here.collect(peer.url, { from: '2026-06-02T01:00:00Z' })
    // What counters stood at before the window is not lost: the server knows it.
    const later = whole.filter((row) => (row.hour as Date) >= new Date('2026-06-02T01:00:00Z'))
    expect(await here.facts()).toEqual(later)
    await here.collect(peer.url, { from: '2026-06-01T20:00:00Z', to: '2026-06-02T01:00:00Z' })
    expect(await here.facts()).toEqual(whole)
    const { rows } = await here.db.pool.query('SELECT shard FROM open_hour ORDER BY shard')
    expect(rows.map(({ shard }) => shard.replace(peer.url, ''))).toEqual(['', ...INSTANCES.map((instance) => ` ${instance}`)])
  })
})
