import Link from 'next/link'
import type { Lineage } from '#lib/services/lineage.ts'
import { Amount } from '../amount.tsx'
import { sumDecimals } from '../decimal.ts'
import { money, number } from '../format.ts'
import { Section } from '../section.tsx'
import { SumCheck } from './check.tsx'

type SourceRow = Lineage['sources'][number]
const KINDS: Record<SourceRow['kind'], string> = {
  bill_line: 'Bill line',
  time_entry: 'Time entry',
  engagement: 'Engagement',
  shift: 'Shift',
  node_day: 'Node-day',
  serve_hour: 'Served hour',
  price: 'Price',
}

function Place({ row }: { row: SourceRow }) {
  if (row.file === null) return <span className="text-ink-3">{row.batch ?? 'telemetry'}</span>
  const line = row.line === null || row.line === '0' ? '' : `:${row.line}`
  return (
    <span className="font-mono text-xs" title={row.batch === null ? undefined : `delivery ${row.batch}`}>
      {row.file}
      {line}
    </span>
  )
}

/** Lineage ids among the details open in turn: a state's cost leads to the bill lines of its nodes. */
const LINKS = ['cost_of_the_nodes', 'cost of the nodes']

function Details({ detail }: { detail: SourceRow['detail'] }) {
  const said = Object.entries(detail).filter(([name]) => !LINKS.includes(name))
  const text = said.map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`).join(', ')
  const id = LINKS.map((name) => detail[name]).find((value) => value !== undefined)
  return (
    <span className="block truncate text-ink-3" title={text}>
      {id && (
        <Link
          href={`/lineage/${encodeURIComponent(id)}`}
          prefetch={false}
          className="mr-2 underline decoration-line-strong underline-offset-3"
        >
          cost of the nodes
        </Link>
      )}
      {text}
    </span>
  )
}

function Row({ row }: { row: SourceRow }) {
  const cell = 'border-line border-t py-1.5 align-top'
  return (
    <tr>
      <th scope="row" className={`${cell} break-words`}>
        <Place row={row} />
        <span className="block text-ink-2 sm:hidden">
          {row.when.slice(0, 10)}, {row.what}
        </span>
      </th>
      <td className={`${cell} whitespace-nowrap pl-4 text-ink-2 max-sm:hidden`}>
        {row.when.replace('T', ' ').replace(/(:\d\d)(:00)?(\.0+)?Z$/, '$1')}
        <span className="block text-ink-3">{KINDS[row.kind]}</span>
      </td>
      <td className={`${cell} pl-4 max-sm:hidden`}>
        <span className="block truncate" title={row.what}>
          {row.what}
        </span>
        <Details detail={row.detail} />
      </td>
      <td className={`${cell} whitespace-nowrap pl-4 text-right text-ink-2 max-sm:hidden`}>
        {row.quantity !== null && `${number(row.quantity, 2)} ${row.unit ?? ''}`}
      </td>
      <td className={`${cell} whitespace-nowrap pl-4 text-right`}>
        {row.amount !== null && row.currency !== null && <Amount value={row.amount} currency={row.currency} digits={2} />}
      </td>
    </tr>
  )
}

/** Which postings the amounts of a row are parts of; rows of other kinds are evidence of time or tokens, and no summands. */
const STEPS: Partial<Record<SourceRow['kind'], string>> = { bill_line: 'bills', node_day: 'capacity', price: 'equivalent' }

/** Σ of what is shown, by currency; compared with the ledger once every page is here. */
function Sums({ lineage, rows, complete }: { lineage: Lineage; rows: SourceRow[]; complete: boolean }) {
  const summands = rows.filter((row) => row.amount !== null && row.currency !== null && STEPS[row.kind] !== undefined)
  const steps = new Set(summands.map((row) => STEPS[row.kind]))
  const postings = lineage.ledger.filter((row) => steps.has(row.step))
  const rest = lineage.ledger.length - postings.length
  return [...Map.groupBy(summands, (row) => row.currency!)].map(([currency, list]) => {
    const parts = list.map((row) => row.amount!)
    const posted = postings.filter((row) => (row.dims.currency ?? lineage.currency) === currency).flatMap((row) => row.amount ?? [])
    const of = rest === 0 ? 'The source rows add up' : 'The rows that carry money add up to their postings'
    if (complete && posted.length > 0)
      return <SumCheck key={currency} parts={parts} whole={sumDecimals(posted)} currency={currency} of={of} />
    return (
      <p key={currency} className="text-ink-2">
        The rows shown add up to {money(sumDecimals(parts), currency, 2)} of {money(sumDecimals(posted), currency, 2)}.
      </p>
    )
  })
}

type Props = { lineage: Lineage; rows: SourceRow[]; more: (() => void) | null; loading: boolean }

/** The rows of bills, time sheets and telemetry that the postings were made from, with file and line. */
export function SourceRows({ lineage, rows, more, loading }: Props) {
  const heads = [
    ['File and line', 'sm:w-60'],
    ['When (UTC)', 'w-36 max-sm:hidden'],
    ['What', 'max-sm:hidden'],
    ['Quantity', 'w-36 max-sm:hidden'],
    ['Its part', 'w-28'],
  ]
  return (
    <Section id="source-rows" title="Source rows" aside={`${number(rows.length)}${more ? ' so far' : ''}`}>
      {rows.length === 0 ? (
        <p className="px-4 pb-4 text-ink-2 sm:px-5">No source row stands behind it.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="relative overflow-x-auto px-4 sm:px-5" aria-label="Source rows, scrollable" tabIndex={0}>
          <table className="w-full table-fixed sm:min-w-[56rem]">
            <thead className="label">
              <tr>
                {heads.map(([head, width], index) => (
                  <th key={head} scope="col" className={`pb-1 ${width} ${index > 0 ? 'pl-4' : ''} ${index > 2 ? 'text-right' : ''}`}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows are only ever appended, and two may be equal
                <Row key={index} row={row} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      <div className="flex flex-wrap items-center justify-between gap-3 border-line border-t px-4 py-2.5 sm:px-5">
        <div>
          <Sums lineage={lineage} rows={rows} complete={more === null} />
          {lineage.note && <p className="text-ink-2">{lineage.note}</p>}
        </div>
        {more && (
          <button
            type="button"
            onClick={more}
            disabled={loading}
            className="with-script-only cursor-pointer rounded border border-line-strong px-2.5 py-1 hover:bg-sunken disabled:cursor-default disabled:text-ink-3"
          >
            {loading ? 'Reading…' : 'More rows'}
          </button>
        )}
      </div>
    </Section>
  )
}
