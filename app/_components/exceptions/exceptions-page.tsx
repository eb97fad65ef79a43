'use client'
import { useQuery } from '@tanstack/react-query'
import { sumDecimals } from '#app/_components/decimal.ts'
import { exceptionsQuery } from '#app/_queries/exceptions.ts'
import type { Period } from '#app/_queries/period.ts'
import type { ExceptionRow, ExceptionsReport } from '#lib/services/report/exceptions.ts'
import { dayText, money, number, periodText } from '../format.ts'
import { Notice } from '../notice.tsx'
import { Size } from '../overview/exceptions.tsx'
import { PeriodPicker } from '../period-picker.tsx'
import { Section } from '../section.tsx'
import { exceptionMeaning, exceptionName } from '../words.ts'
import { Owner } from './owner.tsx'

type Group = { kind: string; rows: ExceptionRow[]; sums: { currency: string; amount: string }[] }

const size = (row: ExceptionRow): number => Math.abs(Number(row.amount ?? 0))
const weight = ({ sums }: Group, currency: string): number =>
  Math.max(0, ...sums.map((sum) => Math.abs(Number(sum.amount)) * (sum.currency === currency ? 1 : 1e-6)))

/** Kinds with the most money first, those without any last; sums of one currency each. */
function grouped({ rows, currency }: ExceptionsReport): Group[] {
  const groups = [...Map.groupBy(rows, (row) => row.kind)].map(([kind, all]) => {
    const billed = Map.groupBy(
      all.filter((row) => row.amount !== null && row.currency !== null),
      (row) => row.currency!,
    )
    const sums = [...billed].map(([own, some]) => ({ currency: own, amount: sumDecimals(some.map((row) => row.amount!)) }))
    return { kind, rows: all.toSorted((a, b) => size(b) - size(a)), sums }
  })
  return groups.sort((a, b) => weight(b, currency) - weight(a, currency))
}

const ageText = (since: string, today: string): string => {
  const days = Math.round((Date.parse(today) - Date.parse(since)) / 86_400_000)
  if (days <= 0) return 'today'
  return days === 1 ? '1 day' : `${number(days)} days`
}

function Row({ row, today }: { row: ExceptionRow; today: string }) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-6 gap-y-0.5 border-line border-t px-4 py-2 sm:grid-cols-[minmax(0,1fr)_8rem_12rem_8rem] sm:px-5">
      <span className="min-w-0">
        <span className="break-words font-medium">{row.subject}</span>
        <span className="block text-ink-3">{row.suggestion}</span>
      </span>
      <span className="whitespace-nowrap text-right sm:order-last">
        <Size one={row} />
      </span>
      <div className="col-span-2 flex min-w-0 items-baseline justify-between gap-4 sm:contents">
        <span className="whitespace-nowrap text-ink-2 max-sm:text-ink-3" title={`since ${row.since}`}>
          <span className="sr-only">Age: </span>
          {ageText(row.since, today)} <span className="text-ink-3 max-sm:hidden">· {dayText(row.since)}</span>
        </span>
        <span className="min-w-0">
          <Owner row={row} />
        </span>
      </div>
    </li>
  )
}

function Kind({ group, today }: { group: Group; today: string }) {
  const { kind, rows, sums } = group
  const aside = [`${number(rows.length)} ${rows.length === 1 ? 'entry' : 'entries'}`, ...sums.map((sum) => money(sum.amount, sum.currency))]
  return (
    <Section id={kind} title={exceptionName(kind)} aside={aside.join(' · ')}>
      <p className="px-4 pb-2.5 text-ink-2 sm:px-5">{exceptionMeaning(kind)}</p>
      <ul>
        {rows.map((row) => (
          <Row key={`${row.subject} ${row.currency}`} row={row} today={today} />
        ))}
      </ul>
    </Section>
  )
}

function Title({ groups }: { groups: Group[] }) {
  const count = groups.reduce((sum, { rows }) => sum + rows.length, 0)
  const [first] = groups
  const [sum] = first?.sums ?? []
  return (
    <>
      {number(count)} {count === 1 ? 'thing is' : 'things are'} not explained yet.
      {first && sum && (
        <span className="text-ink-2">
          {' '}
          Most money: {exceptionName(first.kind).toLowerCase()}, {money(sum.amount, sum.currency)}.
        </span>
      )}
    </>
  )
}

export function ExceptionsPage({ period, today }: { period: Period; today: string }) {
  const { data, error, isPending } = useQuery(exceptionsQuery(period))
  const groups = data ? grouped(data) : []
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-x-8 gap-y-2 pt-4">
        <p className="label">What could not be matched, {periodText(period.from, period.to)}, UTC days</p>
        <PeriodPicker period={period} today={today} />
      </div>
      <h1 className="mt-3 max-w-6xl font-semibold text-[1.25rem] leading-7 tracking-[-0.02em] sm:text-[1.625rem] sm:leading-9">
        {data && (groups.length === 0 ? 'Everything found its place.' : <Title groups={groups} />)}
        {!data && 'Exceptions'}
      </h1>
      {error && (
        <div className="mt-4">
          <Notice tone={data ? 'stale' : 'error'} title={data ? 'Not up to date.' : 'The exceptions cannot be shown.'}>
            {error.message}
          </Notice>
        </div>
      )}
      {isPending && <p className="mt-10 text-ink-3">Looking for what has no place…</p>}
      {data && groups.length === 0 && (
        <p className="panel mt-4 max-w-3xl px-5 py-4 text-ink-2">
          Every bill line, GPU-minute, token and hour of these days is accounted for, or nothing was read for them.
        </p>
      )}
      <div className="mt-4 flex flex-col gap-4">
        {groups.map((group) => (
          <Kind key={group.kind} group={group} today={today} />
        ))}
      </div>
    </>
  )
}
