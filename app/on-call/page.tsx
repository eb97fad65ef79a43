import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { Notice } from '#app/_components/notice.tsx'
import { OnCallPage } from '#app/_components/on-call/on-call-page.tsx'
import { onCallQuery, parseOnCallPeriod } from '#app/_queries/on-call.ts'
import type { Period } from '#app/_queries/period.ts'
import { askedByPage } from '#app/_server/context.ts'
import { dayOf } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { onCall } from '#lib/services/on-call.ts'

export const metadata: Metadata = { title: 'On-call' }

type Search = Promise<Record<string, string | string[] | undefined>>

function readPeriod(params: Awaited<Search>, today: string): Period | Failure {
  try {
    return parseOnCallPeriod(params, today)
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
  await client.fetchQuery({ ...onCallQuery(period), queryFn: () => onCall(actor, context, period) })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <OnCallPage period={period} today={today} />
    </HydrationBoundary>
  )
}
