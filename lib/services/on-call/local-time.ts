// When a page reached somebody, on that person's own clock.
import { isWeekday, knownZone, timeOfDay, wallClock } from '#lib/domain/labour/calendar.ts'
import { DAY_MS, dayOf, HOUR_MS } from '#lib/domain/time.ts'
import type { Page, RosterEntry } from './facts.ts'
import type { LocalTime } from './types.ts'

/** [22, 8) of the local day is the night. */
const NIGHT = { from: 22, to: 8 }

export type LocalMoment = { time: LocalTime; weekday: number; hour: number } | { time: 'unknown' }

/** The zone of somebody; null: not in the roster, or nobody knows that zone. */
export const zoneOf = (entry: RosterEntry | undefined): string | null =>
  entry && knownZone(entry.timezone) === entry.timezone ? entry.timezone : null

/** Local weekday (0: Monday), hour and kind of time. The night wins over working hours that reach into it. */
export function localMoment(entry: RosterEntry | undefined, at: number): LocalMoment {
  const zone = zoneOf(entry)
  if (zone === null || !entry) return { time: 'unknown' }
  const wall = wallClock(zone, at)
  const day = dayOf(wall)
  const ofDay = ((wall % DAY_MS) + DAY_MS) % DAY_MS
  const hour = Math.floor(ofDay / HOUR_MS)
  const weekday = (new Date(wall).getUTCDay() + 6) % 7
  if (hour >= NIGHT.from || hour < NIGHT.to) return { time: 'sleep', weekday, hour }
  const [start, end] = [timeOfDay(entry.workdayStart), timeOfDay(entry.workdayEnd)]
  const works = start !== undefined && end !== undefined && ofDay >= start && ofDay < end
  return { time: works && isWeekday(day) && !entry.holidays.includes(day) ? 'working' : 'off', weekday, hour }
}

export type TimedPage = Page & { moment: LocalMoment }

export const inSleep = (pages: readonly TimedPage[]): number => pages.filter(({ moment }) => moment.time === 'sleep').length

export function countTimes(pages: readonly TimedPage[]): Record<LocalTime, number> {
  const counts = { sleep: 0, off: 0, working: 0, unknown: 0 }
  for (const { moment } of pages) counts[moment.time]++
  return counts
}

/** Seven weekdays of twenty-four hours. Pages at an unknown local hour are in no cell. */
export function gridOf(pages: readonly TimedPage[]): number[][] {
  const grid = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0))
  for (const { moment } of pages) if ('hour' in moment) grid[moment.weekday]![moment.hour]!++
  return grid
}
