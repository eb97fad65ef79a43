import type { ChangeRow, ChangesReport } from '#lib/services/report/changes.ts'
import { Amount } from '../amount.tsx'
import { equalDecimals, sumDecimals } from '../decimal.ts'
import { clockText, monthText, number } from '../format.ts'
import { Section } from '../section.tsx'
import { layerName } from '../words.ts'

const KINDS: Record<string, string> = {
  delivery: 'Delivered',
  rules: 'Rules',
  setting: 'Setting',
  telemetry: 'Telemetry',
  recomputed: 'Computed again',
}
/** What says itself by its kind alone. */
const SAID = new Set(['recomputed', 'rules'])

type Group = { key: string; rows: ChangeRow[]; change: string; at: string }

/** One group a combination of causes, the most money moved first: moves between layers count, though their sum is nothing. */
function grouped(rows: readonly ChangeRow[]): Group[] {
  const moved = (group: Group) => group.rows.reduce((sum, row) => sum + Math.abs(Number(row.change)), 0)
  return [...Map.groupBy(rows, (row) => JSON.stringify(row.causes))]
    .map(([key, some]) => ({
      key,
      rows: some.toSorted((a, b) => Number(b.restated) - Number(a.restated) || Math.abs(Number(b.change)) - Math.abs(Number(a.change))),
      change: sumDecimals(some.map((row) => row.change)),
      at: some
        .map((row) => row.at)
        .sort()
        .at(-1)!,
    }))
    .sort((a, b) => moved(b) - moved(a))
}

function Heading({ group, currency, timezone }: { group: Group; currency: string; timezone: string }) {
  const causes = group.rows[0]!.causes
  return (
    <div className="flex items-baseline justify-between gap-4 px-4 pt-3 pb-2 sm:px-5">
      <h3 className="min-w-0">
        {causes.map(({ kind, what }) => (
          <span key={`${kind} ${what}`} className="block break-words">
            <span className="font-medium">{KINDS[kind] ?? kind}</span> {!SAID.has(what) && <span className="text-ink-2">{what}</span>}
          </span>
        ))}
        <span className="label">published {clockText(group.at, timezone)}</span>
      </h3>
      <span className="whitespace-nowrap font-semibold">
        <Amount value={group.change} currency={currency} signed />
      </span>
    </div>
  )
}

const MOST_SHOWN = 12

function Rows({ rows, currency }: { rows: readonly ChangeRow[]; currency: string }) {
  const cell = 'border-line border-t py-1.5'
  const hidden = rows.slice(MOST_SHOWN)
  return (
    <table className="w-full table-fixed">
      <thead className="label">
        <tr>
          <th scope="col" className="pb-1 pl-4 sm:pl-5">
            Layer
          </th>
          <th scope="col" className="w-24 pb-1 pl-4 sm:w-40">
            Month
          </th>
          <th scope="col" className="w-48 pb-1 pl-4 max-sm:hidden">
            Kind
          </th>
          <th scope="col" className="w-28 pr-4 pb-1 pl-4 text-right sm:w-40 sm:pr-5">
            Change
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, MOST_SHOWN).map((row) => (
          <tr key={`${row.month} ${row.layer} ${row.restated}`}>
            <th scope="row" className={`${cell} pl-4 sm:pl-5`}>
              {layerName(row.layer ?? '')}
            </th>
            <td className={`${cell} whitespace-nowrap pl-4 text-ink-2`}>{monthText(row.month ?? '')}</td>
            <td className={`${cell} pl-4 text-ink-3 max-sm:hidden`}>{row.restated ? 'published otherwise' : 'new days'}</td>
            <td className={`${cell} pr-4 pl-4 text-right sm:pr-5`}>
              <Amount value={row.change} currency={currency} id={row.id} signed what={`${layerName(row.layer ?? '')}, ${row.month}`} />
            </td>
          </tr>
        ))}
        {hidden.length > 0 && (
          <tr className="text-ink-3">
            <th scope="row" className={`${cell} pl-4 sm:pl-5`}>
              and {number(hidden.length)} more
            </th>
            <td className={cell} />
            <td className={`${cell} max-sm:hidden`} />
            <td className={`${cell} pr-4 pl-4 text-right sm:pr-5`}>
              <Amount value={sumDecimals(hidden.map((row) => row.change))} currency={currency} signed />
            </td>
          </tr>
        )}
      </tbody>
    </table>
  )
}

/** Every difference under what caused it; together they are the change, to the last digit, and the page says so. */
export function Causes({ data, timezone }: { data: ChangesReport; timezone: string }) {
  const groups = grouped(data.rows)
  const whole = sumDecimals(groups.map((group) => group.change))
  return (
    <Section id="causes" title="By cause" aside={`${number(groups.length)} ${groups.length === 1 ? 'cause' : 'causes'}`}>
      {groups.map((group) => (
        <article key={group.key} className="border-line-strong border-t first-of-type:border-line">
          <Heading group={group} currency={data.currency} timezone={timezone} />
          <Rows rows={group.rows} currency={data.currency} />
        </article>
      ))}
      <p className="border-ink border-t px-4 py-2.5 text-ink-2 sm:px-5">
        {equalDecimals(whole, data.totals.change) && equalDecimals(sumDecimals([data.totals.before, whole]), data.totals.after)
          ? 'The causes add up to the difference of the two moments, to the last digit.'
          : 'The causes do not add up to the difference of the two moments.'}
      </p>
    </Section>
  )
}
