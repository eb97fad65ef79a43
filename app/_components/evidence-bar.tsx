import type { Evidence } from '#lib/services/overview/types.ts'
import { percent } from './format.ts'

const PARTS = [
  { key: 'measured', look: 'bg-ink-2' },
  { key: 'inferred', look: 'bg-ink-2/40' },
  { key: 'assumed', look: 'hatch outline outline-line-strong -outline-offset-1' },
] as const

const shares = (evidence: Evidence) => {
  const sizes = PARTS.map(({ key }) => Math.abs(Number(evidence[key])))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return PARTS.map((part, index) => ({ ...part, share: total === 0 ? 0 : sizes[index]! / total }))
}

/** How an amount is known, as one bar: solid measured, pale inferred, hatched assumed. */
export function EvidenceBar({ evidence, className = '' }: { evidence: Evidence; className?: string }) {
  const parts = shares(evidence).filter((part) => part.share > 0)
  const text = parts.map((part) => `${percent(part.share)} ${part.key}`).join(', ') || 'no evidence'
  return (
    <span role="img" aria-label={text} title={text} className={`flex h-2 gap-px overflow-hidden ${className}`}>
      {parts.map((part) => (
        <span key={part.key} className={part.look} style={{ width: `${part.share * 100}%` }} />
      ))}
    </span>
  )
}

export function EvidenceLegend() {
  return (
    <span className="flex gap-3">
      {PARTS.map(({ key, look }) => (
        <span key={key} className="flex items-center gap-1.5">
          <span className={`size-2 ${look}`} aria-hidden="true" />
          {key}
        </span>
      ))}
    </span>
  )
}
