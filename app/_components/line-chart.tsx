'use client'
// The only file that imports Tremor. Loaded on its own, after the page can be read.
import type { CustomTooltipProps } from '@tremor/react/dist/components/chart-elements/common/CustomTooltipProps'
import LineChart from '@tremor/react/dist/components/chart-elements/LineChart/LineChart.js'
import { money, shortMoney } from './format.ts'

export type ChartSeries = { key: string; color: string }
export type ChartPoint = { label: string; title: string; open: boolean; values: Record<string, number | null> }
type Props = { points: ChartPoint[]; series: ChartSeries[]; currency: string; label: string }

const AXIS_PX = 52

/** Days that are still open stand under a hatched band: from half a step before the first of them. */
function OpenBand({ points }: { points: ChartPoint[] }) {
  const first = points.findIndex((point) => point.open)
  if (first < 0 || points.length < 2) return null
  const left = Math.max(0, first - 0.5) / (points.length - 1)
  return (
    <div
      aria-hidden="true"
      className="hatch absolute top-[5px] right-0 bottom-[30px] opacity-30"
      style={{ left: `calc(${AXIS_PX}px + (100% - ${AXIS_PX}px) * ${left})` }}
    />
  )
}

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
      <OpenBand points={points} />
      <LineChart
        className="relative h-full"
        data={data}
        index="label"
        categories={series.map((one) => one.key)}
        colors={series.map((one) => one.color)}
        valueFormatter={(value) => shortMoney(value, currency)}
        yAxisWidth={AXIS_PX}
        padding={{ left: 0, right: 0 }}
        tickGap={28}
        showLegend={false}
        showAnimation={false}
        customTooltip={tooltip}
      />
    </div>
  )
}
