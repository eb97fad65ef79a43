// How a source's targets fare: on the source's row, for people.
import type pg from 'pg'

export type TargetReport = {
  instance: string
  url: string
  up: boolean
  error: string | null
  /** Taken by the last scrape. */
  samples: number
  /** Malformed lines. */
  rejects: number
  late: number
  repeated: number
  future: number
  bad: number
  /** Hours written. */
  rows: number
  lastScrape: string | null
  /** The newest sample's instant. */
  newest: string | null
}

/** The first sentences of what failed; a source with many targets would otherwise say the same thing a hundred times. */
function summary(targets: readonly TargetReport[]): string | null {
  const down = targets.filter((target) => !target.up)
  if (down.length === 0) return null
  const first = down.slice(0, 3).map((target) => target.error ?? `${target.instance} is down`)
  const more = down.length > first.length ? ` and ${down.length - first.length} more` : ''
  return `${down.length} of ${targets.length} targets failed: ${first.join('; ')}${more}`
}

/** Any target that answered is a success; any that did not leaves the source with an error. */
export async function recordScrapes(
  pool: pg.Pool,
  sourceId: number,
  targets: readonly TargetReport[],
  now: Date,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const error = summary(targets)
  const newest = targets.flatMap((target) => (target.newest === null ? [] : [target.newest])).sort()
  await pool.query(
    `UPDATE source SET last_attempt_at = $2,
       last_success_at = CASE WHEN $3 THEN $2 ELSE last_success_at END,
       last_fact_at = greatest(last_fact_at, $4::timestamptz),
       last_error = $5, last_error_at = CASE WHEN $5::text IS NULL THEN last_error_at ELSE $2 END,
       detail = $6 WHERE source_id = $1`,
    [sourceId, now, targets.some((target) => target.up), newest[newest.length - 1] ?? null, error, JSON.stringify({ targets, ...more })],
  )
}
