// Which samples a target's accumulators still take, and how many they could not.

export type Tally = {
  /** Samples of recognised series that were taken. */
  samples: number
  /** Older than what is retained, or contradicting what is. */
  late: number
  /** Delivered again: same series, same instant. */
  repeated: number
  /** Further ahead of the clock than clocks go wrong. */
  future: number
  /** Not a value: N/A, NaN, out of range. */
  bad: number
}
export const emptyTally = (): Tally => ({ samples: 0, late: 0, repeated: 0, future: 0, bad: 0 })

export class Admission {
  /** Samples before this instant (ms) are late. */
  horizon = -Infinity
  /** Samples after it are from the future. */
  limit = Infinity
  newest = -Infinity
  tally = emptyTally()

  admit(t: number): boolean {
    if (t < this.horizon) {
      this.tally.late++
      return false
    }
    if (t > this.limit) {
      this.tally.future++
      return false
    }
    if (t > this.newest) this.newest = t
    this.tally.samples++
    return true
  }

  /** An admitted sample turned out to be none: delivered before, or where nothing can be told any more. */
  retract(taken: 'seen' | 'unknown'): void {
    this.tally.samples--
    if (taken === 'seen') this.tally.repeated++
    else this.tally.late++
  }
}
