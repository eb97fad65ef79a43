import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { dayOf } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { overview } from '#lib/services/overview.ts'
import { BadAddress } from './_components/notice.tsx'
import { OverviewPage } from './_components/overview/overview-page.tsx'
import { overviewQuery } from './_queries/overview.ts'
import { askedByPage } from './_server/context.ts'
import { readPeriod, type Search } from './_server/period.ts'

export const metadata: Metadata = { title: 'Overview' }

export default async function Page({ searchParams }: { searchParams: Search }) {
  const { actor, context } = await askedByPage()
  const today = dayOf(context.now.getTime())
  const period = readPeriod(await searchParams, today)
  if (period instanceof Failure) return <BadAddress title={period.message} remedy={period.remedy} />
  const client = new QueryClient()
  await client.fetchQuery({ ...overviewQuery(period), queryFn: () => overview(actor, context, period) })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <OverviewPage period={period} today={today} />
    </HydrationBoundary>
  )
}
