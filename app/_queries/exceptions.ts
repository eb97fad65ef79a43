import { queryOptions } from '@tanstack/react-query'
import type { ExceptionOwner } from '#lib/services/own-exception.ts'
import type { ExceptionsReport } from '#lib/services/report/exceptions.ts'
import { getJson, putJson } from './fetch.ts'
import { type Period, periodSearch } from './period.ts'

/** The queue of what is not explained. The server prefetches it under the same key. */
export const exceptionsQuery = (period: Period) =>
  queryOptions({
    queryKey: ['exceptions', period.from, period.to, period.basis] as const,
    queryFn: ({ signal }) => getJson<ExceptionsReport>(`/api/v1/report/exceptions${periodSearch(period)}`, signal),
    refetchInterval: 60_000,
  })

export const putOwner = (owner: ExceptionOwner) => putJson<ExceptionOwner>('/api/v1/exceptions/owner', owner)
