import { type IntervalSet, intersect, lengthMs, subtract, takeFirst, union } from './interval.ts'
import type { Interval } from '#lib/domain/time.ts'

/** One person's local day: engaged and logged (intervals, and hours that have only a date), both within the day. */
export type DayOfWork = {
  engaged: IntervalSet
  logged: IntervalSet
  /** Milliseconds logged on the date alone. */
  loggedOnDateMs: number
  /** Undefined: not a working day. */
  working: Interval | undefined
}

/**
 * Incident labour that nobody logged: engaged, less what overlaps a logged interval, less as much of the rest in working hours, earliest
 * first, as was logged without overlap on that day. Outside working hours only overlap covers. RULES.md 27.
 */
export function unlogged({ engaged, logged, loggedOnDateMs, working }: DayOfWork): IntervalSet {
  const open = subtract(engaged, logged)
  const rest = lengthMs(subtract(logged, engaged)) + loggedOnDateMs
  const coverable = working ? intersect(open, [working]) : []
  return subtract(open, takeFirst(coverable, rest))
}

/** A logged interval, its rank among those that start together, and where it is posted. */
export type LoggedInterval = { id: string; interval: Interval; layer: string }

/** Overlaps of one person's entries count once, for the earlier start, then the lower id (RULES.md 26). In the order of precedence. */
export function withoutOverlap<Entry extends LoggedInterval>(entries: readonly Entry[]): { entry: Entry; spans: IntervalSet }[] {
  const ordered = [...entries].sort((a, b) => a.interval.start - b.interval.start || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  let taken: IntervalSet = []
  return ordered.map((entry) => {
    const spans = subtract(union([entry.interval]), taken)
    taken = union([...taken, entry.interval])
    return { entry, spans }
  })
}
