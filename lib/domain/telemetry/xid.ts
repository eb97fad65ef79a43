// Failure by XID code (RULES.md 10). XID_ERRORS is the last code, not a count.

export const FAILING_XIDS: ReadonlySet<number> = new Set([48, 62, 64, 74, 79, 95, 119, 120])

/** Samples of one code without another between them: first and last time. */
export type XidRun = { t0: number; t1: number; code: number }

export class XidTrack {
  runs: XidRun[] = []

  add(t: number, code: number): void {
    const { runs } = this
    const last = runs[runs.length - 1]
    if (last === undefined || t > last.t1) {
      if (last?.code === code) last.t1 = t
      else runs.push({ t0: t, t1: t, code })
      return
    }
    const at = runs.findIndex((run) => t <= run.t1)
    const next = runs[at]!
    const previous = runs[at - 1]
    if (t >= next.t0) {
      if (next.code === code) return
      // Between two samples of one code: what stood before and after it are two runs now.
      const parts = [
        { t0: next.t0, t1: Math.max(next.t0, t - 1), code: next.code },
        { t0: t, t1: t, code },
      ]
      if (t < next.t1) parts.push({ t0: next.t1, t1: next.t1, code: next.code })
      runs.splice(at, 1, ...parts.filter((part) => part.code === code || part.t0 !== t))
    } else if (next.code === code) next.t0 = t
    else if (previous?.code === code) previous.t1 = t
    else runs.splice(at, 0, { t0: t, t1: t, code })
  }

  /** The code that stood just before `t`: undefined when none was ever read. */
  before(t: number): number | undefined {
    let code: number | undefined
    for (const run of this.runs) {
      if (run.t0 >= t) break
      code = run.code
    }
    return code
  }

  /** Runs that matter from `horizon` on: those that reach it, and the one that stood before. */
  retained(horizon: number): XidRun[] {
    let keep = 0
    while (keep + 1 < this.runs.length && this.runs[keep + 1]!.t0 < horizon) keep++
    return this.runs.slice(keep)
  }
}

export type XidHour = { start: bigint; standing: bigint; code: number | null; count: number }

/**
 * One hour (its start in ms) by samples alone: the minutes in which the code became a failing one, the minutes at whose end it still
 * stands (unseen minutes included), the last code other than 0 and how often it changed to one. Work that ends a failure is not known here.
 */
export function xidHour(track: XidTrack, hourMs: number, from = hourMs, to = hourMs + 3_600_000): XidHour {
  const hour: XidHour = { start: 0n, standing: 0n, code: null, count: 0 }
  let code = track.before(from)
  let minute = Math.floor((from - hourMs) / 60_000)
  const end = Math.ceil((to - hourMs) / 60_000)
  const stand = (until: number) => {
    for (; minute < until; minute++) if (code !== undefined && FAILING_XIDS.has(code)) hour.standing |= 1n << BigInt(minute)
  }
  if (code !== undefined && FAILING_XIDS.has(code)) hour.code = code
  for (const run of track.runs) {
    if (run.t0 < from) continue
    if (run.t0 >= to) break
    const m = Math.floor((run.t0 - hourMs) / 60_000)
    stand(m)
    if (run.code !== code && run.code !== 0) {
      hour.count++
      hour.code = run.code
      if (FAILING_XIDS.has(run.code)) hour.start |= 1n << BigInt(m)
    }
    code = run.code
  }
  stand(end)
  return hour
}
