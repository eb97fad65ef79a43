import { ago, coveragePercent } from '../format.ts'

type Target = { url?: string; instance?: string; up?: boolean; error?: string | null; at?: string | null; coverage?: number | null }

/** Those that are down come first. */
const MOST_SHOWN = 29

const isTarget = (value: unknown): value is Target => typeof value === 'object' && value !== null && ('url' in value || 'instance' in value)

/** The targets of a telemetry source, as its adapter reports them; nothing for other sources. */
export function Targets({ detail, clock }: { detail: unknown; clock: { now: string } }) {
  const list = typeof detail === 'object' && detail !== null && 'targets' in detail ? detail.targets : null
  const all = Array.isArray(list) ? list.filter(isTarget) : []
  if (all.length === 0) return null
  const targets = all.toSorted((a, b) => Number(a.up ?? true) - Number(b.up ?? true)).slice(0, MOST_SHOWN)
  return (
    <ul className="grid gap-x-8 px-4 pb-3 sm:grid-cols-2 sm:px-5 lg:grid-cols-3">
      {targets.map((target) => (
        <li key={target.url ?? target.instance} className="flex min-w-0 items-baseline gap-2 border-line border-t py-1">
          <span className={target.up === false ? 'font-medium text-bad' : target.up ? 'text-good' : 'text-ink-3'}>
            {target.up === false ? 'down' : target.up ? 'up' : 'unknown'}
          </span>
          <span className="truncate font-mono text-xs" title={target.error ?? target.url}>
            {(target.url ?? target.instance ?? '').replace(/^https?:\/\//, '')}
          </span>
          <span className="ml-auto whitespace-nowrap text-ink-3">
            {typeof target.coverage === 'number' ? coveragePercent(target.coverage) : target.at ? ago(target.at, clock.now) : ''}
          </span>
        </li>
      ))}
      {all.length > targets.length && (
        <li className="border-line border-t py-1 text-ink-3">and {all.length - targets.length} more that are not down</li>
      )}
    </ul>
  )
}
