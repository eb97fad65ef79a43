import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { ExceptionsPage } from '#app/_components/exceptions/exceptions-page.tsx'
import { BadAddress } from '#app/_components/notice.tsx'
import { exceptionsQuery } from '#app/_queries/exceptions.ts'
import { askedByPage } from '#app/_server/context.ts'
import { readPeriod, type Search } from '#app/_server/period.ts'
import { dayOf } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { reportExceptions } from '#lib/services/report/exceptions.ts'

export const metadata: Metadata = { title: 'Exceptions' }

export default async function Page({ searchParams }: { searchParams: Search }) {
  const { actor, context } = await askedByPage()
  const today = dayOf(context.now.getTime())
  const period = readPeriod(await searchParams, today)
  if (period instanceof Failure) return <BadAddress title={period.message} remedy={period.remedy} />
  const client = new QueryClient()
  await client.fetchQuery({ ...exceptionsQuery(period), queryFn: () => reportExceptions(actor, context, period) })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ExceptionsPage period={period} today={today} />
    </HydrationBoundary>
  )
}
