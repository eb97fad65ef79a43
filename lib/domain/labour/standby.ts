import { type Day, type Interval, dayOf } from '#lib/domain/time.ts'
import { type IntervalSet, intersect, lengthMs, onDay, subtract, union } from './interval.ts'

export type ShiftSpan = { rotation: string; startsAt: number; endsAt: number | null }

/** Up to `now`: standby that lies ahead has not been done. Empty ones are dropped. */
const spanOf = (shift: ShiftSpan, now: number): Interval => ({ start: shift.startsAt, end: Math.min(shift.endsAt ?? now, now) })

/** A rotation's shifts of one person: those that overlap become one; those that only touch stay two, each with its pay per shift. */
export function mergeShifts(shifts: readonly ShiftSpan[], now: number): Interval[] {
  const sorted = shifts
    .map((shift) => spanOf(shift, now))
    .filter((span) => span.end > span.start)
    .sort((a, b) => a.start - b.start)
  const merged: Interval[] = []
  for (const { start, end } of sorted) {
    const last = merged.at(-1)
    if (last && start < last.end) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  return merged
}

/** When the person stood by and was not engaged (RULES.md 29). */
export const standby = (shifts: readonly ShiftSpan[], engaged: IntervalSet, now: number): IntervalSet =>
  subtract(union(shifts.map((shift) => spanOf(shift, now))), engaged)

export type PaidDay = { ordinaryMs: number; holidayMs: number; shiftsStarted: number }

/** What a rotation owes one person for one UTC day: hours, those on local holidays apart, engaged ones included; shifts that start. */
export function paidDay(merged: readonly Interval[], holidays: IntervalSet, day: Day): PaidDay {
  const hours = onDay(union(merged), day)
  const holidayMs = lengthMs(intersect(hours, holidays))
  return {
    ordinaryMs: lengthMs(hours) - holidayMs,
    holidayMs,
    shiftsStarted: merged.filter((span) => dayOf(span.start) === day).length,
  }
}
