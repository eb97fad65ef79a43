import type { Coverage } from '#lib/services/overview/types.ts'
import { coveragePercent } from './format.ts'

const NAMES = [
  { key: 'cost', name: 'Cost', means: 'days of the period whose bill has arrived' },
  { key: 'tokens', name: 'Tokens', means: 'serving time whose tokens were counted' },
  { key: 'labour', name: 'Labour', means: 'incident work that somebody logged or that carries a rate' },
  { key: 'prices', name: 'Prices', means: 'tokens that have a price in force' },
] as const
/** Below this a verdict is not given (DESIGN.md section 7). */
const ENOUGH = 0.9

function Meter({ name, means, share, lowest }: { name: string; means: string; share: number | null; lowest: boolean }) {
  const text = share === null ? 'unknown' : coveragePercent(share)
  const low = share === null || share < ENOUGH
  return (
    <div className="grid min-w-0 grid-cols-[1fr_auto] gap-x-2" title={`${name} coverage: ${means}`}>
      <dt className={lowest ? 'font-medium text-ink' : 'text-ink-3'}>
        {name}
        {lowest && <span className="font-normal text-ink-3"> lowest</span>}
      </dt>
      <dd className={low ? 'font-semibold text-warn' : lowest ? 'font-semibold text-ink' : 'text-ink-2'}>{text}</dd>
      <dd className={`col-span-2 mt-1 h-1.5 overflow-hidden bg-sunken ${share === null ? 'hatch' : ''}`} aria-hidden="true">
        <div className={`h-full ${low ? 'bg-warn' : lowest ? 'bg-ink' : 'bg-line-strong'}`} style={{ width: `${(share ?? 0) * 100}%` }} />
      </dd>
    </div>
  )
}

/** The four coverages, the lowest one named: a verdict is only as good as that. */
export function CoverageMeters({ coverage, className = '' }: { coverage: Coverage; className?: string }) {
  const lowest = NAMES.reduce((least, { key }) => ((coverage[key] ?? -1) < (coverage[least] ?? -1) ? key : least), 'cost' as keyof Coverage)
  return (
    <dl className={`grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4 ${className}`}>
      {NAMES.map(({ key, name, means }) => (
        <Meter key={key} name={name} means={means} share={coverage[key]} lowest={key === lowest && coverage[key] !== 1} />
      ))}
    </dl>
  )
}
