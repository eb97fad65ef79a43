import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { ulid } from '#lib/domain/id.ts'
import type { Engagement, IncidentFacts, Shift } from '#lib/domain/people.ts'
import { Failure } from '#lib/errors.ts'
import type { PullWindow } from '#lib/ingest/contract.ts'
import { markGrown, markTouched } from './days.ts'
import { type Roster, readRoster } from './roster.ts'
import type { Cell } from '#lib/store/copy.ts'
import { type VersionedTable, contentKey, difference, insertBatch, instant, lockSource, stage, writeVersions } from './versions.ts'

export const INCIDENT: VersionedTable = {
  name: 'incident',
  keys: ['source_id', 'incident_id'],
  columns: (
    'source_id,incident_id,content_key,number,title,service,urgency,status,created_at,acknowledged_at,resolved_at,' +
    'resolved_by_person,effort_s,labels,url'
  ).split(','),
}
const INTERRUPTION: VersionedTable = {
  name: 'interruption',
  keys: ['source_id', 'interruption_id'],
  columns: 'source_id,interruption_id,content_key,incident_id,person,at,channel'.split(','),
}
const ENGAGEMENT: VersionedTable = {
  name: 'engagement',
  keys: ['source_id', 'incident_id', 'person'],
  columns: 'source_id,incident_id,person,content_key,acknowledged_at,ended_at,snoozed,declared_s'.split(','),
}
const SHIFT: VersionedTable = {
  name: 'shift',
  keys: ['source_id', 'shift_id'],
  columns: 'source_id,shift_id,content_key,rotation,person,starts_at,ends_at'.split(','),
}

/**
 * What a listing is complete for, as conditions on `t`: $1 the source, $2 and $3 starts and ends of the windows. Incidents were listed in
 * all of them, shifts in the first.
 */
const within = (created: string) =>
  `EXISTS (SELECT FROM unnest($2::timestamptz[], $3::timestamptz[]) w(f, t) WHERE ${created} >= w.f AND ${created} < w.t)`
const LISTED = `t.source_id = $1 AND ${within('t.created_at')}`
const OF_LISTED = `t.source_id = $1 AND (t.incident_id IN (SELECT incident_id FROM stage_incident) OR t.incident_id IN (
  SELECT i.incident_id FROM incident i WHERE i.source_id = $1 AND i.to_seq IS NULL AND ${within('i.created_at')}))`
const OVERLAPS = "t.source_id = $1 AND t.starts_at < ($3::timestamptz[])[1] AND coalesce(t.ends_at, 'infinity') > ($2::timestamptz[])[1]"

/** Order matters: what hangs on incidents is closed while the incidents to be closed still stand. */
const TABLES: readonly { table: VersionedTable; absent: string }[] = [
  { table: INTERRUPTION, absent: OF_LISTED },
  { table: ENGAGEMENT, absent: OF_LISTED },
  { table: SHIFT, absent: OVERLAPS },
  { table: INCIDENT, absent: LISTED },
]

export type IncidentCounts = {
  incidents: number
  interruptions: number
  engagements: number
  shifts: number
  /** Rows added (new or changed) and closed (changed or gone), over all four. */
  added: number
  closed: number
  /** The batch they are in; null when nothing changed. */
  batch: string | null
}

/** Two accounts of one person in one incident are one engagement, from the earlier acknowledgement on. */
function mergedEngagements(engagements: readonly Engagement[], roster: Roster): (Omit<Engagement, 'person'> & { person: string })[] {
  const merged = new Map<string, Omit<Engagement, 'person'> & { person: string }>()
  for (const engagement of engagements) {
    const person = roster(engagement.person)
    const key = JSON.stringify([engagement.incidentId, person])
    const before = merged.get(key)
    merged.set(key, {
      ...engagement,
      person,
      acknowledgedAt: Math.min(engagement.acknowledgedAt, before?.acknowledgedAt ?? Infinity),
      declaredSeconds: before?.declaredSeconds ?? engagement.declaredSeconds,
    })
  }
  return [...merged.values()]
}

type KnownShift = { shift_id: string; rotation: string; person: string; starts_at: Date; ends_at: Date | null }
type NamedShift = Omit<Shift, 'person'> & { person: string }

/** A shift that a listing cuts at the edge of its window is the known one that reaches over that edge, not another. */
function uncut(shift: NamedShift, known: readonly KnownShift[], window: PullWindow): NamedShift {
  const [from, to] = [window.from.getTime(), window.to.getTime()]
  const before = known.find(
    ({ shift_id: id, rotation, person, starts_at: start, ends_at: end }) =>
      id === shift.id ||
      (shift.startsAt === from &&
        rotation === shift.rotation &&
        person === shift.person &&
        start < window.from &&
        (!end || end > window.from)),
  )
  if (!before) return shift
  const end = before.ends_at?.getTime() ?? null
  const startsAt = shift.startsAt === from || shift.endsAt === null ? Math.min(shift.startsAt, before.starts_at.getTime()) : shift.startsAt
  const endsAt = shift.endsAt === to && end !== null ? Math.max(end, to) : shift.endsAt
  return { ...shift, id: before.shift_id, startsAt, endsAt }
}

/** Shifts without an end keep their earliest known start; one that is listed no more has ended by the start of the window. */
async function shiftsToStage(client: pg.ClientBase, sourceId: number, shifts: NamedShift[], window: PullWindow): Promise<NamedShift[]> {
  const { rows } = await client.query<KnownShift>(
    `SELECT shift_id, rotation, person, starts_at, ends_at FROM shift
     WHERE source_id = $1 AND to_seq IS NULL AND (ends_at IS NULL OR (ends_at >= $2 AND starts_at <= $3))`,
    [sourceId, window.from, window.to],
  )
  const staged = new Map(shifts.map((shift) => uncut(shift, rows, window)).map((shift) => [shift.id, shift]))
  for (const { shift_id: id, rotation, person, starts_at: start, ends_at: end } of rows)
    if (end === null && start < window.from && !staged.has(id))
      staged.set(id, { id, rotation, person, startsAt: start.getTime(), endsAt: window.from.getTime() })
  return [...staged.values()]
}

const multirange = (spans: readonly { start: number; end: number }[]): string =>
  `{${spans.map(({ start, end }) => `[${instant(start)},${instant(end)})`).join(',')}}`

/** A row with its content key, which covers every value but the source. */
const keyed = (sourceId: number, before: Cell[], after: Cell[]): Cell[] => [
  sourceId,
  ...before,
  contentKey([...before, ...after]),
  ...after,
]

async function stageFacts(client: pg.ClientBase, sourceId: number, facts: IncidentFacts, window: PullWindow): Promise<void> {
  const roster = await readRoster(client)
  const incidents = facts.incidents.map((one) =>
    keyed(
      sourceId,
      [one.id],
      [
        one.number,
        one.title,
        one.service,
        one.urgency,
        one.status,
        instant(one.createdAt),
        instant(one.acknowledgedAt),
        instant(one.resolvedAt),
        one.resolvedByPerson,
        one.effortSeconds,
        JSON.stringify(one.labels),
        one.url,
      ],
    ),
  )
  const interruptions = facts.interruptions.map((one) =>
    keyed(sourceId, [one.id], [one.incidentId, roster(one.person), instant(one.at), one.channel]),
  )
  const engagements = mergedEngagements(facts.engagements, roster).map((one) =>
    keyed(
      sourceId,
      [one.incidentId, one.person],
      [instant(one.acknowledgedAt), instant(one.endedAt), multirange(one.snoozed), one.declaredSeconds],
    ),
  )
  const named = facts.shifts.map((one) => ({ ...one, person: roster(one.person) }))
  const shifts = (await shiftsToStage(client, sourceId, named, window)).map((one) =>
    keyed(sourceId, [one.id], [one.rotation, one.person, instant(one.startsAt), instant(one.endsAt)]),
  )
  await stage(client, INCIDENT, incidents)
  await stage(client, INTERRUPTION, interruptions)
  await stage(client, ENGAGEMENT, engagements)
  await stage(client, SHIFT, shifts)
}

/** A listing that has lost more than a fifth of a window's incidents is more likely a narrower token than the truth. */
const FEW = 20

/** One pull: the window, and the moments for which incidents from before it were listed again. Shifts are those of the window. */
export type IncidentPull = { facts: IncidentFacts; window: PullWindow; also: readonly PullWindow[] }

/**
 * Takes one pull of an incident source: upserts by id, closes what the windows no longer list, and marks the days of labour. All or
 * nothing, in the caller's transaction. Throws `refused` when a fifth of the incidents would go, unless `confirmed`.
 */
export async function writeIncidentFacts(
  client: pg.ClientBase,
  source: { sourceId: number; name: string; kind: string },
  { facts, window, also }: IncidentPull,
  options: { now: Date; since: Date | null; confirmed?: boolean },
): Promise<IncidentCounts> {
  const { sourceId } = source
  await lockSource(client, sourceId)
  await stageFacts(client, sourceId, facts, window)
  const windows = [window, ...also]
  const scope = [sourceId, windows.map((one) => one.from), windows.map((one) => one.to)]
  const counts = {
    incidents: facts.incidents.length,
    interruptions: facts.interruptions.length,
    engagements: facts.engagements.length,
    shifts: facts.shifts.length,
  }
  let pending = 0
  for (const { table, absent } of TABLES) {
    const { added, closed, listed } = await difference(client, table, absent, scope)
    pending += added + closed
    if (table === INCIDENT && listed >= FEW && closed * 5 > listed && !options.confirmed)
      throw new Failure('refused', 'listing_shrank', `${closed} of ${listed} incidents of the window are not listed any more`, {
        place: { source: source.name },
        remedy: 'check what the token may read; if they are really gone, confirm the pull',
      })
  }
  await markGrown(client, sourceId, options.since ?? options.now, options.now)
  if (pending === 0) return { ...counts, added: 0, closed: 0, batch: null }
  const batchId = ulid(options.now.getTime(), randomBytes(16))
  const read = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const rows = { read, accepted: read, quarantined: 0 }
  const { seq } = await insertBatch(client, {
    batchId,
    sourceId,
    kind: source.kind,
    replacementKey: 'window',
    arrivedAt: options.now,
    rows,
    cause: 'collect',
  })
  let added = 0
  let closed = 0
  for (const { table, absent } of TABLES) {
    const written = await writeVersions(client, table, seq, absent, scope)
    added += written.added
    closed += written.closed
  }
  await markTouched(client, ['engagement', 'shift'], seq, sourceId, options.now, `collect ${source.name}`)
  return { ...counts, added, closed, batch: batchId }
}
