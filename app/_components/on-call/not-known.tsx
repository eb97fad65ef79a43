import Link from 'next/link'
import type { OnCall } from '#lib/services/on-call/types.ts'
import { money } from '../format.ts'
import { Section } from '../section.tsx'
import { hours, plural } from './texts.ts'

const itemText = (item: string): string => (item.startsWith('standby/') ? `standby in ${item.slice('standby/'.length)}` : `${item} work`)

/** What the figures above do not hold, each with what would make it known. */
function gaps(data: OnCall): { what: string; remedy: string }[] {
  const strangers = data.people?.filter((row) => row.timezone === null).map((row) => row.person) ?? []
  const pages = data.period.pagesAt?.unknown ?? 0
  const unnamed = data.services.find((row) => row.service === '')
  return [
    ...(strangers.length > 0
      ? [
          {
            what: `${plural(strangers.length, 'person', 'people')} not in the roster: ${strangers.join(', ')}`,
            remedy: 'add them to people.csv with role and time zone',
          },
        ]
      : []),
    ...(strangers.length === 0 && pages > 0
      ? [{ what: `${plural(pages, 'page')} to people who are not in the roster`, remedy: 'add them to people.csv with role and time zone' }]
      : []),
    ...data.unpriced.map((one) => ({
      what: `${hours(one.minutes)} of ${itemText(one.item)} without a rate`,
      remedy: one.item.startsWith('standby/') ? 'add the rotation to the standby rates' : 'give the people a role and the role a rate',
    })),
    ...data.unconverted.map((one) => ({
      what: `${money(one.effective, one.currency)} is in no sum`,
      remedy: `add an exchange rate for ${one.currency}`,
    })),
    ...(unnamed && unnamed.incidents > 0
      ? [{ what: `${plural(unnamed.incidents, 'incident')} of no named service`, remedy: 'name a service on them' }]
      : []),
    ...(data.period.open > 0
      ? [{ what: `${plural(data.period.open, 'incident')} still open`, remedy: 'engaged up to now, at most four hours each' }]
      : []),
  ]
}

export function NotKnown({ data }: { data: OnCall }) {
  const list = gaps(data)
  return (
    <Section id="not-known" title="Not known">
      {list.length === 0 ? (
        <p className="px-4 pb-4 text-ink-2 sm:px-5">Everybody is in the roster, and every hour has a rate.</p>
      ) : (
        <ul>
          {list.map(({ what, remedy }) => (
            <li key={what} className="border-line border-t px-4 py-2 sm:px-5">
              <span className="font-medium">{what}</span>
              <span className="block text-ink-3">{remedy}</span>
            </li>
          ))}
        </ul>
      )}
      <p className="border-line border-t px-4 py-2.5 text-ink-2 sm:px-5">
        Unlogged work is inferred: acknowledged to resolved, less snoozes, four hours an incident at most, less what was logged that day.{' '}
        <Link href="/sources" className="underline decoration-line-strong underline-offset-3 hover:text-ink">
          Sources
        </Link>
      </p>
    </Section>
  )
}
