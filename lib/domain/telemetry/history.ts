// Which stretches of a kept history are read, given what was read before.
import { HOUR_MS } from '../time.ts'
import { RETAIN_MS } from './target.ts'
import { hourOf } from './timeline.ts'

/** What was read before reaches up to and including `positionMs`; samples up to `endMs` are complete. */
export type HistoryState = { positionMs: number | null; endMs: number; historyMs: number }
/** Half-open, as people write it; ms. */
export type HistoryWindow = { fromMs?: number; toMs?: number }

/**
 * Samples after `afterMs`, up to `toMs`. `replay`: what was read before is read again, beside the living state. `adopt`: the replay reaches
 * up to the position, so that its state becomes the living one.
 */
export type HistoryRun = { afterMs: number; toMs: number; replay: boolean; adopt: boolean }

/**
 * Without a start the reading goes on where it stopped. A replay reads whole hours, because rows are replaced by the hour, and one hour
 * more: the first increase after the window belongs to what lies before it. Counters that a living state knows must not run
 * behind it, so a replay that comes near its open hours goes on to the position.
 */
export function historyRuns({ positionMs, endMs, historyMs }: HistoryState, { fromMs, toMs }: HistoryWindow): HistoryRun[] {
  const until = Math.min(toMs === undefined ? endMs : toMs - 1, endMs)
  const after = fromMs === undefined ? (positionMs ?? hourOf(endMs - historyMs) - 1) : hourOf(fromMs) - 1
  const runs: HistoryRun[] = []
  let start = after
  if (positionMs !== null && after < positionMs) {
    const end = hourOf(Math.min(until, positionMs)) + 2 * HOUR_MS - 1
    const adopt = end >= positionMs - RETAIN_MS
    runs.push({ afterMs: after, toMs: adopt ? positionMs : end, replay: true, adopt })
    start = positionMs
  }
  if (until > start) runs.push({ afterMs: start, toMs: until, replay: false, adopt: false })
  return runs.filter((run) => run.toMs > run.afterMs)
}
