// One monotonic counter, kept as monotone runs so that its increase can be told for every hour, whatever order its samples came in.
//
// How others' increase(x[1h]) at the hour's end differs, which test/store/prometheus.test.ts holds to 1e-9: Prometheus 2.42 begins with
// the window's first sample and stretches the rest to the whole window; VictoriaMetrics 1.79 begins with the sample before the window,
// unless a gap lies between, and takes a small first value ever for an increase. Here every step counts once, in its later sample's hour.

import type { Taken } from './times.ts'

/** A stretch of samples of one slot that never fell: first and last time and value. */
export type Run<Slot> = { slot: Slot; t0: number; v0: number; t1: number; v1: number }
export type LastSample = { t: number; v: number }

export class Counter<Slot> {
  /** The last sample before the retained runs; null when there never was one: the first sample is a baseline (RULES.md 6). */
  base: LastSample | null = null
  runs: Run<Slot>[] = []

  /** 'seen': nothing new, delivered before. 'unknown': it contradicts what lies around it and cannot be placed any more: it is late. */
  add(t: number, v: number, slot: Slot): Taken {
    const last = this.runs[this.runs.length - 1]
    if (last !== undefined) {
      if (t > last.t1) {
        if (last.slot === slot && v >= last.v1) {
          last.t1 = t
          last.v1 = v
        } else this.runs.push({ slot, t0: t, v0: v, t1: t, v1: v })
        return 'new'
      }
      return t === last.t1 ? 'seen' : this.#insert(t, v, slot)
    }
    if (this.base !== null && t <= this.base.t) return t === this.base.t ? 'seen' : 'unknown'
    this.runs.push({ slot, t0: t, v0: v, t1: t, v1: v })
    return 'new'
  }

  #insert(t: number, v: number, slot: Slot): Taken {
    if (this.base !== null && t <= this.base.t) return t === this.base.t ? 'seen' : 'unknown'
    const at = this.runs.findIndex((run) => t <= run.t1)
    const next = this.runs[at]!
    if (t === next.t0 || t === next.t1) return 'seen'
    // Inside a run that never fell a value between its ends changes nothing; another one would tell of a reset that cannot be rebuilt.
    if (t > next.t0) return v >= next.v0 && v <= next.v1 ? 'seen' : 'unknown'
    const previous = this.runs[at - 1]
    if (previous?.slot === slot && v >= previous.v1) {
      previous.t1 = t
      previous.v1 = v
    } else if (next.slot === slot && v <= next.v0) {
      next.t0 = t
      next.v0 = v
    } else this.runs.splice(at, 0, { slot, t0: t, v0: v, t1: t, v1: v })
    return 'new'
  }

  /**
   * Tells `each` the increase of every run: from the sample before it, and within it. A lower value is a reset and counts whole.
   * `steps` is false for a lone baseline, which measures nothing.
   */
  increases(each: (slot: Slot, increase: number, steps: boolean) => void): void {
    let before = this.base === null ? undefined : this.base.v
    for (const { slot, v0, v1, t0, t1 } of this.runs) {
      const entry = before === undefined ? 0 : v0 >= before ? v0 - before : v0
      each(slot, entry + (v1 - v0), before !== undefined || t1 > t0)
      before = v1
    }
  }

  /** What remains when the runs of slots that `closed` names are folded into the base. */
  retained(closed: (slot: Slot) => boolean): { base: LastSample | null; runs: Run<Slot>[] } {
    let keep = 0
    while (keep < this.runs.length && closed(this.runs[keep]!.slot)) keep++
    const last = this.runs[keep - 1]
    return keep === 0 ? this : { base: { t: last!.t1, v: last!.v1 }, runs: this.runs.slice(keep) }
  }
}
