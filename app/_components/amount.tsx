import Link from 'next/link'
import { money, signedMoney } from './format.ts'

type Props = {
  value: string | null
  currency: string
  id?: string | null
  signed?: boolean
  className?: string
  what?: string
  digits?: number
}

/** An amount that opens its lineage. `null` is unknown and says so; it is never shown as zero. */
export function Amount({ value, currency, id, signed = false, className = '', what, digits }: Props) {
  if (value === null) return <Unknown />
  const text = signed ? signedMoney(value, currency) : money(value, currency, digits)
  if (!id)
    return (
      <span className={className} title={`${value} ${currency}`}>
        {text}
      </span>
    )
  return (
    <Link
      href={`/lineage/${encodeURIComponent(id)}`}
      prefetch={false}
      title={`${value} ${currency}: open the rows behind it`}
      aria-label={what ? `${what}: ${text}` : undefined}
      className={`amount-link ${className}`}
    >
      {text}
    </Link>
  )
}

export function Unknown({ why = 'unknown' }: { why?: string }) {
  return (
    <span className="text-ink-3" title={why}>
      <span aria-hidden="true">–</span>
      <span className="sr-only">{why}</span>
    </span>
  )
}
