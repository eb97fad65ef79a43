// Which instants of a gauge were already taken, so that a sample that is delivered again is not counted again.
// Timestamps of one series mostly have an even step: they are kept as arithmetic progressions.

/** Beyond this many progressions the older half is closed: what falls into it later can no longer be told from what was there. */
const MOST = 128

export type Taken = 'new' | 'seen' | 'unknown'

export class Times {
  /** [start, step, count] triples, in order and without overlap. */
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
    return this.#bounded()
  }

  /** At or before the last instant. */
  #among(t: number): Taken {
    if (t <= this.closedUntil) return 'unknown'
    const { parts } = this
    for (let i = 0; i < parts.length; i += 3) {
      const start = parts[i]!
      const step = parts[i + 1]!
      const count = parts[i + 2]!
      if (t < start) return this.#between(i, t)
      if (t > start + step * (count - 1)) continue
      const steps = step === 0 ? 0 : (t - start) / step
      if (Number.isInteger(steps)) return 'seen'
      const left = Math.floor(steps) + 1
      parts.splice(i, 3, start, step, left, t, 0, 1, start + step * left, step, count - left)
      break
    }
    return this.#bounded()
  }

  /** In the gap before the progression at `i`. */
  #between(i: number, t: number): Taken {
    const { parts } = this
    const count = i === 0 ? 0 : parts[i - 1]!
    if (count === 1) parts[i - 2] = t - parts[i - 3]!
    if (count === 1 || (count > 1 && t === parts[i - 3]! + parts[i - 2]! * count)) parts[i - 1] = count + 1
    else parts.splice(i, 0, t, 0, 1)
    return this.#bounded()
  }

  #bounded(): Taken {
    if (this.parts.length > MOST * 3) this.#close(MOST / 2)
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
