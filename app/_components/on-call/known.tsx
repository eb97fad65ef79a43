import type { KnownAmount } from '#lib/services/on-call/types.ts'
import { Amount, Unknown } from '../amount.tsx'

type Props = { value: KnownAmount; currency: string; what: string; className?: string }

/** An amount of which a part may have no rate: then it is at least that much. */
export function Known({ value, currency, what, className = '' }: Props) {
  if (value.amount === null) return <span className="text-warn">no rate</span>
  if (!value.partial && value.id === null) return <Unknowable value={value.amount} currency={currency} className={className} />
  return (
    <span className={className}>
      {value.partial && (
        <span className="text-warn" title="part of the time has no rate">
          <span aria-hidden="true">≥ </span>
          <span className="sr-only">at least </span>
        </span>
      )}
      <Amount value={value.amount} currency={currency} id={value.id} what={what} />
    </span>
  )
}

/** Nothing is posted: no work of this kind. A dash says so better than $0.00 in every second cell. */
function Unknowable({ value, currency, className }: { value: string; currency: string; className: string }) {
  return Number(value) === 0 ? <Unknown why="none" /> : <Amount value={value} currency={currency} className={className} />
}
