// One GPU (or MIG instance) of one target: its hours, its counters and its XID codes.
import { HOUR_MS } from '../time.ts'
import type { Admission } from './admission.ts'
import { Counter } from './counter.ts'
import { GRID, GpuSlot, type GridGauge } from './gpu-slot.ts'
import type { GpuCounter, GpuGauge, NodeRef, NodeSpan } from './reading.ts'
import { Timeline } from './timeline.ts'
import { Times } from './times.ts'
import { gaugeRange, isBlank } from './validity.ts'
import { FAILING_XIDS, XidTrack } from './xid.ts'

export type GpuCounterState = { measure: GpuCounter; alt: number; detail: string; scale: number; counter: Counter<GpuSlot> }
/** What takes the samples of one series. `explicit`: the sample brought its own timestamp, so it may be delivered again. */
export type Cell = { add(value: number, t: number, explicit: boolean): void }

export type GpuNames = { hostname: string | null; kubernetesNode: string | null; instance: string | null }

export class Gpu {
  readonly uuid: string
  readonly mig: string
  /** By what its node was looked up, beside the UUID. */
  readonly names: GpuNames
  index: number | null = null
  model: string | null = null
  /** Known only from an engine that uses it. */
  byEngine = true
  readonly timeline: Timeline<GpuSlot>
  readonly counters = new Map<string, GpuCounterState>()
  readonly times = new Map<GpuGauge, Times>()
  readonly xid = new XidTrack()
  /** The earliest sample known, ms. */
  first = Infinity
  /** The last hour that is no longer retained. */
  closed: { hourMs: number; node: NodeRef } | null = null

  constructor(uuid: string, mig: string, names: GpuNames, resolve: (t: number) => NodeSpan) {
    this.uuid = uuid
    this.mig = mig
    this.names = names
    this.timeline = new Timeline((hourMs, node, from, to) => new GpuSlot(hourMs, node, from, to), resolve)
  }

  counter(measure: GpuCounter, alt: number, detail: string, scale: number): GpuCounterState {
    const key = `${measure}|${alt}|${detail}`
    let state = this.counters.get(key)
    if (!state) this.counters.set(key, (state = { measure, alt, detail, scale, counter: new Counter() }))
    return state
  }

  timesOf(measure: GpuGauge): Times {
    let times = this.times.get(measure)
    if (!times) this.times.set(measure, (times = new Times()))
    return times
  }

  /** Hours without any sample get a slot only where a failing XID stood through them (RULES.md 10). */
  fillStanding(): void {
    let before = this.closed
    for (const slot of this.timeline.all()) {
      for (let hour = (before?.hourMs ?? slot.hourMs) + HOUR_MS; hour < slot.hourMs; hour += HOUR_MS)
        if (!this.timeline.has(hour) && FAILING_XIDS.has(this.xid.before(hour) ?? 0))
          this.timeline.put(new GpuSlot(hour, before!.node, hour, hour + HOUR_MS))
      before = slot
    }
  }
}

abstract class GpuCell implements Cell {
  protected readonly gpu: Gpu
  protected readonly admission: Admission
  readonly #pod: string | null
  #slot: GpuSlot | null = null

  constructor(gpu: Gpu, admission: Admission, pod: string | null) {
    this.gpu = gpu
    this.admission = admission
    this.#pod = pod
  }

  abstract add(raw: number, t: number, explicit: boolean): void

  protected slotAt(t: number): GpuSlot {
    const slot = this.#slot
    return slot !== null && t >= slot.from && t < slot.to ? slot : this.#move(t)
  }

  #move(t: number): GpuSlot {
    const slot = this.gpu.timeline.at(t)
    if (this.#pod !== null && !slot.pods.includes(this.#pod)) slot.pods.push(this.#pod)
    if (t < this.gpu.first) this.gpu.first = t
    this.#slot = slot
    return slot
  }

  protected refuse(slot: GpuSlot): void {
    slot.bad++
    slot.dirty = true
    this.admission.tally.bad++
  }
}

export class GpuGaugeCell extends GpuCell {
  readonly #measure: GpuGauge
  readonly #grid: number
  readonly #scale: number
  readonly #min: number
  readonly #max: number
  /** Null where a sample that comes again changes nothing: many series only prove sight. */
  readonly #times: Times | null

  constructor(gpu: Gpu, admission: Admission, pod: string | null, measure: GpuGauge, scale: number) {
    super(gpu, admission, pod)
    this.#measure = measure
    this.#grid = GRID.indexOf(measure as GridGauge)
    this.#scale = scale
    ;[this.#min, this.#max] = gaugeRange(measure)
    this.#times = measure === 'other' ? null : gpu.timesOf(measure)
  }

  add(raw: number, t: number, explicit: boolean): void {
    if (!this.admission.admit(t)) return
    if (explicit && this.#times !== null) {
      const taken = this.#times.take(t)
      if (taken !== 'new') {
        this.admission.retract(taken)
        return
      }
    }
    const slot = this.slotAt(t)
    if (this.#grid >= 0) slot.exposed |= 1 << this.#grid
    // Ratios are written with few decimals: 0.29 is 29 %, not 28.999999999999996.
    const value = this.#scale === 1 ? raw : Math.round(raw * this.#scale * 1e6) / 1e6
    if (!(value >= this.#min && value <= this.#max) || isBlank(raw)) {
      this.refuse(slot)
      return
    }
    const minute = slot.see(t)
    if (this.#grid >= 0) slot.addGrid(this.#grid, minute, value)
    else slot.add(this.#measure, minute, value)
  }
}

export class GpuXidCell extends GpuCell {
  add(code: number, t: number): void {
    if (!this.admission.admit(t)) return
    const slot = this.slotAt(t)
    const [min, max] = gaugeRange('xid')
    if (!Number.isInteger(code) || code < min || code > max) {
      this.refuse(slot)
      return
    }
    slot.see(t)
    this.gpu.xid.add(t, code)
  }
}

export class GpuCounterCell extends GpuCell {
  readonly #state: GpuCounterState

  constructor(gpu: Gpu, admission: Admission, pod: string | null, state: GpuCounterState) {
    super(gpu, admission, pod)
    this.#state = state
  }

  add(value: number, t: number): void {
    if (!this.admission.admit(t)) return
    const slot = this.slotAt(t)
    if (value < 0 || isBlank(value)) {
      this.refuse(slot)
      return
    }
    slot.see(t)
    if (this.#state.measure === 'xid_event') this.#event(value, t)
    const taken = this.#state.counter.add(t, value, slot)
    if (taken !== 'new') this.admission.retract(taken)
  }

  /** A count of errors by code: a rise is that code; so is a series that appears on a GPU that was seen before without it. */
  #event(value: number, t: number): void {
    const { counter, detail } = this.#state
    const last = counter.runs[counter.runs.length - 1]
    const before = last ? { t: last.t1, v: last.v1 } : counter.base
    const rose = before === null ? value > 0 && this.gpu.first < t : t > before.t && (value > before.v || (value < before.v && value > 0))
    if (rose) this.gpu.xid.add(t, Number(detail))
  }
}
