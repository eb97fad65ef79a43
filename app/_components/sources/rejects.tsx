import type { SourceReject } from '#lib/services/sources.ts'
import { Unknown } from '../amount.tsx'
import { money, number } from '../format.ts'

/** Rows that could not be read: where they stand, what stood there, why it was refused, and their money. */
export function Rejects({ rejects, count, source }: { rejects: SourceReject[]; count: number; source: string }) {
  const cell = 'border-line border-t py-1.5 align-top'
  return (
    <div className="border-line border-t bg-warn-soft/40 px-4 py-3 sm:px-5">
      <h3 className="mb-1.5 font-medium text-warn">
        {number(count)} rejected {count === 1 ? 'row' : 'rows'}
        {count > rejects.length && <span className="font-normal text-ink-3">, the first {rejects.length} shown</span>}
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="relative max-h-72 overflow-auto" aria-label={`Rejected rows of ${source}`} tabIndex={0}>
        <table className="w-full min-w-[40rem]">
          <thead className="label">
            <tr>
              <th scope="col" className="pb-1">
                File and line
              </th>
              <th scope="col" className="pb-1 pl-4">
                Column
              </th>
              <th scope="col" className="pb-1 pl-4">
                Value
              </th>
              <th scope="col" className="pb-1 pl-4">
                Reason
              </th>
              <th scope="col" className="pb-1 pl-4 text-right">
                Billed
              </th>
            </tr>
          </thead>
          <tbody>
            {rejects.map((one) => (
              <tr key={`${one.file}:${one.line}:${one.column}`}>
                <th scope="row" className={`${cell} font-mono text-xs`}>
                  {one.file}:{one.line}
                </th>
                <td className={`${cell} pl-4`}>{one.column ?? <Unknown why="the whole row" />}</td>
                <td className={`${cell} max-w-56 break-words pl-4 font-mono text-xs`}>{one.value ?? <Unknown why="none" />}</td>
                <td className={`${cell} pl-4`}>{one.reason}</td>
                <td className={`${cell} pl-4 text-right`}>
                  {one.billed !== null && one.currency ? money(one.billed, one.currency, 2) : <Unknown why="unreadable" />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  )
}
