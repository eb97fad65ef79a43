import { type Day, monthOf } from '#lib/domain/time.ts'

const months = new Map<Day, { start: number; end: number }>()

/** The calendar month of a day, the billing period of a bill that names none. */
export function monthSpan(day: Day): { start: number; end: number } {
  const first = monthOf(day)
  let span = months.get(first)
  if (!span) {
    const [year, month] = [Number(first.slice(0, 4)), Number(first.slice(5, 7))]
    span = { start: Date.UTC(year, month - 1, 1), end: Date.UTC(year, month, 1) }
    months.set(first, span)
  }
  return span
}
