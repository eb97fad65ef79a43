'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { onCallQuery } from '#app/_queries/on-call.ts'
import { type Period, periodSearch } from '#app/_queries/period.ts'
import { addDays } from '#lib/domain/time.ts'
import type { OnCall } from '#lib/services/on-call/types.ts'
import { periodText } from '../format.ts'
import { Notice } from '../notice.tsx'
import { PeriodPicker } from '../period-picker.tsx'
import { Compared } from './compared.tsx'
import { HeatGrid } from './heat-grid.tsx'
import { NotKnown } from './not-known.tsx'
import { People } from './people.tsx'
import { Services } from './services.tsx'
import { headline, plural } from './texts.ts'

/** A rotation is a week or two: shorter than the periods of money. */
function Rotations({ period, today }: { period: Period; today: string }) {
  return [7, 14].map((days) => {
    const from = addDays(today, -days)
    return (
      <Link
        key={days}
        href={`/on-call${periodSearch({ ...period, from, to: today })}`}
        prefetch={false}
        scroll={false}
        aria-current={period.from === from && period.to === today}
        className="text-ink-2 underline decoration-line-strong underline-offset-3 hover:text-ink aria-[current=true]:font-medium aria-[current=true]:text-ink aria-[current=true]:no-underline"
      >
        {days} days
      </Link>
    )
  })
}

function Body({ data }: { data: OnCall }) {
  return (
    <div className="mt-4 grid gap-4 lg:grid-cols-12">
      <div className="flex min-w-0 flex-col gap-4 lg:col-span-7">
        <HeatGrid data={data} />
        <div className="grid min-w-0 gap-4 sm:grid-cols-2">
          <Services data={data} />
        </div>
        <NotKnown data={data} />
      </div>
      <Compared data={data} className="lg:col-span-5 lg:self-start" />
      <People data={data} className="lg:col-span-12" />
    </div>
  )
}

function FirstSteps() {
  return (
    <div className="mt-6 max-w-2xl">
      <Notice tone="plain" title="No incident, page, shift or time entry lies in this period.">
        <p>
          Incidents, pages and shifts come from a pager that is a source, hours from time sheets.{' '}
          <Link href="/sources" className="underline underline-offset-3">
            See the sources
          </Link>{' '}
          or choose another period.
        </p>
      </Notice>
    </div>
  )
}

export function OnCallPage({ period, today }: { period: Period; today: string }) {
  const { data, error, isPending } = useQuery(onCallQuery(period))
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-x-8 gap-y-2 pt-4">
        <p className="label">
          {periodText(period.from, period.to)}, UTC days
          {data?.hasData && ` · ${plural(data.headcount, 'person', 'people')}`}
        </p>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <Rotations period={period} today={today} />
          <PeriodPicker period={period} today={today} withBasis={false} />
        </div>
      </div>
      <h1 className="mt-3 max-w-6xl font-semibold text-[1.25rem] leading-7 tracking-[-0.02em] sm:text-[1.625rem] sm:leading-9">
        {data?.hasData ? headline(data) : 'On-call'}
      </h1>
      {error && (
        <div className="mt-4">
          <Notice
            tone={data ? 'stale' : 'error'}
            title={data ? 'Not up to date: this is what was known before.' : 'The page cannot be shown.'}
          >
            {error.message}
          </Notice>
        </div>
      )}
      {isPending && <p className="mt-10 text-ink-3">Reading the ledger…</p>}
      {data && (data.hasData ? <Body data={data} /> : <FirstSteps />)}
    </>
  )
}
