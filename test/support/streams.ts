// Telemetry of a small fleet as samples: scraped with jitter, with gaps, restarts and readings that are none. Seeded, so always the same.
export type Stream = { name: string; labels: Record<string, string>; points: [ms: number, value: string][] }

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Times of scrapes of one target: every `stepMs` with jitter, without those in gaps. */
function scrapes(from: number, to: number, stepMs: number, next: () => number): number[] {
  const times: number[] = []
  let gapUntil = -Infinity
  for (let t = from; t < to; t += stepMs) {
    if (next() < 0.004) gapUntil = t + Math.floor(next() * 20) * 60_000
    if (t >= gapUntil) times.push(t + Math.floor(next() * 900))
  }
  return times
}

type Scraped = { times: number[]; next: () => number }
const gauge = ({ times, next }: Scraped, name: string, labels: Record<string, string>, value: (r: number) => string): Stream => ({
  name,
  labels,
  points: times.map((t) => [t, value(next())]),
})

/** A counter of whole numbers that restarts now and then, all counters of one target at the same scrapes. */
function counters({ times, next }: Scraped, heads: { name: string; labels: Record<string, string>; most: number }[]): Stream[] {
  const streams = heads.map(({ name, labels }) => ({ name, labels, points: [] as [number, string][] }))
  const values = heads.map(() => 1000)
  for (const t of times) {
    if (next() < 0.005) values.fill(0)
    heads.forEach(({ most }, i) => {
      values[i] = values[i]! + Math.floor(next() * most)
      streams[i]!.points.push([t, String(values[i])])
    })
  }
  return streams
}

function gpus(from: number, to: number): Stream[] {
  const next = random(7)
  const scraped = { times: scrapes(from, to, 15_000, next), next }
  return ['0', '1'].flatMap((gpu) => {
    const labels = { instance: 'gpu-a:9400', Hostname: 'gpu-a', gpu, UUID: `GPU-0000000${gpu}-aaaa`, modelName: 'H100' }
    const of = (name: string, value: (r: number) => string) => gauge(scraped, `DCGM_FI_DEV_${name}`, labels, value)
    return [
      of('GPU_UTIL', (r) => (r > 0.99 ? '4294967295' : String(Math.floor(r * 40)))),
      of('FB_USED', (r) => String(Math.floor(r * 20_000))),
      of('FB_FREE', () => '61440'),
      of('POWER_USAGE', (r) => (r * 700).toFixed(3)),
      of('XID_ERRORS', (r) => (r > 0.995 ? '79' : r > 0.9 ? '31' : '0')),
      ...counters(scraped, [{ name: 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', labels, most: 9_000_000 }]),
    ]
  })
}

function vllm(from: number, to: number): Stream[] {
  const next = random(11)
  const scraped = { times: scrapes(from, to, 30_000, next), next }
  return ['0', '1'].flatMap((engine) => {
    const labels = { instance: 'gpu-a:8000', model_name: 'llama', engine }
    const of = (name: string, most: number, more: Record<string, string> = {}) => ({
      name: `vllm:${name}`,
      labels: { ...labels, ...more },
      most,
    })
    return [
      gauge(scraped, 'vllm:num_requests_running', labels, (r) => String(Math.max(0, Math.floor(r * 6) - 2))),
      gauge(scraped, 'vllm:kv_cache_usage_perc', labels, (r) => r.toFixed(4)),
      ...counters(scraped, [
        of('prompt_tokens_total', 3000),
        of('prompt_tokens_cached_total', 900),
        of('generation_tokens_total', 800),
        of('request_success_total', 4, { finished_reason: 'stop' }),
        of('time_to_first_token_seconds_bucket', 2, { le: '0.5' }),
        of('time_to_first_token_seconds_bucket', 2, { le: '+Inf' }),
        of('time_to_first_token_seconds_sum', 5),
      ]),
    ]
  })
}

/** A target that is older than the window, and one that goes away in its middle. */
function sglang(from: number, to: number): Stream[] {
  const next = random(13)
  const scraped = { times: scrapes(from, from + (to - from) / 2, 30_000, next), next }
  return ['0', '1'].flatMap((rank) => {
    const labels = { instance: 'gpu-b:30000', model_name: 'qwen', tp_rank: rank, pp_rank: '0', engine_type: 'unified' }
    return [
      gauge(scraped, 'sglang:num_running_reqs', labels, () => '3'),
      ...(rank === '0' ? counters(scraped, [{ name: 'sglang:generation_tokens_total', labels, most: 500 }]) : []),
    ]
  })
}

/** Streams of [from, to), ms, by instance. */
export const fleet = (from: number, to: number): Stream[] => [...gpus(from, to), ...vllm(from, to), ...sglang(from, to)]

const head = ({ name, labels }: Stream): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(',')}}`

export const asExposition = (streams: readonly Stream[]): string =>
  streams.map((stream) => stream.points.map(([ms, value]) => `${head(stream)} ${value} ${ms}\n`).join('')).join('')

export const asOpenMetrics = (streams: readonly Stream[]): string =>
  `${streams.map((stream) => stream.points.map(([ms, value]) => `${head(stream)} ${value} ${(ms / 1000).toFixed(3)}\n`).join('')).join('')}# EOF\n`
