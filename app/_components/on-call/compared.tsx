import type { ReactNode } from 'react'
import type { KnownAmount, LocalTime, OnCall, OnCallTotals } from '#lib/services/on-call/types.ts'
import { Unknown } from '../amount.tsx'
import { dayText, number, periodText, signedMoney } from '../format.ts'
import { Section } from '../section.tsx'
import { Known } from './known.tsx'
import { duration, hours } from './texts.ts'

type Figure = {
  name: string
  note?: string
  value: (totals: OnCallTotals) => number | null
  text: (value: number) => string
}

const at = (time: LocalTime) => (totals: OnCallTotals) => totals.pagesAt?.[time] ?? null
const count = (value: number): string => number(value)

const PAGES: Figure[] = [
  { name: 'Pages', value: (totals) => totals.pages, text: count },
  { name: 'at night', note: '22–8 local', value: at('sleep'), text: count },
  { name: 'off hours', note: 'evenings and days off', value: at('off'), text: count },
  { name: 'in working hours', value: at('working'), text: count },
  { name: 'at an unknown local hour', value: at('unknown'), text: count },
]
const INCIDENTS: Figure[] = [
  { name: 'Incidents', value: (totals) => totals.incidents, text: count },
  { name: 'auto-resolved', note: 'by no person', value: (totals) => totals.autoResolved, text: count },
  { name: 'never acknowledged', value: (totals) => totals.neverAcknowledged, text: count },
  { name: 'still open', value: (totals) => totals.open, text: count },
  { name: 'MTTA', note: 'mean to acknowledge', value: (totals) => totals.mttaSeconds, text: duration },
  { name: 'MTTR', note: 'mean to resolve', value: (totals) => totals.mttrSeconds, text: duration },
]
const TIME: Figure[] = [
  { name: 'Engaged', note: 'in incidents', value: (totals) => totals.engagedMinutes, text: hours },
  { name: 'of that, logged nowhere', value: (totals) => totals.unloggedMinutes, text: hours },
  { name: 'Standby', note: 'not engaged', value: (totals) => totals.standbyMinutes, text: hours },
]

const cell = 'border-line border-t py-1.5'

type RowProps = { name: string; note?: string | undefined; inner: boolean; now: ReactNode; before: ReactNode; change: ReactNode }

function Row({ name, note, inner, now, before, change }: RowProps) {
  return (
    <tr>
      <th scope="row" className={`${inner ? 'py-1 pl-7 text-ink-2 sm:pl-9' : `${cell} pl-4 font-medium sm:pl-5`}`}>
        {name} {note && <span className="font-normal text-ink-3 max-sm:hidden">{note}</span>}
      </th>
      <td className={`${inner ? 'py-1' : cell} whitespace-nowrap pl-3 text-right`}>{now}</td>
      <td className={`${inner ? 'py-1' : cell} whitespace-nowrap pl-3 text-right text-ink-3 max-sm:pr-4`}>{before}</td>
      <td className={`${inner ? 'py-1' : cell} whitespace-nowrap pl-3 text-right max-sm:hidden sm:pr-5`}>{change}</td>
    </tr>
  )
}

/** More of a burden is worse; more work written down is neither. */
function Change({ difference, text, plain = false }: { difference: number; text: string; plain?: boolean }) {
  if (difference === 0) return <span className="text-ink-3">same</span>
  if (plain) return <span className="text-ink-2">{text}</span>
  return <span className={difference > 0 ? 'text-bad' : 'text-good'}>{text}</span>
}

function FigureRow({ figure, data, inner }: { figure: Figure; data: OnCall; inner: boolean }) {
  const { name, note, value, text } = figure
  const now = value(data.period)
  const before = data.before && value(data.before)
  const shown = (one: number | null, why: string) => (one === null ? <Unknown why={why} /> : text(one))
  return (
    <Row
      name={name}
      note={note}
      inner={inner}
      now={shown(now, 'none, or not shown')}
      before={shown(before, data.before === null ? 'not collected then' : 'none, or not shown')}
      change={
        now !== null &&
        before !== null && <Change difference={now - before} text={now > before ? `+${text(now - before)}` : `−${text(before - now)}`} />
      }
    />
  )
}

const MONEY = [
  { key: 'on_call', name: 'On-call cost', note: 'with logged incidents' },
  { key: 'standby', name: 'standby pay', note: '' },
  { key: 'unlogged', name: 'unlogged work', note: 'inferred' },
  { key: 'logged', name: 'All logged fleet work', note: 'every layer' },
  { key: 'premium', name: 'Talent premium', note: '' },
] as const

const certain = (one: KnownAmount | undefined): one is KnownAmount & { amount: string } =>
  one !== undefined && one.amount !== null && !one.partial

function MoneyRow({ one, data }: { one: (typeof MONEY)[number]; data: OnCall }) {
  const now = data.period.money[one.key]
  const before = data.before?.money[one.key]
  const difference = certain(now) && certain(before) ? Number(now.amount) - Number(before.amount) : null
  return (
    <Row
      name={one.name}
      note={one.note}
      inner={one.key === 'standby' || one.key === 'unlogged'}
      now={<Known value={now} currency={data.currency} what={one.name} />}
      before={
        before ? <Known value={before} currency={data.currency} what={`${one.name}, before`} /> : <Unknown why="not collected then" />
      }
      change={
        difference !== null && (
          <Change
            difference={difference}
            text={signedMoney(difference.toFixed(2), data.currency)}
            plain={one.key === 'logged' || one.key === 'premium'}
          />
        )
      }
    />
  )
}

/** What is known of the days before, where it is not all of them. */
function BeforeNote({ data, from }: { data: OnCall; from: string }) {
  if (data.before === null) return <>Nothing was collected in the days before.</>
  if (data.knownFrom === null || data.knownFrom <= from) return null
  return <span className="text-warn">The days before are known from {dayText(data.knownFrom)} on only.</span>
}

/** Each figure with that of the days before, as many of them. */
export function Compared({ data, className }: { data: OnCall; className?: string }) {
  const days = (Date.parse(data.to) - Date.parse(data.from)) / 86_400_000
  const from = data.before?.from ?? new Date(Date.parse(data.from) - days * 86_400_000).toISOString().slice(0, 10)
  const figures = [...PAGES, ...INCIDENTS, ...TIME].filter(
    (one) => one.name !== 'at an unknown local hour' || (one.value(data.period) ?? 0) + ((data.before && one.value(data.before)) ?? 0) > 0,
  )
  return (
    <Section id="compared" title="Against the days before" aside={periodText(from, data.from)} className={className}>
      <table className="w-full">
        <thead className="label">
          <tr>
            <td className="pb-1" />
            <th scope="col" className="pb-1 pl-3 text-right">
              Now
            </th>
            <th scope="col" className="pb-1 pl-3 text-right max-sm:pr-4">
              Before
            </th>
            <th scope="col" className="pb-1 pl-3 text-right max-sm:hidden sm:pr-5">
              Change
            </th>
          </tr>
        </thead>
        <tbody>
          {figures.map((figure) => (
            <FigureRow key={figure.name} figure={figure} data={data} inner={/^[a-z]/.test(figure.name)} />
          ))}
          {MONEY.map((one) => (
            <MoneyRow key={one.key} one={one} data={data} />
          ))}
        </tbody>
      </table>
      <p className="border-line border-t px-4 py-2.5 text-ink-2 empty:hidden sm:px-5">
        <BeforeNote data={data} from={from} />
      </p>
    </Section>
  )
}
