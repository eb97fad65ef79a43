// People's local days and working hours. Days are calendar days of a person's zone; instants are UTC milliseconds.
import { DAY_MS, type Day, type Interval, addDays, dayStart } from '#lib/domain/time.ts'

export type Workday = { timezone: string; workdayStart: string; workdayEnd: string }

/** Who is not in the roster: UTC, nine to five. */
export const UNKNOWN_WORKDAY: Workday = { timezone: 'UTC', workdayStart: '09:00', workdayEnd: '17:00' }

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timezone, format)
  }
  return format
}

/** The wall clock at an instant, as if it were UTC. Throws RangeError when the zone is unknown. */
export function wallClock(timezone: string, ms: number): number {
  if (timezone === 'UTC') return ms
  const part: Record<string, number> = {}
  for (const { type, value } of formatOf(timezone).formatToParts(ms)) part[type] = Number(value)
  return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!) + (((ms % 1000) + 1000) % 1000)
}

/**
 * The instant at which the zone's clocks show `wall` (a wall clock as if it were UTC). Shown twice: the first time. Never shown,
 * because clocks are put forward: as much later as they are put forward.
 */
export function instantOf(timezone: string, wall: number): number {
  const before = wallClock(timezone, wall - DAY_MS) - (wall - DAY_MS)
  const after = wallClock(timezone, wall + DAY_MS) - (wall + DAY_MS)
  const shown = [wall - before, wall - after].filter((ms) => wallClock(timezone, ms) === wall)
  return shown.length > 0 ? Math.min(...shown) : wall - before
}

/** [local midnight, next local midnight): 23 or 25 hours long where clocks change. */
export const localDay = (timezone: string, day: Day): Interval => ({
  start: instantOf(timezone, dayStart(day)),
  end: instantOf(timezone, dayStart(addDays(day, 1))),
})

const CLOCK = /^(\d{1,2}):(\d{2})$/

/** Milliseconds after midnight of `HH:MM`; undefined when it is no time of day. 24:00 is the end of the day. */
export function timeOfDay(text: string): number | undefined {
  const match = CLOCK.exec(text)
  if (!match) return undefined
  const minutes = Number(match[1]) * 60 + Number(match[2])
  return Number(match[2]) < 60 && minutes <= 1440 ? minutes * 60_000 : undefined
}

/** Monday to Friday. */
export const isWeekday = (day: Day): boolean => ![0, 6].includes(new Date(dayStart(day)).getUTCDay())

/** Working hours of that local day; undefined at weekends, or when the hours are empty or unreadable. Holidays are not looked at. */
export function workingHours({ timezone, workdayStart, workdayEnd }: Workday, day: Day): Interval | undefined {
  const from = timeOfDay(workdayStart)
  const to = timeOfDay(workdayEnd)
  if (!isWeekday(day) || from === undefined || to === undefined || from >= to) return undefined
  return { start: instantOf(timezone, dayStart(day) + from), end: instantOf(timezone, dayStart(day) + to) }
}

/** The zone itself, or UTC when nobody knows it. */
export function knownZone(timezone: string): string {
  try {
    formatOf(timezone)
    return timezone
  } catch {
    return 'UTC'
  }
}
