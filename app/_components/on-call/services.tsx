import type { OnCall, ServiceRow } from '#lib/services/on-call/types.ts'
import { number } from '../format.ts'
import { Section } from '../section.tsx'
import { hours, plural } from './texts.ts'

const SHOWN = 8

type ListProps = {
  id: string
  title: string
  aside: string
  rows: ServiceRow[]
  size: (row: ServiceRow) => number
  text: (row: ServiceRow) => string
  note: (row: ServiceRow) => string
  look: string
}

function Bars({ id, title, aside, rows, size, text, note, look }: ListProps) {
  const sorted = rows.filter((row) => size(row) > 0).sort((a, b) => size(b) - size(a))
  const most = size(sorted[0] ?? ({} as ServiceRow)) || 1
  return (
    <Section id={id} title={title} aside={aside}>
      {sorted.length === 0 ? (
        <p className="px-4 pb-4 text-ink-2 sm:px-5">None.</p>
      ) : (
        <ol className="pb-2">
          {sorted.slice(0, SHOWN).map((row) => (
            <li key={row.service} className="border-line border-t px-4 py-2 sm:px-5">
              <span className="flex items-baseline justify-between gap-3">
                <span className="min-w-0 truncate">
                  {row.service || <span className="text-warn">no service named</span>} <span className="text-ink-3">{note(row)}</span>
                </span>
                <span className="whitespace-nowrap">{text(row)}</span>
              </span>
              <span className="mt-1 block h-1.5 bg-sunken" aria-hidden="true">
                <span className={`block h-full ${look}`} style={{ width: `${(size(row) / most) * 100}%` }} />
              </span>
            </li>
          ))}
          {sorted.length > SHOWN && (
            <li className="border-line border-t px-4 pt-2 text-ink-3 sm:px-5">and {plural(sorted.length - SHOWN, 'quieter service')}</li>
          )}
        </ol>
      )}
    </Section>
  )
}

/** The noisiest services, twice: what took the hours is seldom what rings most. */
export function Services({ data }: { data: OnCall }) {
  const { services } = data
  const hidden = services.some((row) => row.pages === null)
  if (hidden)
    return (
      <Bars
        id="noisiest"
        title="Noisiest services"
        aside="by incidents; pages and hours of few people are not shown"
        rows={services}
        size={(row) => row.incidents}
        text={(row) => number(row.incidents)}
        note={() => ''}
        look="bg-series-actual"
      />
    )
  return (
    <>
      <Bars
        id="by-hours"
        title="Services by engaged time"
        aside="an hour on two at once counts for both"
        rows={services}
        size={(row) => row.engagedSeconds ?? 0}
        text={(row) => hours((row.engagedSeconds ?? 0) / 60)}
        note={(row) => plural(row.incidents, 'incident')}
        look="bg-series-actual"
      />
      <Bars
        id="by-pages"
        title="Services by pages"
        aside="how often they rang"
        rows={services}
        size={(row) => row.pages ?? 0}
        text={(row) => number(row.pages ?? 0)}
        note={(row) => (row.pagesInSleep ? `${row.pagesInSleep} at night` : '')}
        look="bg-series-3"
      />
    </>
  )
}
