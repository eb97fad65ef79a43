import { type Day, dayStart, HOUR_MS } from '#lib/domain/time.ts'

export const HORIZON_MONTHS = 36

/** First day of the month `count` months after `YYYY-MM` (or a day in it). */
export function monthAfter(month: string, count: number): Day {
  const index = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + count
  return `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}-01`
}

/** Months from `start` to `month`; negative when earlier. */
export const monthsFrom = (start: string, month: string): number =>
  (Number(month.slice(0, 4)) - Number(start.slice(0, 4))) * 12 + Number(month.slice(5, 7)) - Number(start.slice(5, 7))

/** Hours of that calendar month. */
export const hoursOf = (month: Day): number => (dayStart(monthAfter(month, 1)) - dayStart(month)) / HOUR_MS

/** How much of [start, start + length) lies in month `index`: 1 for a whole one, a fraction for a last part. Lengths are in months. */
export const overlap = (index: number, start: number, length: number): number =>
  Math.max(0, Math.min(index + 1, start + length) - Math.max(index, start))
