import Link from 'next/link'
import type { Overview } from '#lib/services/overview/types.ts'
import { Amount } from '../amount.tsx'
import { number } from '../format.ts'
import { Section } from '../section.tsx'
import { exceptionName } from '../words.ts'

/** What is not explained yet, with its money. */
export function Exceptions({ data, className }: { data: Overview; className?: string }) {
  const { exceptions, currency } = data
  return (
    <Section id="exceptions" title="Not explained yet" className={className}>
      {exceptions.length === 0 ? (
        <p className="px-4 pb-4 text-ink-2 sm:px-5">Nothing: every row found its place.</p>
      ) : (
        <ul>
          {exceptions.map((one) => (
            <li key={one.kind} className="flex items-baseline gap-3 border-line border-t px-4 py-2 sm:px-5">
              <span className="w-10 shrink-0 text-right font-medium">{number(one.count)}</span>
              <span className="min-w-0 text-ink-2">{one.sentence || exceptionName(one.kind)}</span>
              <span className="ml-auto">
                <Amount value={one.amount} currency={currency} id={one.id} what={one.sentence} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

export function SourcesSummary({ data, className }: { data: Overview; className?: string }) {
  const { total, failing, late } = data.sources
  return (
    <Section id="source-health" title="Sources" className={className}>
      <div className="flex flex-col gap-1 px-4 pb-4 text-ink-2 sm:px-5">
        <p>
          {total - failing.length - late.length} of {total} are fresh.
        </p>
        {failing.length > 0 && (
          <p>
            <span className="font-medium text-bad">Failing:</span> {failing.join(', ')}
          </p>
        )}
        {late.length > 0 && (
          <p>
            <span className="font-medium text-warn">Late:</span> {late.join(', ')}
          </p>
        )}
        <p>
          <Link href="/sources" className="underline decoration-line-strong underline-offset-3 hover:text-ink">
            Freshness, coverage and rejected rows
          </Link>
        </p>
      </div>
    </Section>
  )
}
