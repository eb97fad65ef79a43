import type { LayerView, Overview } from '#lib/services/overview/types.ts'
import { Amount, Unknown } from '../amount.tsx'
import { EvidenceBar, EvidenceLegend } from '../evidence-bar.tsx'
import { money, percent, signedMoney, smallPercent } from '../format.ts'
import { Section } from '../section.tsx'
import { layerName } from '../words.ts'

/** Two bars to one scale: actual solid, projected as a mark. */
function Scale({ layer, most }: { layer: LayerView; most: number }) {
  const share = (amount: string | null) => `${Math.min(100, Math.max(0, Number(amount) / most) * 100)}%`
  return (
    <span className="relative block h-2 bg-sunken" aria-hidden="true">
      <span
        className={`block h-full ${layer.layer === 'gpu_compute' ? 'bg-line-strong' : 'bg-series-actual'}`}
        style={{ width: share(layer.amount) }}
      />
      {layer.projected !== null && Number(layer.projected) > 0 && (
        <span className="absolute -top-1 -bottom-1 w-0.5 bg-ink" style={{ left: share(layer.projected) }} />
      )}
    </span>
  )
}

function Variance({ layer, currency }: { layer: LayerView; currency: string }) {
  if (layer.projected === null) return <Unknown why="not projected" />
  if (layer.amount === null) return <Unknown />
  const difference = Number(layer.amount) - Number(layer.projected)
  if (Math.abs(difference) < 0.005) return <span className="text-ink-3">as planned</span>
  return <span className={difference > 0 ? 'text-bad' : 'text-good'}>{signedMoney(difference.toFixed(2), currency)}</span>
}

/** "GPU bill is 58 % of what it costs": what a GPU invoice alone does not say. */
function Hidden({ data }: { data: Overview }) {
  const total = Number(data.totals.actual)
  const gpu = Number(data.totals.gpu)
  if (total <= 0 || gpu <= 0) return null
  const share = gpu / total
  return (
    <div className="px-4 pb-3 sm:px-5">
      <p className="text-[1.125rem] leading-6 tracking-[-0.012em]">
        The GPU bill is <span className="font-semibold">{percent(share)}</span> of what it costs.{' '}
        <span className="text-ink-3">{money(String(total - gpu), data.currency)} stands outside it.</span>
      </p>
      <div className="mt-2 flex h-3 gap-px" aria-hidden="true">
        <span className="bg-line-strong" style={{ width: `${share * 100}%` }} />
        <span className="grow bg-series-actual" />
      </div>
    </div>
  )
}

export function Layers({ data }: { data: Overview }) {
  const { layers, currency } = data
  const most = Math.max(...layers.flatMap((layer) => [Number(layer.amount), Number(layer.projected ?? 0)]), 1)
  const cell = 'border-line border-t py-1.5'
  return (
    <Section id="layers" title="Cost by layer" aside={<EvidenceLegend />}>
      <Hidden data={data} />
      <table className="w-full">
        <thead className="label">
          <tr>
            <th scope="col" className="pb-1 pl-4 sm:pl-5">
              Layer
            </th>
            <th scope="col" className="hidden w-[24%] pb-1 pl-4 sm:table-cell">
              Actual, <span aria-hidden="true">▏</span>projected
            </th>
            <th scope="col" className="pb-1 pl-3 text-right">
              Actual
            </th>
            <th scope="col" className="hidden pb-1 pl-3 text-right sm:table-cell">
              Share
            </th>
            <th scope="col" className="pr-4 pb-1 pl-3 text-right sm:pr-0">
              to plan
            </th>
            <th scope="col" className="hidden w-20 pr-5 pb-1 pl-4 sm:table-cell">
              Evidence
            </th>
          </tr>
        </thead>
        <tbody>
          {layers.map((layer) => (
            <tr key={layer.layer}>
              <th scope="row" className={`${cell} pl-4 sm:pl-5 ${layer.layer === 'unassigned' ? 'text-warn' : ''}`}>
                {layerName(layer.layer)}
              </th>
              <td className={`${cell} hidden pl-4 sm:table-cell`}>
                <Scale layer={layer} most={most} />
              </td>
              <td className={`${cell} pl-3 text-right`}>
                <Amount value={layer.amount} currency={currency} id={layer.id} what={layerName(layer.layer)} />
              </td>
              <td className={`${cell} hidden pl-3 text-right text-ink-3 sm:table-cell`}>
                {layer.share === null ? '' : smallPercent(layer.share)}
              </td>
              <td className={`${cell} pr-4 pl-3 text-right sm:pr-0`}>
                <Variance layer={layer} currency={currency} />
              </td>
              <td className={`${cell} hidden pr-5 pl-4 sm:table-cell`}>
                <EvidenceBar evidence={layer.evidence} />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="font-semibold">
            <th scope="row" className="border-ink border-t py-2 pl-4 sm:pl-5">
              Total
            </th>
            <td className="hidden border-ink border-t sm:table-cell" />
            <td className="border-ink border-t py-2 pl-3 text-right">
              <Amount value={data.totals.actual} currency={currency} id={data.totals.id} what="Total" />
            </td>
            <td className="hidden border-ink border-t sm:table-cell" />
            <td className="border-ink border-t py-2 pr-4 pl-3 text-right sm:pr-0">
              {data.totals.projected !== null &&
                signedMoney((Number(data.totals.actual) - Number(data.totals.projected)).toFixed(2), currency)}
            </td>
            <td className="hidden border-ink border-t py-2 pr-5 pl-4 sm:table-cell">
              <EvidenceBar evidence={data.totals.evidence} />
            </td>
          </tr>
        </tfoot>
      </table>
    </Section>
  )
}
