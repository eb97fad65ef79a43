import type { Lineage, LineageLedgerRow } from '#lib/services/lineage.ts'
import { Amount, Unknown } from '../amount.tsx'
import { gpuHours, number } from '../format.ts'
import { Section } from '../section.tsx'
import { layerName, stateName } from '../words.ts'
import { SumCheck } from './check.tsx'

const SAID_ELSEWHERE = ['measure', 'layer', 'item', 'evidence', 'provisional', 'currency', 'source_id']

const nameOf = ({ dims, step }: LineageLedgerRow): string =>
  [dims.layer && layerName(dims.layer), dims.item && stateName(dims.item)].filter(Boolean).join(', ') || step

const restOf = ({ dims }: LineageLedgerRow): [string, string][] =>
  Object.entries(dims).filter(([name]) => !SAID_ELSEWHERE.includes(name)) as [string, string][]

/** GPU-minutes and seconds are kept whole in the ledger; people read hours. */
function quantityOf({ quantity, step }: LineageLedgerRow): string {
  if (quantity === null) return ''
  if (step === 'capacity') return `${gpuHours(quantity)} GPU-h`
  if (step === 'labour') return `${number(Number(quantity) / 3600, 1)} h`
  return number(quantity)
}

function Where({ row }: { row: LineageLedgerRow }) {
  return restOf(row).map(([name, value]) => (
    <span key={name} className="mr-3 inline-block text-ink-2">
      <span className="text-ink-3">{name.replaceAll('_', ' ')}</span> {value}
    </span>
  ))
}

function Row({ row, currency }: { row: LineageLedgerRow; currency: string }) {
  const cell = 'border-line border-t py-1.5 align-top'
  const open = row.dims.provisional === 'true'
  const own = row.dims.currency ?? currency
  return (
    <tr>
      <th scope="row" className={cell}>
        {nameOf(row)}
        <span className="block text-ink-3">
          {row.dims.evidence}
          {open && ', provisional'}
        </span>
        <span className="block sm:hidden">
          <Where row={row} />
        </span>
      </th>
      <td className={`${cell} pl-4 text-ink-2 max-sm:hidden`}>
        <Where row={row} />
      </td>
      <td className={`${cell} pl-4 text-right text-ink-2`}>{quantityOf(row)}</td>
      <td className={`${cell} pl-4 text-right`}>
        {row.amountRc === null && row.quantity !== null && row.amount === null ? (
          ''
        ) : row.amountRc === null ? (
          <Unknown why="no exchange rate" />
        ) : (
          <Amount value={row.amountRc} currency={currency} digits={2} />
        )}
        {own !== currency && row.amount !== null && (
          <span className="block text-ink-3">
            <Amount value={row.amount} currency={own} digits={2} />
          </span>
        )}
      </td>
    </tr>
  )
}

/** The postings whose sum the amount is. */
export function LedgerRows({ lineage }: { lineage: Lineage }) {
  const { ledger, amount, currency } = lineage
  const parts = ledger.flatMap((row) => row.amountRc ?? [])
  return (
    <Section id="ledger" title="Ledger" aside={`${number(ledger.length)} ${ledger.length === 1 ? 'posting' : 'postings'}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="relative max-h-[28rem] overflow-auto px-4 sm:px-5" aria-label="Ledger rows" tabIndex={0}>
        <table className="w-full sm:min-w-[36rem]">
          <thead className="label">
            <tr>
              <th scope="col" className="pb-1">
                Posting
              </th>
              <th scope="col" className="pb-1 pl-4 max-sm:hidden">
                Where
              </th>
              <th scope="col" className="pb-1 pl-4 text-right">
                Quantity
              </th>
              <th scope="col" className="pb-1 pl-4 text-right">
                Amount
              </th>
            </tr>
          </thead>
          <tbody>
            {ledger.map((row) => (
              <Row key={JSON.stringify([row.step, row.dims])} row={row} currency={currency} />
            ))}
          </tbody>
        </table>
      </section>
      <div className="border-line border-t px-4 py-2.5 sm:px-5">
        {amount === null ? (
          <p className="text-ink-2">These postings carry quantities, no money.</p>
        ) : (
          <SumCheck parts={parts} whole={amount} currency={currency} of="The postings add up" />
        )}
      </div>
    </Section>
  )
}
