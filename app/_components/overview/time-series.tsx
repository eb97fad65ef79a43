'use client'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import type { Overview, Point } from '#lib/services/overview/types.ts'
import { Amount } from '../amount.tsx'
import { dayText, monthText, shortMonth } from '../format.ts'
import type { ChartPoint, ChartSeries } from '../line-chart.tsx'
import { Section } from '../section.tsx'
import { SERIES } from '../series.ts'

const MoneyLines = dynamic(() => import('../line-chart.tsx'), { ssr: false })

const ACTUAL = 'Actual'
const PROJECTED = 'Projected'
const asNumber = (text: string | null | undefined): number | null => (text === null || text === undefined ? null : Number(text))

type Line = ChartSeries & { swatch: string; of: (point: Point) => string | null }

function linesOf(data: Overview): Line[] {
  const lines: Line[] = [
    { key: ACTUAL, color: 'series-actual', swatch: 'border-series-actual border-t-[2.5px]', of: (point) => point.actual },
  ]
  if (data.series.points.some((point) => point.projected !== null))
    lines.push({
      key: PROJECTED,
      color: 'series-projected',
      swatch: 'border-series-projected border-t-2 border-dashed',
      of: (point) => point.projected,
    })
  for (const [index, { name }] of data.comparators.entries()) {
    if (!data.series.points.some((point) => (point.equivalents[name] ?? null) !== null)) continue
    const look = SERIES[index % SERIES.length]!
    lines.push({ key: name, color: look.color, swatch: `${look.line} border-t-2`, of: (point) => point.equivalents[name] ?? null })
  }
  return lines
}

function Legend({ lines, open, daily }: { lines: Line[]; open: boolean; daily: boolean }) {
  return (
    <div className="label flex flex-wrap gap-x-4 gap-y-1 px-4 pb-2 sm:px-5">
      {lines.map((line) => (
        <span key={line.key} className="flex items-center gap-1.5">
          <span aria-hidden="true" className={`w-4 ${line.swatch}`} />
          {line.key}
        </span>
      ))}
      {open && (
        <span className="flex items-center gap-1.5">
          <span aria-hidden="true" className="hatch size-2.5" />
          {daily ? 'provisional or awaiting its bill' : 'provisional, unbilled, or part of a month'}
        </span>
      )}
    </div>
  )
}

function PointsTable({ data, lines, text }: { data: Overview; lines: Line[]; text: (start: string) => string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="relative h-full overflow-auto" aria-label="Cost over time, as a table" tabIndex={0}>
      <table className="w-full">
        <thead className="label sticky top-0 bg-paper">
          <tr>
            <th scope="col" className="py-1 pr-3">
              {data.series.grain === 'day' ? 'Day (UTC)' : 'Month (UTC)'}
            </th>
            {lines.map((line) => (
              <th key={line.key} scope="col" className="py-1 pl-3 text-right">
                {line.key}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.series.points.toReversed().map((point) => (
            <tr key={point.start} className={`border-line border-t ${point.open ? 'hatch' : ''}`}>
              <th scope="row" className="whitespace-nowrap py-1 pr-3">
                {text(point.start)}
                {point.open && <span className="text-ink-3"> open</span>}
              </th>
              {lines.map((line) => (
                <td key={line.key} className="py-1 pl-3 text-right">
                  <Amount
                    value={line.of(point)}
                    currency={data.currency}
                    id={line.key === ACTUAL ? point.id : null}
                    what={text(point.start)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Actual, projected and API-equivalent over time: a chart where scripts run, a table of the same height where they do not. */
export function TimeSeries({ data, className }: { data: Overview; className?: string }) {
  const [asTable, setAsTable] = useState(false)
  const lines = linesOf(data)
  const daily = data.series.grain === 'day'
  const text = (start: string) => (daily ? dayText(start) : monthText(start))
  const points: ChartPoint[] = data.series.points.map((point) => ({
    label: daily ? text(point.start) : shortMonth(point.start),
    title: daily ? dayText(point.start, true) : monthText(point.start, true),
    open: point.open,
    // Without its bill a day's cost is no day's cost: the line stops, the table says what is posted so far.
    values: Object.fromEntries(lines.map((line) => [line.key, line.key === ACTUAL && point.awaiting ? null : asNumber(line.of(point))])),
  }))
  const toggle = (
    <button
      type="button"
      aria-pressed={asTable}
      onClick={() => setAsTable(!asTable)}
      className="with-script-only cursor-pointer underline decoration-line-strong underline-offset-3 hover:text-ink"
    >
      {asTable ? 'Show as chart' : 'Show as table'}
    </button>
  )
  return (
    <Section
      id="over-time"
      title={`Cost ${daily ? 'a day' : 'a month'}, and what the same tokens cost elsewhere`}
      aside={toggle}
      className={`flex flex-col ${className ?? ''}`}
    >
      <Legend lines={lines} open={points.some((point) => point.open)} daily={daily} />
      <div className="h-80 grow px-4 pb-3 sm:px-5">
        {asTable ? (
          <PointsTable data={data} lines={lines} text={text} />
        ) : (
          <>
            <div className="with-script-only h-full">
              <MoneyLines
                points={points}
                series={lines}
                currency={data.currency}
                label={`Line chart: ${lines.map((line) => line.key).join(', ')}. Every value is in the table.`}
              />
            </div>
            <div className="without-script-only h-full">
              <PointsTable data={data} lines={lines} text={text} />
            </div>
          </>
        )}
      </div>
    </Section>
  )
}
