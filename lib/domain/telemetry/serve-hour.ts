// From the accumulator of an hour to the row of serve_hour (RULES.md 5-7).
import type { ServeCounter, ServeGauge } from './reading.ts'
import type { ServeSlot } from './serve-slot.ts'
import { maskOf } from './timeline.ts'

/** One series' increase in the slot. `detail` is `le=…` or `sum` on histograms. */
export type ServeIncrease = { measure: ServeCounter; alt: number; detail: string; increase: number }

/** Counts of one hour: `n` per bucket, not cumulative; `le` ends with "+Inf". */
export type HourHistogram = { le: string[]; n: number[]; sum: number }

export type ServeHour = {
  scraped: bigint
  running: bigint
  prompt: number | null
  cacheRead: number | null
  cacheWrite: number | null
  generation: number | null
  requests: number | null
  failures: number | null
  prefillS: number | null
  decodeS: number | null
  queue: Level | null
  kv: Level | null
  runningLevel: Level | null
  histograms: Record<string, HourHistogram>
  /** What a gateway says of the same hour; null for an engine. */
  witness: Witness | null
  coveredS: number
}
export type Witness = { prompt: number | null; generation: number | null; requests: number | null; failures: number | null }
export type Level = { mean: number; max: number }

/** Increases of the preferred name of `measure`: old and new names of one quantity are never added. */
function preferred(increases: readonly ServeIncrease[], measure: ServeCounter): ServeIncrease[] {
  let alt = Infinity
  for (const one of increases) if (one.measure === measure && one.alt < alt) alt = one.alt
  return increases.filter((one) => one.measure === measure && one.alt === alt)
}

const sumOf = (found: readonly ServeIncrease[]): number | null =>
  found.length === 0 ? null : found.reduce((sum, one) => sum + one.increase, 0)

/** Ranks are added up (running, queue) or averaged (a share such as the KV cache's). */
function levelOf(slot: ServeSlot, measure: ServeGauge, combine: 'add' | 'average'): Level | null {
  const all = [...slot.gauges.values()].filter((gauge) => gauge.measure === measure && gauge.n > 0)
  const alt = Math.min(...all.map((gauge) => gauge.alt))
  const ranks = all.filter((gauge) => gauge.alt === alt)
  if (ranks.length === 0) return null
  const mean = ranks.reduce((sum, rank) => sum + rank.sum / rank.n, 0)
  let max = -Infinity
  for (let minute = 0; minute < 60; minute++) {
    const values = ranks.map((rank) => rank.minuteMax[minute]!).filter((value) => value !== -Infinity)
    if (values.length === 0) continue
    max = Math.max(max, combine === 'add' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values))
  }
  return { mean: combine === 'add' ? mean : mean / ranks.length, max }
}

const bound = (le: string): number => (le === '+Inf' ? Infinity : Number(le))

/** Cumulative buckets of all ranks to counts per bucket; undefined when nothing was observed. `sumElse`: the sum, where no series has it. */
function histogramOf(found: readonly ServeIncrease[], sumElse: number): HourHistogram | undefined {
  const cumulative = new Map<string, number>()
  let sum = found.some(({ detail }) => detail === 'sum') ? 0 : sumElse
  for (const { detail, increase } of found) {
    if (detail === 'sum') sum += increase
    else cumulative.set(detail.slice(3), (cumulative.get(detail.slice(3)) ?? 0) + increase)
  }
  const le = [...cumulative.keys()].sort((a, b) => bound(a) - bound(b))
  let below = 0
  const n = le.map((key) => {
    const upTo = cumulative.get(key)!
    const own = upTo - below
    below = upTo
    return own
  })
  return below > 0 ? { le, n, sum } : undefined
}

const HISTOGRAMS = { ttft: 'hist_ttft', tpot: 'hist_tpot', e2e: 'hist_e2e', prompt: 'hist_prompt' } as const

/** Tokens of the prompt that were computed; engines count them so, or together with the cached ones. */
function promptOf(increases: readonly ServeIncrease[], cached: number): number | null {
  const computed = sumOf(preferred(increases, 'computed'))
  if (computed !== null) return computed
  const prompt = sumOf(preferred(increases, 'prompt'))
  return prompt === null ? null : prompt - cached
}

/** The hour of a gateway: nothing of it is served, only said. */
function witnessHour(increases: readonly ServeIncrease[]): ServeHour {
  const said = (measure: ServeCounter) => sumOf(preferred(increases, measure))
  return {
    scraped: 0n,
    running: 0n,
    prompt: null,
    cacheRead: null,
    cacheWrite: null,
    generation: null,
    requests: null,
    failures: null,
    prefillS: null,
    decodeS: null,
    queue: null,
    kv: null,
    runningLevel: null,
    histograms: {},
    witness: { prompt: said('prompt'), generation: said('generation'), requests: said('requests'), failures: said('failures') },
    coveredS: 0,
  }
}

/** The row of one slot from its own increases, in disjoint classes of tokens. */
export function serveHour(slot: ServeSlot, increases: readonly ServeIncrease[], isWitness = false): ServeHour {
  if (isWitness) return witnessHour(increases)
  const scraped = maskOf(slot.seenLow, slot.seenHigh)
  const cached = sumOf(preferred(increases, 'cached')) ?? 0
  const prompt = promptOf(increases, cached)
  const finished = sumOf(preferred(increases, 'requests'))
  const failures = sumOf(preferred(increases, 'failures'))
  const histograms: Record<string, HourHistogram> = {}
  for (const [name, measure] of Object.entries(HISTOGRAMS)) {
    // An engine whose prompt tokens are the sum of their histogram has that series once.
    const histogram = histogramOf(preferred(increases, measure), name === 'prompt' ? (prompt ?? 0) + cached : 0)
    if (histogram) histograms[name] = histogram
  }
  let minutes = 0
  for (let rest = scraped; rest > 0n; rest &= rest - 1n) minutes++
  return {
    scraped,
    running: maskOf(slot.runningLow, slot.runningHigh),
    prompt,
    cacheRead: prompt === null ? null : cached,
    cacheWrite: prompt === null ? null : 0,
    generation: sumOf(preferred(increases, 'generation')),
    requests: finished === null && failures === null ? null : (finished ?? 0) + (failures ?? 0),
    failures: finished === null && failures === null ? null : (failures ?? 0),
    prefillS: sumOf(preferred(increases, 'prefill')),
    decodeS: sumOf(preferred(increases, 'decode')),
    queue: levelOf(slot, 'queue', 'add'),
    kv: levelOf(slot, 'kv', 'average'),
    runningLevel: levelOf(slot, 'running', 'add'),
    histograms,
    witness: null,
    coveredS: minutes * 60,
  }
}
