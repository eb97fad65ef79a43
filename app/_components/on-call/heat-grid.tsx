import type { OnCall } from '#lib/services/on-call/types.ts'
import { Section } from '../section.tsx'
import { plural } from './texts.ts'

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const HOURS = Array.from({ length: 24 }, (_, hour) => hour)
const isNight = (hour: number): boolean => hour >= 22 || hour < 8
const two = (hour: number): string => String(hour).padStart(2, '0')

// Written out whole, because class names are found by reading the source. Full tones carry the paper's colour, pale ones the ink's.
const DAY = [
  '',
  'bg-series-actual/15 text-ink',
  'bg-series-actual/30 text-ink',
  'bg-series-actual/85 text-paper',
  'bg-series-actual text-paper',
]
const NIGHT = ['', 'bg-series-3/15 text-ink', 'bg-series-3/30 text-ink', 'bg-series-3/85 text-paper', 'bg-series-3 text-paper']

/** 0: nothing; else one of four tones, up to the fullest cell. */
const tone = (count: number, most: number): number => (count === 0 ? 0 : Math.max(1, Math.ceil((count / Math.max(most, 4)) * 4)))

function Cell({ count, most, hour }: { count: number; most: number; hour: number }) {
  const edge = hour === 8 || hour === 22 ? 'border-l border-l-line-strong' : 'border-l border-l-paper'
  const look = (isNight(hour) ? NIGHT : DAY)[tone(count, most)]
  return (
    <td
      className={`h-6 border-t border-t-paper p-0 text-center text-[0.6875rem] sm:h-7 ${edge} ${isNight(hour) ? 'bg-sunken' : 'bg-page'}`}
    >
      {count > 0 && (
        <span className={`flex h-full items-center justify-center ${look}`}>
          <span className="max-sm:sr-only">{count}</span>
        </span>
      )}
    </td>
  )
}

function Legend() {
  return (
    <span className="flex flex-wrap gap-x-3">
      <span className="flex items-center gap-1.5">
        <span className="size-2 bg-series-3" aria-hidden="true" />
        at night, 22–8
      </span>
      <span className="flex items-center gap-1.5">
        <span className="size-2 bg-series-actual" aria-hidden="true" />
        by day
      </span>
    </span>
  )
}

function Grid({ grid }: { grid: number[][] }) {
  const most = Math.max(...grid.flat())
  const band = 'pb-0.5 text-left font-normal pl-1'
  return (
    <table className="w-full table-fixed">
      <caption className="sr-only">Pages by weekday and hour of the local day of whoever was paged</caption>
      <colgroup>
        <col className="w-8 sm:w-10" />
        <col span={24} />
      </colgroup>
      <thead className="label">
        <tr>
          <td />
          <th scope="colgroup" colSpan={8} className={band}>
            night
          </th>
          <th scope="colgroup" colSpan={14} className={`${band} border-l border-l-line-strong`}>
            day
          </th>
          <th scope="colgroup" colSpan={2} className={`${band} border-l border-l-line-strong`}>
            <span className="max-sm:sr-only">night</span>
          </th>
        </tr>
        <tr>
          <td />
          {HOURS.map((hour) => (
            <th key={hour} scope="col" className="overflow-visible pb-0.5 text-center font-normal max-sm:text-[0.625rem]">
              <span className={hour % 4 === 0 ? '' : 'max-sm:sr-only'}>{two(hour)}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {grid.map((row, weekday) => (
          <tr key={WEEKDAYS[weekday]}>
            <th scope="row" className="label pr-1">
              <span aria-hidden="true">{WEEKDAYS[weekday]?.slice(0, 3)}</span>
              <span className="sr-only">{WEEKDAYS[weekday]}</span>
            </th>
            {row.map((count, hour) => (
              <Cell key={two(hour)} count={count} most={most} hour={hour} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Which hours of people's days the pager took. */
export function HeatGrid({ data, className }: { data: OnCall; className?: string }) {
  const unknown = data.period.pagesAt?.unknown ?? 0
  return (
    <Section id="pages" title="Pages by local hour" aside={<Legend />} className={className}>
      <div className="px-4 pb-4 sm:px-5">
        {data.grid === null ? (
          <p className="text-ink-2">Not shown: fewer than five people were paged, and your role does not read persons.</p>
        ) : (
          <Grid grid={data.grid} />
        )}
        <p className="mt-3 text-ink-3">
          Each page on the clock of whoever it woke or interrupted.
          {unknown > 0 && (
            <span className="text-warn">
              {' '}
              {plural(unknown, 'page')} {unknown === 1 ? 'is' : 'are'} in no cell: nobody knows the time zone of whoever was paged.
            </span>
          )}
        </p>
      </div>
    </Section>
  )
}
