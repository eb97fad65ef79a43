import { DAY_MS } from '#lib/domain/time.ts'
import type { IncidentFacts } from '#lib/domain/people.ts'
import { messageOf } from '#lib/errors.ts'
import type { IncidentCollector, PullWindow } from '#lib/ingest/contract.ts'
import { type IncidentCounts, writeIncidentFacts } from '#lib/ingest/people/incidents.ts'
import { transaction } from '#lib/store/transaction.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

export type IncidentSource = { sourceId: number; name: string; kind: string; settings: unknown }
/** Half-open, as pulled. */
export type CollectedIncidents = IncidentCounts & { from: string; to: string; refreshed: number }
/** `confirm`: take the listing even where a fifth of the window's incidents has gone. */
export type CollectOptions = { confirm?: boolean; signal?: AbortSignal }

/** So many incidents that opened before the window, and are open still, are looked at again; the oldest are left out. */
const REFRESHED_MOST = 50
const REFRESHED_SPAN_MS = 1000

/**
 * Pulls one window of an incident source: a complete listing, so what it lists no more is closed. Incidents from before the window that
 * are still open are asked for too. A source that fails leaves its facts as they were, a gap and an error on the source; then it throws.
 */
export async function collectIncidents<Settings>(
  actor: Actor,
  context: ServiceContext,
  collector: IncidentCollector<Settings>,
  source: IncidentSource,
  window: PullWindow,
  options: CollectOptions = {},
): Promise<CollectedIncidents> {
  authorise(actor, 'write')
  const { db, now } = context
  await db.pool.query('UPDATE source SET last_attempt_at = $2 WHERE source_id = $1', [source.sourceId, now])
  try {
    const settings = collector.settings.parse(source.settings)
    const pull = (part: PullWindow) => collector.pull(part, settings, { now, signal: options.signal ?? new AbortController().signal })
    const facts = await pull(window)
    const also = await stillOpen(context, source.sourceId, window)
    for (const moment of also) addIncidents(facts, await pull(moment))
    const counts = await transaction(db.pool, async (client) => {
      const { rows } = await client.query<{ since: Date | null }>('SELECT last_success_at AS since FROM source WHERE source_id = $1', [
        source.sourceId,
      ])
      const written = { now, since: rows[0]?.since ?? null, confirmed: options.confirm }
      const result = await writeIncidentFacts(client, source, { facts, window, also }, written)
      await client.query(SUCCEEDED, [source.sourceId, now, window.from, window.to])
      return result
    })
    return { ...counts, from: window.from.toISOString(), to: window.to.toISOString(), refreshed: also.length }
  } catch (error) {
    const gap = { from: window.from.toISOString(), to: window.to.toISOString() }
    await db.pool.query(FAILED, [source.sourceId, now, messageOf(error), gap.from, gap.to])
    throw error
  }
}

/** Moments at which incidents of before the window were created that are open still; none for a window that lies far back. */
async function stillOpen({ db, now }: ServiceContext, sourceId: number, window: PullWindow): Promise<PullWindow[]> {
  if (window.to.getTime() < now.getTime() - DAY_MS) return []
  const { rows } = await db.pool.query<{ at: Date }>(
    `SELECT DISTINCT created_at AS at FROM incident WHERE source_id = $1 AND to_seq IS NULL AND resolved_at IS NULL AND created_at < $2
     ORDER BY at DESC LIMIT ${REFRESHED_MOST}`,
    [sourceId, window.from],
  )
  return rows.map(({ at }) => ({ from: at, to: new Date(Math.min(at.getTime() + REFRESHED_SPAN_MS, window.from.getTime())) }))
}

/** Takes the incidents of another listing along, not its shifts. One that both list is taken once. */
function addIncidents(facts: IncidentFacts, more: IncidentFacts): void {
  const known = new Set(facts.incidents.map((incident) => incident.id))
  const fresh = new Set(more.incidents.filter(({ id }) => !known.has(id)).map(({ id }) => id))
  facts.incidents.push(...more.incidents.filter(({ id }) => fresh.has(id)))
  facts.engagements.push(...more.engagements.filter(({ incidentId }) => fresh.has(incidentId)))
  facts.interruptions.push(...more.interruptions.filter(({ incidentId }) => incidentId !== null && fresh.has(incidentId)))
}

/** A success clears the gap that it covers whole. */
const SUCCEEDED = `
UPDATE source SET last_success_at = $2, last_error = NULL, last_error_at = NULL,
  last_fact_at = (SELECT max(created_at) FROM incident WHERE source_id = $1 AND to_seq IS NULL),
  detail = CASE WHEN $3 <= (detail #>> '{gap,from}')::timestamptz AND $4 >= (detail #>> '{gap,to}')::timestamptz
                THEN detail - 'gap' ELSE detail END
WHERE source_id = $1`

/** Failed windows add up to one gap. */
const FAILED = `
UPDATE source SET last_error = $3, last_error_at = $2, detail = detail || jsonb_build_object('gap', jsonb_build_object(
  'from', least($4, detail #>> '{gap,from}'), 'to', greatest($5, detail #>> '{gap,to}')))
WHERE source_id = $1`
