'use client'
import { useQuery } from '@tanstack/react-query'
import { changesQuery } from '#app/_queries/changes.ts'
import type { Period } from '#app/_queries/period.ts'
import { dayOf } from '#lib/domain/time.ts'
import type { ChangesReport } from '#lib/services/report/changes.ts'
import { Amount } from '../amount.tsx'
import { clockText, money, periodText, signedMoney } from '../format.ts'
import { Notice } from '../notice.tsx'
import { PeriodPicker } from '../period-picker.tsx'
import { Section } from '../section.tsx'
import { Causes } from './causes.tsx'
import { SincePicker } from './since-picker.tsx'

function Title({ data, timezone }: { data: ChangesReport; timezone: string }) {
  const { totals, currency, rows } = data
  const when = clockText(data.asOf1, timezone)
  if (rows.length === 0) return <>Nothing was published differently since {when}.</>
  const known = rows.some((row) => row.restated)
  const fresh = rows.some((row) => !row.restated)
  return (
    <>
      Since {when}, {known ? `what was known moved by ${signedMoney(totals.restated, currency)}` : 'nothing that was known has moved'}
      {fresh && `; new days cost ${money(totals.added, currency)}`}.
    </>
  )
}

function Bridge({ data, timezone }: { data: ChangesReport; timezone: string }) {
  const { totals, currency } = data
  const parts: [string, string, boolean][] = [
    [`As known ${clockText(data.asOf1, timezone)}`, totals.before, false],
    ['Published otherwise', totals.restated, true],
    ['New days', totals.added, true],
    [`As known ${clockText(data.asOf2, timezone)}`, totals.after, false],
  ]
  return (
    <Section id="bridge" title="From then to now" aside={data.basis === 'billed' ? 'billed cost' : 'effective cost'}>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 px-4 pb-4 sm:grid-cols-4 sm:px-5">
        {parts.map(([name, value, signed]) => (
          <div key={name}>
            <dt className="label">{name}</dt>
            <dd className="font-medium text-[1.125rem] leading-6">
              <Amount value={value} currency={currency} signed={signed} />
            </dd>
          </div>
        ))}
      </dl>
      {data.unconverted.map(({ currency: own, before, after }) => (
        <p key={own} className="border-line border-t px-4 py-2 text-warn sm:px-5">
          Without a rate, and in none of these: {money(before, own)} then, {money(after, own)} now.
        </p>
      ))}
    </Section>
  )
}

type Props = { period: Period; since: string; now: string; timezone: string }

export function ChangesPage({ period, since, now, timezone }: Props) {
  const { data, error, isPending } = useQuery(changesQuery(period, since))
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-x-8 gap-y-2 pt-4">
        <p className="label">
          Cost of {periodText(period.from, period.to)}, UTC days, as published since {clockText(since, timezone)}
        </p>
        <PeriodPicker period={period} today={dayOf(Date.parse(now))} keep={{ since }} />
      </div>
      <h1 className="mt-3 max-w-6xl font-semibold text-[1.25rem] leading-7 tracking-[-0.02em] sm:text-[1.625rem] sm:leading-9">
        {data ? <Title data={data} timezone={timezone} /> : 'Changes'}
      </h1>
      <div className="mt-3">
        <SincePicker period={period} since={since} now={now} />
      </div>
      {error && (
        <div className="mt-4">
          <Notice tone={data ? 'stale' : 'error'} title={data ? 'Not up to date.' : 'The changes cannot be shown.'}>
            {error.message}
          </Notice>
        </div>
      )}
      {isPending && <p className="mt-10 text-ink-3">Reading the journal…</p>}
      {data && (
        <div className="mt-4 flex flex-col gap-4">
          <Bridge data={data} timezone={timezone} />
          {data.rows.length > 0 && <Causes data={data} timezone={timezone} />}
        </div>
      )}
    </>
  )
}
