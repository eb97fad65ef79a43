import { infiniteQueryOptions } from '@tanstack/react-query'
import type { Lineage } from '#lib/services/lineage.ts'
import { getJson } from './fetch.ts'

/** An amount with its ledger rows, and page by page the source rows behind them. */
export const lineageQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['lineage', id] as const,
    queryFn: ({ pageParam, signal }) =>
      getJson<Lineage>(`/api/v1/lineage/${encodeURIComponent(id)}${pageParam ? `?cursor=${encodeURIComponent(pageParam)}` : ''}`, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
    // What is open stays as it was opened: pages of two moments do not add up.
    staleTime: Number.POSITIVE_INFINITY,
  })
