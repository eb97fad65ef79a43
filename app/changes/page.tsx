import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { ChangesPage } from '#app/_components/changes/changes-page.tsx'
import { BadAddress } from '#app/_components/notice.tsx'
import { CHANGES_BY, changesQuery, parseSince } from '#app/_queries/changes.ts'
import { askedByPage } from '#app/_server/context.ts'
import { asTyped, readPeriod, type Search } from '#app/_server/period.ts'
import { dayOf } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { reportChanges } from '#lib/services/report/changes.ts'

export const metadata: Metadata = { title: 'Changes' }

export default async function Page({ searchParams }: { searchParams: Search }) {
  const { actor, context } = await askedByPage()
  const today = dayOf(context.now.getTime())
  const params = await searchParams
  const period = readPeriod(params, today)
  if (period instanceof Failure) return <BadAddress title={period.message} remedy={period.remedy} />
  const since = asTyped(() => parseSince(params.since, context.now))
  if (since instanceof Failure) return <BadAddress title={since.message} remedy={since.remedy} />
  const client = new QueryClient()
  const ask = { ...period, asOf1: new Date(since), by: CHANGES_BY }
  await client.fetchQuery({ ...changesQuery(period, since), queryFn: () => reportChanges(actor, context, ask) })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ChangesPage period={period} since={since} now={context.now.toISOString()} timezone={context.timezone} />
    </HydrationBoundary>
  )
}
