// What is stored against what a real Prometheus and a real VictoriaMetrics say of the same samples: their raw samples, and their functions.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Peer } from '#test/support/peers.ts'
import { PEERS, TO, type World, world } from '#test/support/prometheus.ts'

let here: World
beforeAll(async () => {
  here = await world()
})
afterAll(() => here.db.close())
beforeEach(() => here.reset())

type Raw = { labels: Record<string, string>; points: [ms: number, value: number][] }

/** The peer's own answer to an instant query, of ranges or values. */
async function asked(url: string, query: string, time: number): Promise<Raw[]> {
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query, time: String(time / 1000) }) })
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; values?: [number, string][]; value?: [number, string] }[] }
  }
  return data.result.map(({ metric, values, value }) => ({
    labels: metric,
    points: (values ?? (value ? [value] : [])).map(([at, text]) => [Math.round(at * 1000), Number(text)]),
  }))
}

/** RULES.md 6: the positive differences, a lower value counting whole, those whose later sample lies in (from, to]. */
function increaseOf(points: Raw['points'], from: number, to: number): number {
  let sum = 0
  for (const [i, [t, v]] of points.entries()) {
    const before = points[i - 1]?.[1]
    if (before !== undefined && t > from && t <= to) sum += v >= before ? v - before : v
  }
  return sum
}

const GAP_MS = 60_000

/** VictoriaMetrics 1.79 stretches nothing and begins with the sample before the window, but not across a gap. */
function withinGaps(points: Raw['points'], from: number, to: number): number {
  const inside = points.findIndex(([t]) => t > from)
  const gap = inside > 0 && points[inside]![0] - points[inside - 1]![0] > GAP_MS
  return increaseOf(gap ? points.slice(inside) : points, from, to)
}

/** What Prometheus 2.42 makes of the samples of one window: its first sample is the baseline, and the rest is stretched to the window. */
function extrapolated(points: Raw['points'], from: number, to: number): number | undefined {
  const inside = points.filter(([t]) => t >= from && t <= to)
  if (inside.length < 2) return undefined
  const [[first, value], last] = [inside[0]!, inside[inside.length - 1]![0]]
  const increase = increaseOf(inside, from, to)
  const sampled = (last - first) / 1000
  const step = sampled / (inside.length - 1)
  let toStart = (first - from) / 1000
  if (increase > 0 && value >= 0) toStart = Math.min(toStart, sampled * (value / increase))
  const toEnd = (to - last) / 1000
  const stretch = (gap: number) => (gap < step * 1.1 ? gap : step / 2)
  return increase * ((sampled + stretch(toStart) + stretch(toEnd)) / sampled)
}

/** Says a counter that restarts once, some seconds long; then it answers 503. */
async function mortalTarget() {
  const said: number[] = []
  const values = [500, 620, 700, 40, 90]
  let leave = () => {}
  const gone = new Promise<void>((resolve) => {
    leave = resolve
  })
  const http = createServer((_, response) => {
    const value = values[said.length]
    if (value === undefined) {
      leave()
      response.writeHead(503).end()
      return
    }
    said.push(value)
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
    const labels = '{model_name="llama",engine="0"}'
    response.end(`vllm:generation_tokens_total${labels} ${value}\nvllm:num_requests_running${labels} ${said.length % 2}\n`)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise<void>((resolve) => http.close(() => resolve()))
  return { address: `127.0.0.1:${(http.address() as AddressInfo).port}`, said, gone, close }
}

describe.each(PEERS)('$name', ({ name, missing, start, live }) => {
  let peer: Peer
  beforeAll(async () => {
    if (!missing) peer = await start()
  }, 60_000)
  afterAll(async () => {
    if (!missing) await peer.stop()
  })

  const COUNTERS: [series: string, instance: string, sql: string][] = [
    ['vllm:prompt_tokens_total', 'gpu-a:8000', 'prompt_tokens + cache_read_tokens FROM serve_hour'],
    ['vllm:prompt_tokens_cached_total', 'gpu-a:8000', 'cache_read_tokens FROM serve_hour'],
    ['vllm:generation_tokens_total', 'gpu-a:8000', 'generation_tokens FROM serve_hour'],
    ['sglang:generation_tokens_total', 'gpu-b:30000', 'generation_tokens FROM serve_hour'],
    ['DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', 'gpu-a:9400', 'energy_wh * 3600000 FROM gpu_hour'],
  ]

  test.skipIf(missing).each(COUNTERS)(
    '%s: increases by hour are those of its raw samples, and what its increase() differs by is known',
    async (series, instance, sql) => {
      await here.collect(peer.url)
      const { rows } = await here.db.pool.query(
        `SELECT extract(epoch FROM hour)::float8 * 1000 AS hour, sum(${sql.replace(' FROM', ')::float8 AS increase FROM')} t
       WHERE node_id IN (SELECT node_id FROM node WHERE name = $1) GROUP BY 1 ORDER BY 1`,
        [instance.split(':')[0]],
      )
      const selector = `${series}{instance="${instance}"}`
      const raw = await asked(peer.url, `${selector}[8h]`, TO - 1)
      expect(raw).toHaveLength(instance === 'gpu-b:30000' ? 1 : 2)
      let resets = 0
      for (const { hour, increase } of rows as { hour: number; increase: number }[]) {
        const end = hour + 3_600_000 - 1
        const sum = raw.reduce((total, { points }) => total + increaseOf(points, hour - 1, end), 0)
        expect(increase / Math.max(1, sum)).toBeCloseTo(sum / Math.max(1, sum), 9)
        const said = await asked(peer.url, `increase(${selector}[1h])`, end)
        resets += (await asked(peer.url, `resets(${selector}[1h])`, end)).reduce((total, { points }) => total + points[0]![1], 0)
        for (const { labels, points } of said) {
          const own = raw.find((one) => one.labels.engine === labels.engine && one.labels.gpu === labels.gpu)!.points
          const theirs = name.startsWith('Prometheus') ? extrapolated(own, end - 3_600_000, end) : withinGaps(own, hour - 1, end)
          // VictoriaMetrics takes the first sample ever for an increase where it looks small.
          if (name.startsWith('VictoriaMetrics') && own[0]![0] > hour) continue
          expect(points[0]![1] / Math.max(1, theirs!)).toBeCloseTo(theirs! / Math.max(1, theirs!), 9)
        }
      }
      expect(resets).toBeGreaterThan(0)
    },
  )

  test.skipIf(missing)('means of gauges and covered minutes are its avg_over_time and its samples', async () => {
    await here.collect(peer.url)
    const { rows } = await here.db.pool.query(
      `SELECT extract(epoch FROM hour)::float8 * 1000 AS hour, gpu_index, power_mean_w::float8 AS power, seen::text FROM gpu_hour ORDER BY 1, 2`,
    )
    expect(rows).toHaveLength(16)
    for (const { hour, gpu_index, power, seen } of rows as { hour: number; gpu_index: number; power: number; seen: string }[]) {
      const end = hour + 3_600_000 - 1
      const selector = `DCGM_FI_DEV_POWER_USAGE{gpu="${gpu_index}"}`
      const [mean] = await asked(peer.url, `avg_over_time(${selector}[3599999ms])`, end)
      expect(power / mean!.points[0]![1]).toBeCloseTo(1, 6)
      const [raw] = await asked(peer.url, `${selector}[3599999ms]`, end)
      const minutes = new Set(raw!.points.map(([t]) => Math.floor((t - hour) / 60_000)))
      expect(BigInt(seen)).toBe([...minutes].reduce((mask, minute) => mask | (1n << BigInt(minute)), 0n))
    }
  })

  test.skipIf(missing)(
    'a target that restarts and goes away: what it said counts, its silence is no sample',
    async () => {
      const target = await mortalTarget()
      const alive = await live(target.address)
      try {
        await target.gone
        // A scrape later the silence is on record, where it is recorded.
        await new Promise((resolve) => setTimeout(resolve, 2500))
        const now = new Date().toISOString()
        const collected = await here.collect(alive.url, { now, history: '1h' })
        const { rows } = await here.db.pool.query('SELECT sum(generation_tokens)::int AS tokens FROM serve_hour')
        expect(collected).toMatchObject({ samples: target.said.length * 2, bad: 0, instances: 1 })
        expect(rows[0].tokens).toBe(
          target.said.reduce((sum, v, i) => (i === 0 ? 0 : sum + (v >= target.said[i - 1]! ? v - target.said[i - 1]! : v)), 0),
        )
        expect(await here.collect(alive.url, { now: new Date(Date.parse(now) + 60_000).toISOString() })).toMatchObject({
          samples: 0,
          bad: 0,
          rows: 0,
        })
      } finally {
        await alive.stop()
        await target.close()
      }
    },
    30_000,
  )
})
