// The accumulators of one scrape target. Bindings of series in, rows of hours out; when and where they are stored is not known here.
import { HOUR_MS } from '../time.ts'
import { Admission } from './admission.ts'
import { type Cell, Gpu, GpuCounterCell, GpuGaugeCell, GpuXidCell } from './gpu.ts'
import type { GpuSlot } from './gpu-slot.ts'
import { type GpuHour, type GpuIncreases, gpuHour } from './gpu-hour.ts'
import { type Binding, type GpuIdentity, type Labels, type NodeSpan, type ReplicaIdentity, WITNESSES } from './reading.ts'
import { Replica, ServeCounterCell, ServeGaugeCell } from './replica.ts'
import type { ServeSlot } from './serve-slot.ts'
import { type ServeHour, type ServeIncrease, serveHour } from './serve-hour.ts'
import { hourOf, type Slot } from './timeline.ts'
import { xidHour } from './xid.ts'

/** By what names a series can tell its node; the resolver knows which of them counts at an instant. */
export type NodeNames = { gpuUuid: string | null; instance: string; hostname: string | null; kubernetesNode: string | null }
export type ResolveNode = (names: NodeNames, t: number) => NodeSpan

export type GpuRow = { gpu: Gpu; slot: GpuSlot; hour: GpuHour }
export type ServeRow = { replica: Replica; slot: ServeSlot; hour: ServeHour }

/** How long an hour still takes samples after newer ones came. */
export const RETAIN_MS = 26 * HOUR_MS

const NOWHERE: NodeSpan = { node: 0, from: -Infinity, to: Infinity }

export class Target {
  readonly instance: string
  readonly labels: Labels
  readonly admission = new Admission()
  /** When the target was last asked, ms: a scrape up to then is in the accumulators. */
  lastScrapeMs = -Infinity
  readonly gpus = new Map<string, Gpu>()
  readonly replicas = new Map<string, Replica>()
  /** Which MIG instance carries what is measured for the whole GPU: it is exposed once an instance, with the same value. */
  readonly wholeGpu = new Map<string, string>()
  readonly #names = new Map<string, { index: number | null; model: string | null }>()
  readonly #resolve: ResolveNode

  constructor(instance: string, labels: Labels, resolve: ResolveNode) {
    this.instance = instance
    this.labels = labels
    this.#resolve = resolve
  }

  /** What takes the samples of a series, or null when it needs none. */
  open(binding: Binding): Cell | null {
    if (binding.fact === 'gpu_info') {
      this.#names.set(binding.uuid, { index: binding.index, model: binding.model })
      for (const gpu of this.gpus.values()) if (gpu.uuid === binding.uuid) this.#name(gpu, binding)
      return null
    }
    return binding.fact === 'gpu' ? this.#gpuCell(binding) : this.#serveCell(binding)
  }

  #name(gpu: Gpu, info: { index: number | null; model: string | null }): void {
    gpu.index = info.index ?? gpu.index
    gpu.model = info.model ?? gpu.model
  }

  #gpuCell(binding: Binding & { fact: 'gpu' }): Cell | null {
    const { gpu: identity } = binding
    const gpu = this.gpu(identity)
    const pod = identity.pod === null ? null : `${identity.namespace ?? ''}/${identity.pod}`
    if (binding.type === 'counter') {
      const owner = this.wholeGpu.get(identity.uuid) ?? identity.mig
      this.wholeGpu.set(identity.uuid, owner)
      if (owner !== identity.mig) return null
      const state = gpu.counter(binding.measure, binding.alt, binding.detail, binding.scale)
      return new GpuCounterCell(gpu, this.admission, pod, state)
    }
    if (binding.measure === 'xid') return new GpuXidCell(gpu, this.admission, pod)
    return new GpuGaugeCell(gpu, this.admission, pod, binding.measure, binding.scale)
  }

  gpu(identity: GpuIdentity): Gpu {
    const key = `${identity.uuid}|${identity.mig}`
    let gpu = this.gpus.get(key)
    if (!gpu) {
      const { uuid, mig, hostname, kubernetesNode, instance } = identity
      const names = { gpuUuid: uuid, instance: instance ?? this.instance, hostname, kubernetesNode }
      gpu = new Gpu(uuid, mig, { hostname, kubernetesNode, instance }, (t) => this.#resolve(names, t))
      this.gpus.set(key, gpu)
    }
    if (!identity.byEngine) gpu.byEngine = false
    this.#name(gpu, this.#names.get(identity.uuid) ?? identity)
    this.#name(gpu, identity)
    return gpu
  }

  #serveCell(binding: Binding & { fact: 'serve' }): Cell {
    const replica = this.replica(binding.replica)
    return binding.type === 'gauge'
      ? new ServeGaugeCell(replica, this.admission, binding.measure, binding.alt, binding.rank)
      : new ServeCounterCell(replica, this.admission, replica.counter(binding.measure, binding.alt, binding.rank, binding.detail))
  }

  replica(identity: ReplicaIdentity): Replica {
    const instance = identity.instance ?? this.instance
    const key = [instance, identity.model, identity.namespace ?? '', identity.pod ?? ''].join('\n')
    let replica = this.replicas.get(key)
    if (!replica) {
      const names = { gpuUuid: null, instance, hostname: identity.hostname, kubernetesNode: identity.kubernetesNode }
      // A gateway is no node of the fleet.
      replica = new Replica(identity, instance, WITNESSES.has(identity.engine) ? () => NOWHERE : (t) => this.#resolve(names, t))
      this.replicas.set(key, replica)
    }
    replica.labels = Object.assign(Object.create(null), this.labels, identity.labels, replica.labels)
    return replica
  }

  /** Rows of every hour that a sample since the last `settle` may have changed: the earliest such hour of a series, and all after it. */
  rows(): { gpus: GpuRow[]; serving: ServeRow[] } {
    return { gpus: [...this.gpus.values()].flatMap(gpuRows), serving: [...this.replicas.values()].flatMap(serveRows) }
  }

  /** The horizon that `settle` would move to: the start of the first retained hour. */
  nextHorizon(retainMs: number = RETAIN_MS): number {
    return Math.max(this.admission.horizon, this.admission.newest === -Infinity ? -Infinity : hourOf(this.admission.newest - retainMs))
  }

  /** After the rows were stored: forgets hours before `horizon`, keeping of each counter its last value. */
  settle(horizon: number): void {
    this.admission.horizon = horizon
    const isClosed = (slot: Slot) => slot.hourMs < horizon
    for (const gpu of this.gpus.values()) {
      const closed = gpu.timeline.all().filter(isClosed)
      const last = closed[closed.length - 1]
      if (last) gpu.closed = { hourMs: last.hourMs, node: last.node }
      gpu.timeline.drop(closed)
      for (const { counter } of gpu.counters.values()) Object.assign(counter, counter.retained(isClosed))
      for (const times of gpu.times.values()) times.parts = times.retained(horizon)
      gpu.xid.runs = gpu.xid.retained(horizon)
    }
    for (const replica of this.replicas.values()) {
      replica.timeline.drop(replica.timeline.all().filter(isClosed))
      for (const { counter } of replica.counters.values()) Object.assign(counter, counter.retained(isClosed))
      for (const times of replica.times.values()) times.parts = times.retained(horizon)
    }
  }
}

/** Slots from the earliest changed one on. */
function changed<S extends Slot>(slots: S[]): S[] {
  const first = slots.findIndex((slot) => slot.dirty)
  return first < 0 ? [] : slots.slice(first)
}

function gpuRows(gpu: Gpu): GpuRow[] {
  if (!gpu.timeline.all().some((slot) => slot.dirty)) return []
  gpu.fillStanding()
  const slots = changed(gpu.timeline.all())
  const increases = new Map<GpuSlot, GpuIncreases & Map<string, unknown>>()
  for (const [key, { measure, alt, scale, counter }] of gpu.counters) {
    counter.increases((slot, increase, steps) => {
      if (!steps) return
      let own = increases.get(slot) as Map<string, { measure: typeof measure; alt: number; scale: number; increase: number }> | undefined
      if (!own) increases.set(slot, (own = new Map()))
      const before = own.get(key)?.increase ?? 0
      own.set(key, { measure, alt, scale, increase: before + increase })
    })
  }
  return slots.map((slot) => ({
    gpu,
    slot,
    hour: gpuHour(slot, increases.get(slot) ?? new Map(), xidHour(gpu.xid, slot.hourMs, slot.from, slot.to)),
  }))
}

function serveRows(replica: Replica): ServeRow[] {
  const slots = changed(replica.timeline.all())
  if (slots.length === 0) return []
  const increases = new Map<ServeSlot, ServeIncrease[]>(slots.map((slot) => [slot, []]))
  for (const { measure, alt, detail, counter } of replica.counters.values())
    counter.increases((slot, increase) => increases.get(slot)?.push({ measure, alt, detail, increase }))
  return slots.map((slot) => ({ replica, slot, hour: serveHour(slot, increases.get(slot)!, WITNESSES.has(replica.engine)) }))
}
