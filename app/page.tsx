import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { dayOf } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { overview } from '#lib/services/overview.ts'
import { Notice } from './_components/notice.tsx'
import { OverviewPage } from './_components/overview/overview-page.tsx'
import { overviewQuery } from './_queries/overview.ts'
import { type Period, parsePeriod } from './_queries/period.ts'
import { askedByPage } from './_server/context.ts'

export const metadata: Metadata = { title: 'Overview' }

type Search = Promise<Record<string, string | string[] | undefined>>

/** What a person typed into the address is answered, not thrown at. */
function readPeriod(params: Awaited<Search>, today: string): Period | Failure {
  try {
    return parsePeriod(params, today)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

export default async function Page({ searchParams }: { searchParams: Search }) {
  const { actor, context } = await askedByPage()
  const today = dayOf(context.now.getTime())
  const period = readPeriod(await searchParams, today)
  if (period instanceof Failure)
    return (
      <div className="mt-8 max-w-2xl">
        <Notice tone="error" title={period.message}>
          {period.remedy}
        </Notice>
      </div>
    )
  const client = new QueryClient()
  await client.fetchQuery({ ...overviewQuery(period), queryFn: () => overview(actor, context, period) })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <OverviewPage period={period} today={today} />
    </HydrationBoundary>
  )
}
