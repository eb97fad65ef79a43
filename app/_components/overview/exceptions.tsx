import Link from 'next/link'
import { periodSearch } from '#app/_queries/period.ts'
import type { ExceptionView, Overview } from '#lib/services/overview/types.ts'
import { Amount, Unknown } from '../amount.tsx'
import { dayText, gpuHours, number, tokens } from '../format.ts'
import { Section } from '../section.tsx'
import { exceptionName } from '../words.ts'

function quantityText(quantity: string, unit: ExceptionView['unit']): string {
  if (unit === 'seconds') return `${number(Number(quantity) / 3600, 1)} h`
  if (unit === 'GPU-minutes') return `${gpuHours(quantity)} GPU-h`
  return unit === null ? tokens(quantity) : `${tokens(quantity)} ${quantity === '1' ? unit.slice(0, -1) : unit}`
}

/** Its money, else how much of it there is; opens where there is something to open. */
export function Size({ one }: { one: Pick<ExceptionView, 'kind' | 'amount' | 'currency' | 'quantity' | 'unit' | 'id'> }) {
  if (one.amount !== null && one.currency !== null)
    return <Amount value={one.amount} currency={one.currency} id={one.id} what={exceptionName(one.kind)} className="font-medium" />
  if (one.quantity === null) return <Unknown why="no amount" />
  const text = quantityText(one.quantity, one.unit)
  if (one.id === null) return <span>{text}</span>
  return (
    <Link href={`/lineage/${encodeURIComponent(one.id)}`} prefetch={false} className="amount-link">
      {text}
    </Link>
  )
}

/** What is not explained yet, with its money and what to do. */
export function Exceptions({ data }: { data: Overview }) {
  const { exceptions } = data
  return (
    <Section
      id="exceptions"
      title="Not explained yet"
      aside={
        exceptions.length > 0 && (
          <Link
            href={`/exceptions${periodSearch(data)}`}
            prefetch={false}
            className="underline decoration-line-strong underline-offset-3 hover:text-ink"
          >
            One by one, with owners
          </Link>
        )
      }
    >
      {exceptions.length === 0 ? (
        <p className="px-4 pb-4 text-ink-2 sm:px-5">Nothing: every row found its place.</p>
      ) : (
        <ul>
          {exceptions.map((one) => (
            <li
              key={`${one.kind} ${one.currency} ${one.unit}`}
              className="flex items-baseline gap-4 border-line border-t px-4 py-2 sm:px-5"
            >
              <span className="min-w-0">
                <span className="font-medium">{exceptionName(one.kind)}</span> <span className="text-ink-2">{one.subject}</span>
                <span className="block text-ink-3">
                  since {dayText(one.since)}: {one.suggestion}
                </span>
              </span>
              <span className="ml-auto whitespace-nowrap text-right">
                <Size one={one} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

export function SourcesSummary({ data }: { data: Overview }) {
  const { total, fresh, failing, late } = data.sources
  return (
    <Section id="source-health" title="Sources">
      <div className="flex flex-col gap-1 px-4 pb-4 text-ink-2 sm:px-5">
        <p>
          {fresh} of {total} are fresh.
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
