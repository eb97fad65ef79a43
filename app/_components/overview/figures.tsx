import Link from 'next/link'
import type { Overview } from '#lib/services/overview/types.ts'
import { Amount, Unknown } from '../amount.tsx'
import { money, signedPercent, tokens } from '../format.ts'
import { Section } from '../section.tsx'
import { SERIES } from '../series.ts'

type Row = { name: string; note?: string; amount: string | null; id: string | null; perMillion: string | null; look: string; own?: boolean }

function rowsOf(data: Overview): Row[] {
  const { totals, comparators } = data
  const own: Row = {
    name: 'Self-hosted, actual',
    amount: totals.actual,
    id: totals.id,
    perMillion: totals.unitAllocation,
    look: 'bg-series-actual',
    own: true,
  }
  const plans: Row[] = [
    { name: 'Projected', note: 'frozen baseline', amount: totals.projected, id: null, perMillion: null, look: 'bg-series-projected' },
    { name: 'Naive plan', note: 'GPUs alone', amount: totals.naive, id: null, perMillion: null, look: 'bg-line-strong' },
  ]
  const apis = comparators.map((one, index) => ({
    name: one.name,
    note: Number(one.unpricedTokens) > 0 ? `${tokens(one.unpricedTokens)} tokens without a price` : undefined,
    amount: one.equivalent,
    id: one.id,
    perMillion: one.perMillion,
    look: SERIES[index % SERIES.length]!.bar,
  }))
  return [own, ...plans.filter((plan) => plan.amount !== null), ...apis]
}

function Bar({ row, most, data }: { row: Row; most: number; data: Overview }) {
  const width = row.amount === null ? 0 : (Math.max(0, Number(row.amount)) / most) * 100
  if (row.amount === null) return <div className="hatch mt-1.5 h-2 w-full" aria-hidden="true" />
  const open = row.own ? Math.min(100, (Number(data.totals.provisional) / Math.max(1e-9, Number(row.amount))) * 100) : 0
  return (
    <div className="mt-1.5 h-2 bg-sunken" aria-hidden="true">
      <div className={`flex h-full justify-end ${row.look}`} style={{ width: `${width}%` }}>
        {open > 0 && <div className="hatch h-full bg-paper/70" style={{ width: `${open}%` }} />}
      </div>
    </div>
  )
}

/** The uncertain parts of the actual cost, each by its name; and what a million tokens cost on the narrower basis. */
function Caveats({ data }: { data: Overview }) {
  const { totals, currency } = data
  const parts = [
    { name: 'provisional', amount: totals.provisional, id: totals.parts.provisional },
    { name: 'inferred', amount: totals.evidence.inferred, id: totals.parts.inferred },
    { name: 'assumed', amount: totals.evidence.assumed, id: totals.parts.assumed },
  ].filter((part) => Number(part.amount) !== 0)
  return (
    <div className="space-y-1 border-line border-t px-4 py-2.5 text-ink-2 sm:px-5">
      <p>
        {parts.length === 0 ? 'All of the actual cost is final and measured.' : 'Of the actual cost: '}
        {parts.map((part, index) => (
          <span key={part.name}>
            {index > 0 && ', '}
            <Amount value={part.amount} currency={currency} id={part.id} what={part.name} className="text-ink" /> {part.name}
          </span>
        ))}
        {parts.length > 0 && '.'}
      </p>
      {totals.unitUsage !== null && (
        <p>
          GPU time that served costs <span className="text-ink">{money(totals.unitUsage, currency, 3)}</span> per 1M tokens; all else comes
          on top.
        </p>
      )}
      {totals.unconverted.map((one) => (
        <p key={one.currency} className="text-warn">
          {money(one.amount, one.currency)} is left out: no exchange rate.
        </p>
      ))}
    </div>
  )
}

/** The same tokens, paid for in each way: the headline, as one table. */
export function Figures({ data, className }: { data: Overview; className?: string }) {
  const rows = rowsOf(data)
  const most = Math.max(...rows.map((row) => Number(row.amount ?? 0)), 1)
  const actual = Number(data.totals.actual)
  const { currency } = data
  const served = (
    <Link href={`/lineage/${encodeURIComponent(data.totals.tokensId)}`} prefetch={false} className="amount-link">
      {tokens(data.totals.tokens)} tokens served
    </Link>
  )
  return (
    <Section id="figures" title="The same tokens, each way" aside={served} className={className}>
      <table className="w-full">
        <thead className="label">
          <tr className="border-line border-b">
            <th scope="col" className="pb-1.5 pl-4 sm:pl-5">
              Alternative
            </th>
            <th scope="col" className="pb-1.5 text-right">
              Cost
            </th>
            <th scope="col" className="pb-1.5 text-right">
              to actual
            </th>
            <th scope="col" className="pr-4 pb-1.5 text-right sm:pr-5">
              per 1M tokens
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} className="border-line border-b align-top last:border-0">
              <th scope="row" className="w-[46%] py-2.5 pr-4 pl-4 sm:pl-5">
                <span className={row.own ? 'font-semibold' : ''}>{row.name}</span>
                {row.note && <span className="text-ink-3"> {row.note}</span>}
                <Bar row={row} most={most} data={data} />
              </th>
              <td className={`py-2.5 text-right ${row.own ? 'font-semibold' : ''}`}>
                <Amount value={row.amount} currency={currency} id={row.id} what={row.name} />
              </td>
              <td className="py-2.5 pl-3 text-right text-ink-2">
                {row.own || row.amount === null || actual === 0 ? '' : signedPercent(Number(row.amount) / actual - 1, 0)}
              </td>
              <td className="py-2.5 pr-4 pl-3 text-right text-ink-2 sm:pr-5">
                {row.perMillion === null ? <Unknown why="not known" /> : money(row.perMillion, currency, 3)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Caveats data={data} />
    </Section>
  )
}
