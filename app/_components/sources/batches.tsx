import type { SourceBatch, SourceMoney } from '#lib/services/sources.ts'
import { Unknown } from '../amount.tsx'
import { clockText, money, monthText, number } from '../format.ts'

const PARTS = ['read', 'accepted', 'quarantined', 'excluded'] as const
type Part = (typeof PARTS)[number]

function Cell({ batch, part }: { batch: SourceBatch; part: Part }) {
  const rows = batch.rows[part]
  const amounts = batch.money.filter((one: SourceMoney) => one.column === 'billed' && Number(one[part]) !== 0)
  const alarming = part === 'quarantined' && rows > 0
  return (
    <td className="border-line border-t py-1.5 pl-4 text-right align-top">
      <span className={alarming ? 'font-semibold text-warn' : rows === 0 ? 'text-ink-3' : ''}>{number(rows)}</span>
      {amounts.map((one) => (
        <span key={one.currency} className="block text-ink-3" title={`${one[part]} ${one.currency}`}>
          {money(one[part], one.currency, 2)}
        </span>
      ))}
    </td>
  )
}

/** What the last deliveries held: read = accepted + quarantined + excluded, in rows and in money. */
export function Batches({ batches, timezone, source }: { batches: SourceBatch[]; timezone: string; source: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="relative overflow-x-auto px-4 pb-2 sm:px-5" aria-label={`Deliveries of ${source}`} tabIndex={0}>
      <table className="w-full min-w-[44rem]">
        <thead className="label">
          <tr>
            <th scope="col" className="pb-1">
              Delivery
            </th>
            <th scope="col" className="pb-1 pl-4">
              Period
            </th>
            <th scope="col" className="pb-1 pl-4">
              Arrived
            </th>
            {PARTS.map((part) => (
              <th key={part} scope="col" className="pb-1 pl-4 text-right capitalize">
                {part}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {batches.map((batch) => (
            <tr key={batch.batch}>
              <th scope="row" className="max-w-72 border-line border-t py-1.5 align-top">
                <span className="block truncate" title={batch.file ?? batch.batch}>
                  {batch.file ?? batch.batch}
                </span>
                <span className="block text-ink-3">{[batch.dialect, batch.status].filter(Boolean).join(', ')}</span>
              </th>
              <td className="whitespace-nowrap border-line border-t py-1.5 pl-4 align-top">
                {batch.period ? monthText(batch.period) : <Unknown why="no period" />}
                {batch.version > 1 && <span className="text-ink-3"> v{batch.version}</span>}
              </td>
              <td className="whitespace-nowrap border-line border-t py-1.5 pl-4 align-top text-ink-2" title={batch.arrivedAt}>
                {clockText(batch.arrivedAt, timezone)}
              </td>
              {PARTS.map((part) => (
                <Cell key={part} batch={batch} part={part} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
