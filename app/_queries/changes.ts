import { queryOptions } from '@tanstack/react-query'
import { parseInstant } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import type { ChangesReport } from '#lib/services/report/changes.ts'
import { getJson } from './fetch.ts'
import { type Period, periodSearch } from './period.ts'

/** How the page asks: one row a cause, month and layer. */
export const CHANGES_BY = ['month', 'layer'] as const
const WEEK_MS = 7 * 86_400_000

/** Reads `since`: a week before `now`, to the hour so that the address stays the same, when absent. Throws `usage` for what is no instant. */
export function parseSince(text: string | string[] | undefined, now: Date): string {
  const one = Array.isArray(text) ? text[0] : text
  if (one === undefined) return new Date(Math.floor((now.getTime() - WEEK_MS) / 3_600_000) * 3_600_000).toISOString()
  const ms = parseInstant(one)
  if (ms === undefined)
    throw new Failure('usage', 'bad_since', `since=${one} is not an instant`, { remedy: 'write ISO 8601, such as 2026-03-01T08:00:00Z' })
  return new Date(ms).toISOString()
}

export const changesSearch = (period: Period, since: string): string => `${periodSearch(period)}&since=${encodeURIComponent(since)}`

/** What was published differently since a moment. The server prefetches it under the same key. */
export const changesQuery = (period: Period, since: string) =>
  queryOptions({
    queryKey: ['changes', period.from, period.to, period.basis, since] as const,
    queryFn: ({ signal }) =>
      getJson<ChangesReport>(`/api/v1/report/changes${changesSearch(period, since)}&by=${CHANGES_BY.join(',')}`, signal),
    refetchInterval: 60_000,
  })
