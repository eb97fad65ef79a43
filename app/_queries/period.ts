// The period and basis that a page's address names. Pure: shared by pages, routes and links.
import { Failure } from '#lib/errors.ts'
import { addDays, type Day, dayOf, isDay, monthOf } from '#lib/domain/time.ts'

export type Basis = 'effective' | 'billed'
export type Period = { from: Day; to: Day; basis: Basis }
export type Preset = { key: string; name: string; from: Day; to: Day }

const monthsBefore = (day: Day, count: number): Day => {
  const date = new Date(`${monthOf(day)}T00:00:00Z`)
  date.setUTCMonth(date.getUTCMonth() - count)
  return dayOf(date.getTime())
}

/** Periods end with the last whole UTC day. */
export function presets(today: Day): Preset[] {
  return [
    { key: '30d', name: '30 days', from: addDays(today, -30), to: today },
    { key: '90d', name: '90 days', from: addDays(today, -90), to: today },
    { key: '6m', name: '6 months', from: monthsBefore(today, 6), to: today },
  ]
}

/** This month and the eleven before it, newest first. */
export function months(today: Day): { from: Day; to: Day }[] {
  return Array.from({ length: 12 }, (_, index) => ({ from: monthsBefore(today, index), to: monthsBefore(today, index - 1) }))
}

type Params = Record<string, string | string[] | undefined>
const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

/** Reads `from`, `to` (exclusive) and `basis`; the last 90 days and effective cost when absent. Throws `usage` for anything unreadable. */
export function parsePeriod(params: Params, today: Day): Period {
  const from = one(params.from) ?? addDays(today, -90)
  const to = one(params.to) ?? today
  const basis = one(params.basis) ?? 'effective'
  if (!isDay(from) || !isDay(to) || from >= to || from < '2000-01-01' || to > '2100-01-01')
    throw new Failure('usage', 'bad_period', `from=${from} to=${to} is no period`, {
      remedy: 'give two UTC days of this century as YYYY-MM-DD, from before to',
    })
  if (basis !== 'effective' && basis !== 'billed')
    throw new Failure('usage', 'bad_basis', `basis=${basis} is unknown`, { remedy: 'use effective or billed' })
  return { from, to, basis }
}

/** The search part of an address that shows this period. */
export const periodSearch = ({ from, to, basis }: Period): string => `?from=${from}&to=${to}${basis === 'billed' ? '&basis=billed' : ''}`
