// Instants are UTC; intervals are half-open [start, end). Days are UTC days written YYYY-MM-DD.

/** A UTC day, `YYYY-MM-DD`. */
export type Day = string
/** Half-open, in milliseconds since the epoch. */
export type Interval = { start: number; end: number }

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** True for a day of the calendar: 2026-02-30 is none. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false
  const ms = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(ms) && dayOf(ms) === text
}

export const dayStart = (day: Day): number => Date.parse(`${day}T00:00:00Z`)
export const dayOf = (ms: number): Day => new Date(ms).toISOString().slice(0, 10)
export const addDays = (day: Day, count: number): Day => dayOf(dayStart(day) + count * DAY_MS)
export const monthOf = (day: Day): Day => `${day.slice(0, 7)}-01`

/** The days [from, to). */
export function daysBetween(from: Day, to: Day): Day[] {
  const days: Day[] = []
  for (let ms = dayStart(from), end = dayStart(to); ms < end; ms += DAY_MS) days.push(dayOf(ms))
  return days
}

/** The UTC days that [start, end) touches; an empty interval touches the day of its start. */
export function daysOf({ start, end }: Interval): Day[] {
  const days: Day[] = [dayOf(start)]
  for (let ms = dayStart(days[0]!) + DAY_MS; ms < end; ms += DAY_MS) days.push(dayOf(ms))
  return days
}

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/

/**
 * An ISO 8601 instant (`T` or a space, seconds and fraction optional) in milliseconds; without an offset it is UTC.
 * Undefined when it is not one, or names a date that does not exist.
 */
export function parseInstant(text: string): number | undefined {
  const match = INSTANT.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  if (!isDay(`${year}-${month}-${day}`) || +hour > 24 || +minute > 59 || +second > 60) return undefined
  const offset = zone === 'Z' || zone === 'UTC' ? 0 : (zone[0] === '-' ? -1 : 1) * (+zone.slice(1, 3) * 60 + +zone.slice(-2)) * MINUTE_MS
  const ms = Date.UTC(+year!, +month! - 1, +day!, +hour, +minute, +second) + Math.round(Number(fraction || 0) * 1000)
  return ms - offset
}
