import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { dayOf } from '#lib/domain/time.ts'
import { overview } from '#lib/services/overview.ts'
import { OverviewPage } from './_components/overview/overview-page.tsx'
import { overviewQuery } from './_queries/overview.ts'
import { parsePeriod } from './_queries/period.ts'
import { askedByPage } from './_server/context.ts'

export const metadata: Metadata = { title: 'Overview' }

type Search = Promise<Record<string, string | string[] | undefined>>

export default async function Page({ searchParams }: { searchParams: Search }) {
  const { actor, context } = await askedByPage()
  const today = dayOf(context.now.getTime())
  const period = parsePeriod(await searchParams, today)
  const client = new QueryClient()
  await client.fetchQuery({ ...overviewQuery(period), queryFn: () => overview(actor, context, period) })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <OverviewPage period={period} today={today} />
    </HydrationBoundary>
  )
}
