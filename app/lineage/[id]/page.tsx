import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { LineagePage } from '#app/_components/lineage/lineage-page.tsx'
import { lineageQuery } from '#app/_queries/lineage.ts'
import { askedByPage } from '#app/_server/context.ts'
import { Failure } from '#lib/errors.ts'
import { openLineage } from '#lib/services/lineage.ts'

export const metadata: Metadata = { title: 'Where an amount comes from' }

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { actor, context } = await askedByPage()
  const id = decodeURIComponent((await params).id)
  const client = new QueryClient()
  try {
    await client.fetchInfiniteQuery({ ...lineageQuery(id), queryFn: () => openLineage(actor, context, { id }) })
  } catch (error) {
    if (error instanceof Failure && error.kind === 'missing') notFound()
    throw error
  }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <LineagePage id={id} />
    </HydrationBoundary>
  )
}
