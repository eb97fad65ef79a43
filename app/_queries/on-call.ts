import { queryOptions } from '@tanstack/react-query'
import { addDays, type Day } from '#lib/domain/time.ts'
import type { OnCall } from '#lib/services/on-call/types.ts'
import { getJson } from './fetch.ts'
import { type Period, parsePeriod } from './period.ts'

/** The on-call lead's page. The server prefetches it under the same key. */
export const onCallQuery = ({ from, to }: Pick<Period, 'from' | 'to'>) =>
  queryOptions({
    queryKey: ['on-call', from, to] as const,
    queryFn: ({ signal }) => getJson<OnCall>(`/api/v1/on-call?from=${from}&to=${to}`, signal),
    refetchInterval: 60_000,
  })

/** As other pages read it, but the last 30 days when the address names no period: a few rotations, not a quarter. */
export const parseOnCallPeriod = (params: Record<string, string | string[] | undefined>, today: Day): Period =>
  parsePeriod(params.from === undefined && params.to === undefined ? { ...params, from: addDays(today, -30) } : params, today)
