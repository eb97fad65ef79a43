import { queryOptions } from '@tanstack/react-query'
import type { Overview } from '#lib/services/overview/types.ts'
import { getJson } from './fetch.ts'
import { type Period, periodSearch } from './period.ts'

/** The executive page's data. The server prefetches it under the same key. */
export const overviewQuery = (period: Period) =>
  queryOptions({
    queryKey: ['overview', period.from, period.to, period.basis] as const,
    queryFn: ({ signal }) => getJson<Overview>(`/api/v1/overview${periodSearch(period)}`, signal),
    refetchInterval: 60_000,
  })
