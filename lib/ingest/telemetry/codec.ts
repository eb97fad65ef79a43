// A target's accumulators as bytes, and back: what a successor needs to go on exactly where this process stopped.
import { deserialize, serialize } from 'node:v8'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { Failure } from '#lib/errors.ts'
import type { Counter } from '#lib/domain/telemetry/counter.ts'
import type { Gpu } from '#lib/domain/telemetry/gpu.ts'
import { GpuSlot } from '#lib/domain/telemetry/gpu-slot.ts'
import type { GpuCounter, GpuGauge, NodeRef, ServeCounter, ServeGauge } from '#lib/domain/telemetry/reading.ts'
import type { Replica } from '#lib/domain/telemetry/replica.ts'
import { ServeSlot } from '#lib/domain/telemetry/serve-slot.ts'
import type { Target } from '#lib/domain/telemetry/target.ts'
import type { Slot } from '#lib/domain/telemetry/timeline.ts'
import type { Times } from '#lib/domain/telemetry/times.ts'

const VERSION = 1

/** What is written differs from what is in memory: nodes have ids by then, rows are written, hours before the horizon are closed. */
export type Settled = { horizon: number; nodeRef: (node: NodeRef) => NodeRef; written: (slot: Slot) => string }

type PlainSlot = { hourMs: number; node: NodeRef; from: number; to: number; seen: [number, number]; written: string }
type PlainCounter = { base: { t: number; v: number } | null; runs: Float64Array }
type PlainTimes = { parts: Float64Array; closedUntil: number }
type PlainGpu = {
  uuid: string
  mig: string
  index: number | null
  model: string | null
  byEngine?: boolean
  names: { hostname: string | null; kubernetesNode: string | null; instance: string | null }
  first: number
  closed: { hourMs: number; node: NodeRef } | null
  slots: (PlainSlot & { grid: Float64Array; exposed: number; maxima: Float64Array; moments: number[]; bad: number; pods: string[] })[]
  counters: { measure: GpuCounter; alt: number; detail: string; scale: number; counter: PlainCounter }[]
  times: [GpuGauge, PlainTimes][]
  xid: { t0: number; t1: number; code: number }[]
}
type PlainGauge = { measure: ServeGauge; alt: number; rank: string; n: number; sum: number; minuteMax: Float64Array }
type PlainReplica = {
  engine: string
  instance: string
  model: string
  namespace: string
  pod: string
  names: { hostname: string | null; kubernetesNode: string | null }
  labels: Record<string, string>
  slots: (PlainSlot & { running: [number, number]; gauges: PlainGauge[] })[]
  counters: { measure: ServeCounter; alt: number; rank: string; detail: string; counter: PlainCounter }[]
  times: [string, PlainTimes][]
}
type Plain = {
  version: number
  horizon: number
  newest: number
  lastScrapeMs: number
  wholeGpu: [string, string][]
  gpus: PlainGpu[]
  replicas: PlainReplica[]
}

const plainSlot = (slot: Slot, settled: Settled): PlainSlot => ({
  hourMs: slot.hourMs,
  node: settled.nodeRef(slot.node),
  from: slot.from,
  to: slot.to,
  seen: [slot.seenLow, slot.seenHigh],
  written: settled.written(slot),
})

function plainCounter<S extends Slot>(counter: Counter<S>, slots: ReadonlyMap<S, number>, horizon: number): PlainCounter {
  const { base, runs } = counter.retained((slot) => slot.hourMs < horizon)
  const flat = new Float64Array(runs.length * 5)
  runs.forEach(({ slot, t0, v0, t1, v1 }, i) => {
    flat.set([slots.get(slot)!, t0, v0, t1, v1], i * 5)
  })
  return { base, runs: flat }
}

const plainTimes = <K>(times: ReadonlyMap<K, Times>, horizon: number): [K, PlainTimes][] =>
  [...times].map(([key, one]) => [key, { parts: Float64Array.from(one.retained(horizon)), closedUntil: one.closedUntil }])

function plainGpu(gpu: Gpu, settled: Settled): PlainGpu {
  const all = gpu.timeline.all()
  const slots = all.filter((slot) => slot.hourMs >= settled.horizon)
  const last = all[all.length - slots.length - 1]
  const closed = last ?? gpu.closed
  const at = new Map(slots.map((slot, i) => [slot, i]))
  return {
    uuid: gpu.uuid,
    mig: gpu.mig,
    index: gpu.index,
    model: gpu.model,
    byEngine: gpu.byEngine,
    names: gpu.names,
    first: gpu.first,
    closed: closed && { hourMs: closed.hourMs, node: settled.nodeRef(closed.node) },
    slots: slots.map((slot) => ({
      ...plainSlot(slot, settled),
      grid: slot.grid,
      exposed: slot.exposed,
      maxima: slot.maxima,
      moments: [slot.temp.n, slot.temp.sum, slot.temp.max, slot.power.n, slot.power.sum, slot.power.max],
      bad: slot.bad,
      pods: slot.pods,
    })),
    counters: [...gpu.counters.values()].map((one) => ({ ...one, counter: plainCounter(one.counter, at, settled.horizon) })),
    times: plainTimes(gpu.times, settled.horizon),
    xid: gpu.xid.retained(settled.horizon),
  }
}

function plainReplica(replica: Replica, settled: Settled): PlainReplica {
  const slots = replica.timeline.all().filter((slot) => slot.hourMs >= settled.horizon)
  const at = new Map(slots.map((slot, i) => [slot, i]))
  const { engine, instance, model, namespace, pod, names } = replica
  return {
    engine,
    instance,
    model,
    namespace,
    pod,
    names,
    labels: { ...replica.labels },
    slots: slots.map((slot) => ({
      ...plainSlot(slot, settled),
      running: [slot.runningLow, slot.runningHigh],
      gauges: [...slot.gauges].map(([key, gauge]) => ({ ...gauge, rank: key.split('|').slice(2).join('|') })),
    })),
    counters: [...replica.counters.values()].map((one) => ({ ...one, counter: plainCounter(one.counter, at, settled.horizon) })),
    times: plainTimes(replica.times, settled.horizon),
  }
}

/** The accumulators as they will stand once what `settled` says is committed. */
export function encodeTarget(target: Target, settled: Settled): Buffer {
  const plain: Plain = {
    version: VERSION,
    horizon: settled.horizon,
    newest: target.admission.newest,
    lastScrapeMs: target.lastScrapeMs,
    wholeGpu: [...target.wholeGpu],
    gpus: [...target.gpus.values()].map((gpu) => plainGpu(gpu, settled)),
    replicas: [...target.replicas.values()].map((replica) => plainReplica(replica, settled)),
  }
  return deflateRawSync(serialize(plain), { level: 1 })
}

function restoreSlot(slot: Slot, plain: PlainSlot): void {
  ;[slot.seenLow, slot.seenHigh] = plain.seen
  slot.written = plain.written
  slot.dirty = false
}

function restoreCounter<S extends Slot>(counter: Counter<S>, plain: PlainCounter, slots: readonly S[]): void {
  counter.base = plain.base
  for (let i = 0; i < plain.runs.length; i += 5) {
    const [slot, t0, v0, t1, v1] = plain.runs.subarray(i, i + 5) as unknown as [number, number, number, number, number]
    counter.runs.push({ slot: slots[slot]!, t0, v0, t1, v1 })
  }
}

function restoreTimes(times: Times, plain: PlainTimes): void {
  times.parts = [...plain.parts]
  times.closedUntil = plain.closedUntil
}

function restoreGpu(target: Target, plain: PlainGpu): void {
  const gpu = target.gpu({ ...plain, ...plain.names, namespace: null, pod: null })
  gpu.first = plain.first
  gpu.closed = plain.closed
  const slots = plain.slots.map((one) => {
    const slot = new GpuSlot(one.hourMs, one.node, one.from, one.to)
    restoreSlot(slot, one)
    const [tempN = 0, tempSum = 0, tempMax = 0, powerN = 0, powerSum = 0, powerMax = 0] = one.moments
    slot.temp = { n: tempN, sum: tempSum, max: tempMax }
    slot.power = { n: powerN, sum: powerSum, max: powerMax }
    const { grid, maxima, exposed, bad, pods } = one
    Object.assign(slot, { grid, maxima, exposed, bad, pods })
    gpu.timeline.put(slot)
    return slot
  })
  for (const { measure, alt, detail, scale, counter } of plain.counters)
    restoreCounter(gpu.counter(measure, alt, detail, scale).counter, counter, slots)
  for (const [measure, times] of plain.times) restoreTimes(gpu.timesOf(measure), times)
  gpu.xid.runs = plain.xid
}

function restoreReplica(target: Target, plain: PlainReplica): void {
  const replica = target.replica({ ...plain, ...plain.names, namespace: plain.namespace || null, pod: plain.pod || null })
  const slots = plain.slots.map((one) => {
    const slot = new ServeSlot(one.hourMs, one.node, one.from, one.to)
    restoreSlot(slot, one)
    ;[slot.runningLow, slot.runningHigh] = one.running
    for (const { measure, alt, rank, n, sum, minuteMax } of one.gauges) Object.assign(slot.gauge(measure, alt, rank), { n, sum, minuteMax })
    replica.timeline.put(slot)
    return slot
  })
  for (const { measure, alt, rank, detail, counter } of plain.counters)
    restoreCounter(replica.counter(measure, alt, rank, detail).counter, counter, slots)
  for (const [key, times] of plain.times) restoreTimes(replica.timesOf(key), times)
}

/** Fills an empty target. Throws `refused` for bytes of another version. */
export function decodeTarget(target: Target, bytes: Buffer): void {
  const plain = deserialize(inflateRawSync(bytes)) as Plain
  if (plain.version !== VERSION)
    throw new Failure('refused', 'open_hours_version', `open hours of version ${plain.version} cannot be read here`, {
      remedy: 'use the build that wrote them',
    })
  target.admission.horizon = plain.horizon
  target.admission.newest = plain.newest
  target.lastScrapeMs = plain.lastScrapeMs
  for (const [uuid, mig] of plain.wholeGpu) target.wholeGpu.set(uuid, mig)
  for (const gpu of plain.gpus) restoreGpu(target, gpu)
  for (const replica of plain.replicas) restoreReplica(target, replica)
}
