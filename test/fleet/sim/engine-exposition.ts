// vLLM's /metrics (V1 engine): one replica, one or two engine ranks.
import { type Counters, rankShare, type Totals } from './counters.ts'
import type { Deployment, Replica } from './shape.ts'
import { EVERY_MINUTE, daysOf, type Sink, type Steps, timeTexts, Writer } from './text.ts'
import { MINUTE, type Span } from './time.ts'
import type { ReplicaDay, World } from './world.ts'

/** What a sample is made from: the totals at that minute, and the gauges of one rank. */
type Moment = { totals: Totals; running: number; load: number }
type Family = { name: string; help: string; type: 'gauge' | 'counter'; every: keyof Steps; labels?: string; value: (at: Moment) => string }

const FAMILIES: Family[] = [
  {
    name: 'vllm:num_requests_running',
    help: 'Number of requests in model execution batches.',
    type: 'gauge',
    every: 'fast',
    value: (at) => `${at.running}.0`,
  },
  {
    name: 'vllm:num_requests_waiting',
    help: 'Number of requests waiting to be processed.',
    type: 'gauge',
    every: 'slow',
    value: (at) => `${at.load > 88 ? at.load - 88 : 0}.0`,
  },
  {
    name: 'vllm:kv_cache_usage_perc',
    help: 'KV-cache usage. 1 means 100 percent usage.',
    type: 'gauge',
    every: 'slow',
    value: (at) => (at.load * 0.0085).toFixed(4),
  },
  {
    name: 'vllm:prompt_tokens_total',
    help: 'Number of prefill tokens processed.',
    type: 'counter',
    every: 'slow',
    value: (at) => `${at.totals.prompt}.0`,
  },
  {
    name: 'vllm:prompt_tokens_cached_total',
    help: 'Number of cached prompt tokens.',
    type: 'counter',
    every: 'slow',
    value: (at) => `${at.totals.cached}.0`,
  },
  {
    name: 'vllm:generation_tokens_total',
    help: 'Number of generation tokens processed.',
    type: 'counter',
    every: 'slow',
    value: (at) => `${at.totals.generation}.0`,
  },
  {
    name: 'vllm:request_success_total',
    help: 'Count of successfully processed requests.',
    type: 'counter',
    every: 'slow',
    labels: ',finished_reason="stop"',
    value: (at) => `${at.totals.requests}.0`,
  },
]

/** Share of requests at or below each bound, of those met at low and at high load; `mean` in seconds. */
type Histogram = {
  name: string
  help: string
  bounds: readonly (readonly [le: string, easy: number, hard: number])[]
  sum: (totals: Totals) => number
}

const HISTOGRAMS: Histogram[] = [
  {
    name: 'vllm:time_to_first_token_seconds',
    help: 'Histogram of time to first token in seconds.',
    bounds: [
      ['0.05', 0.1, 0],
      ['0.1', 0.42, 0.06],
      ['0.25', 0.85, 0.37],
      ['0.5', 0.97, 0.74],
      ['1.0', 0.99, 0.91],
      ['2.5', 1, 0.985],
      ['10.0', 1, 0.999],
    ],
    sum: (t) => t.easy * 0.16 + t.hard * 0.47,
  },
  {
    name: 'vllm:inter_token_latency_seconds',
    help: 'Histogram of inter-token latency in seconds.',
    bounds: [
      ['0.01', 0.2, 0.02],
      ['0.025', 0.81, 0.34],
      ['0.05', 0.98, 0.86],
      ['0.1', 1, 0.98],
      ['0.2', 1, 0.997],
      ['0.5', 1, 1],
    ],
    sum: (t) => t.easy * 0.018 + t.hard * 0.034,
  },
  {
    name: 'vllm:e2e_request_latency_seconds',
    help: 'Histogram of e2e request latency in seconds.',
    bounds: [
      ['1.0', 0.06, 0.01],
      ['2.5', 0.21, 0.05],
      ['5.0', 0.55, 0.22],
      ['10.0', 0.87, 0.58],
      ['20.0', 0.98, 0.88],
      ['40.0', 1, 0.98],
      ['60.0', 1, 0.996],
    ],
    sum: (t) => t.easy * 5.9 + t.hard * 11.2,
  },
  {
    name: 'vllm:request_prefill_time_seconds',
    help: 'Histogram of time spent in PREFILL phase for request.',
    bounds: [
      ['0.3', 0.88, 0.5],
      ['1.0', 0.99, 0.93],
      ['5.0', 1, 1],
    ],
    sum: (t) => (t.prompt - t.cached) / 3000,
  },
  {
    name: 'vllm:request_decode_time_seconds',
    help: 'Histogram of time spent in DECODE phase for request.',
    bounds: [
      ['0.3', 0.01, 0],
      ['1.0', 0.08, 0.02],
      ['5.0', 0.6, 0.3],
      ['30.0', 1, 0.97],
    ],
    sum: (t) => t.generation / 45,
  },
]

type Source = { world: World; counters: Counters; deployment: Deployment; replica: Replica }
/** Every minute of the window in which the replica could be scraped, with its totals. */
type Scraped = { minute: number; index: number; ranks: Moment[] }

const labelsOf = ({ replica, deployment }: Source, rank: number): string =>
  `engine="${rank}",model_name="${deployment.model}"${replica.pod ? `,namespace="${replica.namespace}",pod="${replica.pod}"` : ''}`

function momentsOf({ world, counters, replica }: Source, window: Span): Scraped[] {
  const result: Scraped[] = []
  for (const { day, first, last } of daysOf(window)) {
    const facts = world.replicaDay(replica, day)
    if (!facts.running.subarray(first, last).some((value) => value >= 0)) continue
    const totals = Array.from({ length: replica.engines }, (_, rank) => counters.minutes(replica, rank, day, first, last))
    for (let m = first; m < last; m++) {
      if (facts.running[m]! < 0) continue
      const ranks = totals.map((one, rank) => ({
        totals: one[m - first]!,
        running: rankRunning(facts, m, rank, replica.engines),
        load: facts.load[m]!,
      }))
      result.push({ minute: m, index: (day + m * MINUTE - window.from) / MINUTE, ranks })
    }
  }
  return result
}

/** Ranks take turns, so that a single running request is sometimes on the second one. */
const rankRunning = (facts: ReplicaDay, m: number, rank: number, engines: number): number =>
  rankShare(facts.running[m]!, (rank + m) % engines, engines)

/** The metrics of one replica over a window. False when it could not be scraped at all. */
export async function engineHistory(source: Source, window: Span, steps: Steps, sink: Sink): Promise<boolean> {
  const moments = momentsOf(source, window)
  if (moments.length === 0) return false
  const writer = new Writer(sink)
  const times = timeTexts(window, source.replica.offset)
  const due = (every: number) => (every === 1 ? moments : moments.filter((at) => at.minute % every === every - 1))
  for (const family of FAMILIES) {
    writer.add(`# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`)
    for (let rank = 0; rank < source.replica.engines; rank++) {
      const prefix = `${family.name}{${labelsOf(source, rank)}${family.labels ?? ''}} `
      for (const at of due(steps[family.every])) writer.add(prefix + family.value(at.ranks[rank]!) + times[at.index]!)
      await writer.drain()
    }
  }
  for (const histogram of HISTOGRAMS) {
    writer.add(`# HELP ${histogram.name} ${histogram.help}\n# TYPE ${histogram.name} histogram\n`)
    for (let rank = 0; rank < source.replica.engines; rank++)
      addHistogram(writer, histogram, labelsOf(source, rank), rank, due(steps.histogram), times)
    await writer.drain()
  }
  await writer.drain(true)
  return true
}

function addHistogram(
  writer: Writer,
  { name, bounds, sum }: Histogram,
  labels: string,
  rank: number,
  moments: Scraped[],
  times: string[],
): void {
  for (const [le, easy, hard] of [...bounds, ['+Inf', 1, 1] as const])
    for (const { ranks, index } of moments) {
      const { totals } = ranks[rank]!
      writer.add(`${name}_bucket{le="${le}",${labels}} ${Math.floor(totals.easy * easy) + Math.floor(totals.hard * hard)}.0${times[index]}`)
    }
  for (const { ranks, index } of moments) writer.add(`${name}_count{${labels}} ${ranks[rank]!.totals.requests}.0${times[index]}`)
  for (const { ranks, index } of moments) writer.add(`${name}_sum{${labels}} ${sum(ranks[rank]!.totals).toFixed(3)}${times[index]}`)
}

/** The metrics of one replica now, without timestamps. Undefined when it is down. */
export async function engineNow(source: Source, now: number): Promise<string | undefined> {
  const from = Math.floor(now / MINUTE) * MINUTE
  let text = ''
  const alive = await engineHistory(source, { from, to: from + MINUTE }, { ...EVERY_MINUTE, histogram: 1 }, (part) => {
    text += part
  })
  return alive ? text.replace(/ \d{13}$/gm, '') : undefined
}
