// Algebra of half-open intervals in milliseconds. A set is sorted, disjoint and has no empty member.
import { DAY_MS, type Day, type Interval, dayStart } from '#lib/domain/time.ts'

export type IntervalSet = readonly Interval[]

/** The union: overlapping and touching intervals become one, empty ones vanish. */
export function union(intervals: Iterable<Interval>): IntervalSet {
  const sorted = [...intervals].filter((one) => one.end > one.start).sort((a, b) => a.start - b.start)
  const merged: Interval[] = []
  for (const { start, end } of sorted) {
    const last = merged.at(-1)
    if (last && start <= last.end) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  return merged
}

/** What both sets hold. */
export function intersect(a: IntervalSet, b: IntervalSet): IntervalSet {
  const common: Interval[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const start = Math.max(a[i]!.start, b[j]!.start)
    const end = Math.min(a[i]!.end, b[j]!.end)
    if (end > start) common.push({ start, end })
    if (a[i]!.end < b[j]!.end) i++
    else j++
  }
  return common
}

/** What `a` holds and `b` does not. */
export function subtract(a: IntervalSet, b: IntervalSet): IntervalSet {
  const rest: Interval[] = []
  for (const { start, end } of a) {
    let from = start
    for (const hole of b) {
      if (hole.end <= from || hole.start >= end) continue
      if (hole.start > from) rest.push({ start: from, end: hole.start })
      from = hole.end
    }
    if (from < end) rest.push({ start: from, end })
  }
  return rest
}

/** Total length in milliseconds. */
export const lengthMs = (set: IntervalSet): number => set.reduce((sum, { start, end }) => sum + end - start, 0)

/** The earliest `limitMs` milliseconds of the set. */
export function takeFirst(set: IntervalSet, limitMs: number): IntervalSet {
  const taken: Interval[] = []
  let left = limitMs
  for (const { start, end } of set) {
    if (left <= 0) break
    taken.push({ start, end: Math.min(end, start + left) })
    left -= end - start
  }
  return taken
}

export const dayInterval = (day: Day): Interval => ({ start: dayStart(day), end: dayStart(day) + DAY_MS })

/** The part of the set that lies in that UTC day. */
export const onDay = (set: IntervalSet, day: Day): IntervalSet => intersect(set, [dayInterval(day)])
