import { queryOptions } from '@tanstack/react-query'
import type { listSources } from '#lib/services/sources.ts'
import { getJson } from './fetch.ts'

export type SourceList = Awaited<ReturnType<typeof listSources>>

export const sourcesQuery = () =>
  queryOptions({
    queryKey: ['sources'] as const,
    queryFn: ({ signal }) => getJson<SourceList>('/api/v1/sources', signal),
    refetchInterval: 30_000,
  })
