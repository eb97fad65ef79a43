import { equalDecimals, sumDecimals } from '../decimal.ts'

type Props = { parts: readonly string[]; whole: string; currency: string; of: string }

/** Says whether the parts add up to the whole, to the last digit; and by how much they do not. */
export function SumCheck({ parts, whole, currency, of }: Props) {
  const sum = sumDecimals(parts)
  const equal = equalDecimals(sum, whole)
  return (
    <p className={equal ? 'text-good' : 'text-bad'}>
      <span aria-hidden="true">{equal ? '✓' : '≠'}</span> {of}: <span className="font-mono text-xs">{sum}</span> {currency}
      {equal ? ', equal to the last digit' : ` instead of ${whole}`}
    </p>
  )
}
