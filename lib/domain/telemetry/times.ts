// Which instants of a gauge were already taken, so that a sample that is delivered again is not counted again.
// Timestamps of one series mostly have an even step: they are kept as arithmetic progressions.

/** Beyond this many progressions the older half is closed: what falls into it later can no longer be told from what was there. */
const MOST = 128

export type Taken = 'new' | 'seen' | 'unknown'

export class Times {
  /** [start, step, count] triples, by start. A step of 0 with a count of 0 marks a closed stretch up to `start`. */
  parts: number[] = []
  closedUntil = -Infinity

  /** Takes the instant `t` (ms). 'seen': it was taken before. 'unknown': it lies in a stretch whose instants are no longer kept. */
  take(t: number): Taken {
    const { parts } = this
    const n = parts.length
    if (n > 0) {
      const start = parts[n - 3]!
      const step = parts[n - 2]!
      const count = parts[n - 1]!
      const end = start + step * (count - 1)
      if (t > end) {
        if (count === 1) parts[n - 2] = t - start
        else if (t !== end + step) return this.#append(t)
        parts[n - 1] = count + 1
        return 'new'
      }
      return this.#among(t)
    }
    if (t <= this.closedUntil) return 'unknown'
    parts.push(t, 0, 1)
    return 'new'
  }

  #append(t: number): Taken {
    this.parts.push(t, 0, 1)
    if (this.parts.length > MOST * 3) this.#close(MOST / 2)
    return 'new'
  }

  #among(t: number): Taken {
    if (t <= this.closedUntil) return 'unknown'
    const { parts } = this
    let at = parts.length
    for (let i = 0; i < parts.length; i += 3) {
      const start = parts[i]!
      if (start > t) {
        at = i
        break
      }
      const step = parts[i + 1]!
      const steps = step === 0 ? 0 : (t - start) / step
      if (t === start || (Number.isInteger(steps) && steps < parts[i + 2]!)) return 'seen'
      if (step > 0 && steps === parts[i + 2]!) {
        const next = parts[i + 3]
        if (next === undefined || next > t) {
          parts[i + 2] = parts[i + 2]! + 1
          return 'new'
        }
      } else if (step === 0 && (parts[i + 3] ?? Infinity) > t) {
        parts[i + 1] = t - start
        parts[i + 2] = 2
        return 'new'
      }
    }
    parts.splice(at, 0, t, 0, 1)
    if (parts.length > MOST * 3) this.#close(MOST / 2)
    return 'new'
  }

  #close(count: number): void {
    for (let i = 0; i < count; i++)
      this.closedUntil = Math.max(this.closedUntil, this.parts[i * 3]! + this.parts[i * 3 + 1]! * (this.parts[i * 3 + 2]! - 1))
    this.parts = this.parts.slice(count * 3)
  }

  /** The progressions that reach `horizon` or beyond. */
  retained(horizon: number): number[] {
    const kept: number[] = []
    for (let i = 0; i < this.parts.length; i += 3) {
      const [start, step, count] = [this.parts[i]!, this.parts[i + 1]!, this.parts[i + 2]!]
      if (start + step * (count - 1) >= horizon) kept.push(start, step, count)
    }
    return kept
  }
}
