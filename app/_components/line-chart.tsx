'use client'
// The only file that imports Tremor. Loaded on its own, after the page can be read.
import type { CustomTooltipProps } from '@tremor/react/dist/components/chart-elements/common/CustomTooltipProps'
import LineChart from '@tremor/react/dist/components/chart-elements/LineChart/LineChart.js'
import { money, shortMoney } from './format.ts'

export type ChartSeries = { key: string; color: string }
export type ChartPoint = { label: string; title: string; open: boolean; values: Record<string, number | null> }
type Props = { points: ChartPoint[]; series: ChartSeries[]; currency: string; label: string }

const AXIS_PX = 52
/** Right of the last point, so that its label has room to stand. */
const END_PX = 28

type Band = { from: number; to: number }

/** Runs of open points, from half a step before the first to half a step after the last, as shares of the width of the plot. */
function bandsOf(points: ChartPoint[]): Band[] {
  const steps = points.length - 1
  const bands: Band[] = []
  points.forEach((point, index) => {
    if (!point.open || steps < 1) return
    const [from, to] = [Math.max(0, index - 0.5) / steps, Math.min(steps, index + 0.5) / steps]
    const last = bands.at(-1)
    if (last && last.to >= from) last.to = to
    else bands.push({ from, to })
  })
  return bands
}

const at = (share: number): string => `calc(${AXIS_PX}px + (100% - ${AXIS_PX + END_PX}px) * ${share})`

/** What is still open stands under a hatched band. */
const OpenBands = ({ points }: { points: ChartPoint[] }) =>
  bandsOf(points).map(({ from, to }) => (
    <div
      key={from}
      aria-hidden="true"
      className="hatch absolute top-[5px] bottom-[30px] opacity-30"
      style={{ left: at(from), width: `calc((100% - ${AXIS_PX + END_PX}px) * ${to - from}${to === 1 ? ` + ${END_PX}px` : ''})` }}
    />
  ))

const dots: Record<string, string> = {
  'series-actual': 'bg-series-actual',
  'series-projected': 'bg-series-projected',
  'series-1': 'bg-series-1',
  'series-2': 'bg-series-2',
  'series-3': 'bg-series-3',
  'series-4': 'bg-series-4',
}

export default function MoneyLines({ points, series, currency, label }: Props) {
  const data = points.map((point) => ({ label: point.label, title: point.title, open: point.open, ...point.values }))
  const tooltip = ({ active, payload }: CustomTooltipProps) => {
    const row = payload?.[0]?.payload as { title: string; open: boolean } | undefined
    if (!active || !payload || !row) return null
    return (
      <div className="panel px-3 py-2 text-xs shadow-lg">
        <p className="mb-1 font-medium text-ink">
          {row.title}
          {row.open && <span className="font-normal text-ink-3"> still open</span>}
        </p>
        {payload.map((item) => (
          <p key={String(item.dataKey)} className="flex items-center gap-2 text-ink-2">
            <span className={`h-0.5 w-3 ${dots[String(item.color)] ?? ''}`} />
            <span className="mr-4">{item.dataKey}</span>
            <span className="ml-auto text-ink">{typeof item.value === 'number' ? money(String(item.value), currency) : '–'}</span>
          </p>
        ))}
      </div>
    )
  }
  return (
    <div className="relative h-full" role="img" aria-label={label}>
      <OpenBands points={points} />
      <LineChart
        className="relative h-full"
        data={data}
        index="label"
        categories={series.map((one) => one.key)}
        colors={series.map((one) => one.color)}
        valueFormatter={(value) => shortMoney(value, currency)}
        yAxisWidth={AXIS_PX}
        padding={{ left: 0, right: END_PX }}
        tickGap={16}
        showLegend={false}
        showAnimation={false}
        customTooltip={tooltip}
      />
    </div>
  )
}
