'use client'
import { useQuery } from '@tanstack/react-query'
import { overviewQuery } from '#app/_queries/overview.ts'
import type { Period } from '#app/_queries/period.ts'
import type { Overview } from '#lib/services/overview/types.ts'
import { ago, clockText, periodText } from '../format.ts'
import { Notice } from '../notice.tsx'
import { PeriodPicker } from '../period-picker.tsx'
import { Capacity } from './capacity.tsx'
import { Exceptions, SourcesSummary } from './exceptions.tsx'
import { Figures } from './figures.tsx'
import { FirstSteps } from './first-steps.tsx'
import { Layers } from './layers.tsx'
import { TimeSeries } from './time-series.tsx'
import { Answer, Verdicts } from './verdict.tsx'

function AsOf({ data }: { data: Overview }) {
  if (!data.run) return null
  const { committedAt } = data.run
  return (
    <span title={`run ${data.run.id}, ${committedAt}`}>
      reconciled {ago(committedAt, data.now)} <span className="max-sm:hidden">({clockText(committedAt, data.timezone)})</span>
    </span>
  )
}

function Body({ data }: { data: Overview }) {
  return (
    <div className="mt-4 grid gap-4 lg:grid-cols-12">
      <div className="lg:col-span-12">
        <Verdicts data={data} />
      </div>
      <Figures data={data} className="lg:col-span-5" />
      <TimeSeries data={data} className="lg:col-span-7" />
      <div className="flex min-w-0 flex-col gap-4 lg:col-span-7">
        <Layers data={data} />
        <SourcesSummary data={data} />
      </div>
      <div className="flex min-w-0 flex-col gap-4 lg:col-span-5">
        <Capacity data={data} />
        <Exceptions data={data} />
      </div>
    </div>
  )
}

export function OverviewPage({ period, today }: { period: Period; today: string }) {
  const { data, error, isPending } = useQuery(overviewQuery(period))
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-x-8 gap-y-2 pt-4">
        <p className="label">
          {periodText(period.from, period.to)}, UTC days{data?.run && ' · '}
          {data && <AsOf data={data} />}
        </p>
        <PeriodPicker period={period} today={today} />
      </div>
      <h1 className="mt-3 max-w-6xl font-semibold text-[1.25rem] leading-7 tracking-[-0.02em] sm:text-[1.625rem] sm:leading-9">
        {data?.hasData ? <Answer comparators={data.comparators} /> : 'Overview'}
      </h1>
      {error && data && (
        <div className="mt-4">
          <Notice tone="stale" title={`Not up to date: this is what was known at ${clockText(data.now, data.timezone)}.`}>
            {error.message}
          </Notice>
        </div>
      )}
      {error && !data && (
        <div className="mt-4">
          <Notice tone="error" title="The overview cannot be shown.">
            {error.message}
          </Notice>
        </div>
      )}
      {isPending && <p className="mt-10 text-ink-3">Reading the ledger…</p>}
      {data && (data.hasData ? <Body data={data} /> : <FirstSteps data={data} />)}
    </>
  )
}
