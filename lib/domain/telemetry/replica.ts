// One scrape instance of an engine serving one model: its hours and counters.
import type { Admission } from './admission.ts'
import { Counter } from './counter.ts'
import type { Cell } from './gpu.ts'
import type { Labels, NodeSpan, ReplicaIdentity, ServeCounter, ServeGauge } from './reading.ts'
import { type RankGauge, ServeSlot } from './serve-slot.ts'
import { Timeline } from './timeline.ts'
import { Times } from './times.ts'

export type ServeCounterState = { measure: ServeCounter; alt: number; rank: string; detail: string; counter: Counter<ServeSlot> }

export class Replica {
  readonly instance: string
  readonly engine: string
  readonly model: string
  readonly namespace: string
  readonly pod: string
  /** By what its node was looked up, beside the instance. */
  readonly names: { hostname: string | null; kubernetesNode: string | null }
  labels: Labels
  readonly timeline: Timeline<ServeSlot>
  readonly counters = new Map<string, ServeCounterState>()
  readonly times = new Map<string, Times>()

  constructor(identity: ReplicaIdentity, instance: string, resolve: (t: number) => NodeSpan) {
    this.instance = instance
    this.engine = identity.engine
    this.model = identity.model
    this.namespace = identity.namespace ?? ''
    this.pod = identity.pod ?? ''
    this.names = { hostname: identity.hostname, kubernetesNode: identity.kubernetesNode }
    this.labels = identity.labels
    this.timeline = new Timeline((hourMs, node, from, to) => new ServeSlot(hourMs, node, from, to), resolve)
  }

  counter(measure: ServeCounter, alt: number, rank: string, detail: string): ServeCounterState {
    const key = `${measure}|${alt}|${rank}|${detail}`
    let state = this.counters.get(key)
    if (!state) this.counters.set(key, (state = { measure, alt, rank, detail, counter: new Counter() }))
    return state
  }

  timesOf(key: string): Times {
    let times = this.times.get(key)
    if (!times) this.times.set(key, (times = new Times()))
    return times
  }
}

export class ServeGaugeCell implements Cell {
  readonly #replica: Replica
  readonly #admission: Admission
  readonly #measure: ServeGauge
  readonly #alt: number
  readonly #rank: string
  readonly #times: Times | null
  #slot: ServeSlot | null = null
  #gauge: RankGauge | null = null

  constructor(replica: Replica, admission: Admission, measure: ServeGauge, alt: number, rank: string) {
    this.#replica = replica
    this.#admission = admission
    this.#measure = measure
    this.#alt = alt
    this.#rank = rank
    this.#times = measure === 'other' ? null : replica.timesOf(`${measure}|${alt}|${rank}`)
  }

  add(value: number, t: number, explicit: boolean): void {
    if (!this.#admission.admit(t)) return
    if (explicit && this.#times !== null) {
      const taken = this.#times.take(t)
      if (taken !== 'new') {
        this.#admission.retract(taken)
        return
      }
    }
    if (!Number.isFinite(value) || (value < 0 && this.#measure !== 'other')) {
      this.#admission.tally.bad++
      return
    }
    let slot = this.#slot
    if (slot === null || t < slot.from || t >= slot.to) slot = this.#move(t)
    const minute = slot.see(t)
    const gauge = this.#gauge
    if (gauge === null) return
    gauge.n++
    gauge.sum += value
    if (value > gauge.minuteMax[minute]!) gauge.minuteMax[minute] = value
    if (value > 0 && this.#measure === 'running') slot.run(minute)
  }

  #move(t: number): ServeSlot {
    const slot = this.#replica.timeline.at(t)
    this.#gauge = this.#measure === 'other' ? null : slot.gauge(this.#measure, this.#alt, this.#rank)
    this.#slot = slot
    return slot
  }
}

export class ServeCounterCell implements Cell {
  readonly #replica: Replica
  readonly #admission: Admission
  readonly #counter: Counter<ServeSlot>
  #slot: ServeSlot | null = null

  constructor(replica: Replica, admission: Admission, state: ServeCounterState) {
    this.#replica = replica
    this.#admission = admission
    this.#counter = state.counter
  }

  add(value: number, t: number): void {
    if (!this.#admission.admit(t)) return
    if (!Number.isFinite(value) || value < 0) {
      this.#admission.tally.bad++
      return
    }
    let slot = this.#slot
    if (slot === null || t < slot.from || t >= slot.to) slot = this.#slot = this.#replica.timeline.at(t)
    slot.see(t)
    const taken = this.#counter.add(t, value, slot)
    if (taken !== 'new') this.#admission.retract(taken)
  }
}
