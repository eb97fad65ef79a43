import type { OnCall, PersonRow } from '#lib/services/on-call/types.ts'
import { Unknown } from '../amount.tsx'
import { number } from '../format.ts'
import { Section } from '../section.tsx'
import { Known } from './known.tsx'
import { hours, plural } from './texts.ts'

const cell = 'border-line border-t py-2 text-right whitespace-nowrap'
/** Columns that begin a group. */
const STARTS = new Set<string>(['h-standby', 'logged'])
const HEADS = [
  ['pages', 'Pages'],
  ['sleep', 'at night'],
  ['h-standby', 'Standby'],
  ['h-engaged', 'Engaged'],
  ['h-logged', 'Logged'],
  ['h-unlogged', 'Unlogged'],
  ['logged', 'Logged'],
  ['unlogged', 'Unlogged'],
  ['standby', 'Standby'],
  ['premium', 'Premium'],
  ['all', 'In all'],
] as const

const none = (minutes: number) => (minutes === 0 ? <Unknown why="none" /> : hours(minutes))

function Rotations({ row }: { row: PersonRow }) {
  return row.rotations.map((one) => (
    <span key={one.rotation} className="block font-normal text-ink-3">
      {one.rotation}: {one.shifts === 0 ? 'no shift began' : plural(one.shifts, 'shift')}, {hours(one.seconds / 60)}
      {!one.priced && <span className="text-warn"> · no standby rate</span>}
    </span>
  ))
}

function Row({ row, currency }: { row: PersonRow; currency: string }) {
  const { person, money } = row
  return (
    <tr className="align-top">
      <th scope="row" className="border-line border-t py-2 pl-4 sm:pl-5">
        <span className="font-medium">{person}</span>{' '}
        {row.timezone === null ? (
          <span className="text-warn" title="local hours are unknown; working hours count as UTC, nine to five">
            not in the roster
          </span>
        ) : (
          <span className="text-ink-3">{row.timezone}</span>
        )}
        <Rotations row={row} />
      </th>
      <td className={`${cell} pl-4`}>{row.pages === 0 ? <Unknown why="none" /> : number(row.pages)}</td>
      <td className={`${cell} pl-4`}>
        {row.pagesInSleep === null ? (
          <span className="text-warn">unknown</span>
        ) : row.pagesInSleep === 0 ? (
          <Unknown why="none" />
        ) : (
          row.pagesInSleep
        )}
      </td>
      <td className={`${cell} pl-8`}>{none(row.standbyMinutes)}</td>
      <td className={`${cell} pl-4`}>{none(row.engagedMinutes)}</td>
      <td className={`${cell} pl-4`}>{none(row.loggedMinutes)}</td>
      <td className={`${cell} pl-4`}>{none(row.unloggedMinutes)}</td>
      {(['logged', 'unlogged', 'standby', 'premium', 'all'] as const).map((item) => (
        <td key={item} className={`${cell} ${item === 'all' ? 'pr-4 font-medium sm:pr-5' : ''} ${item === 'logged' ? 'pl-8' : 'pl-4'}`}>
          <Known value={money[item]} currency={currency} what={`${person}, ${item === 'all' ? 'in all' : item}`} />
        </td>
      ))}
    </tr>
  )
}

/** Who carried it, by person and rotation. */
export function People({ data, className }: { data: OnCall; className?: string }) {
  const { people } = data
  return (
    <Section id="people" title="By person and rotation" aside="all logged fleet work, not only on-call" className={className}>
      {people === null ? (
        <p className="px-4 pb-4 text-ink-2 sm:px-5">{plural(data.headcount, 'person', 'people')}. Your role does not read persons.</p>
      ) : people.length === 0 ? (
        <p className="px-4 pb-4 text-ink-2 sm:px-5">Nobody was paged, on standby or engaged.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="relative overflow-x-auto" aria-label="People, scrollable" tabIndex={0}>
          <table className="w-full min-w-[60rem] lg:min-w-[70rem]">
            <thead className="label">
              <tr>
                <td />
                <th scope="colgroup" colSpan={2} className="pl-4 text-right font-medium text-ink-2">
                  Interrupted
                </th>
                <th scope="colgroup" colSpan={4} className="pl-4 text-right font-medium text-ink-2">
                  Hours
                </th>
                <th scope="colgroup" colSpan={5} className="pr-4 text-right font-medium text-ink-2 sm:pr-5">
                  Money
                </th>
              </tr>
              <tr>
                <th scope="col" className="pb-1 pl-4 sm:pl-5">
                  Person
                </th>
                {HEADS.map(([key, head]) => (
                  <th key={key} scope="col" className={`pb-1 text-right ${STARTS.has(key) ? 'pl-8' : 'pl-4'} last:pr-4 sm:last:pr-5`}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {people.map((row) => (
                <Row key={row.person} row={row} currency={data.currency} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Section>
  )
}
