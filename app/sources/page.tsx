import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { SourcesPage } from '#app/_components/sources/sources-page.tsx'
import { sourcesQuery } from '#app/_queries/sources.ts'
import { askedByPage } from '#app/_server/context.ts'
import { listSources } from '#lib/services/sources.ts'

export const metadata: Metadata = { title: 'Sources' }

export default async function Page() {
  const { actor, context } = await askedByPage()
  const client = new QueryClient()
  await client.fetchQuery({ ...sourcesQuery(), queryFn: () => listSources(actor, context) })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <SourcesPage timezone={context.timezone} />
    </HydrationBoundary>
  )
}
