// The small tables of incidents and people, as they stand now. Instants in milliseconds.
import type { EngagementSpan } from '#lib/domain/labour/engagement.ts'
import type { ServiceContext } from '#lib/services/context.ts'

export type RosterEntry = { person: string; timezone: string; workdayStart: string; workdayEnd: string; holidays: string[] }
export type Page = { person: string; at: number; service: string }
export type EngagedOn = EngagementSpan & { person: string; service: string }
export type ShiftOf = { person: string; rotation: string; startsAt: number; endsAt: number | null }
export type OnCallFacts = {
  roster: Map<string, RosterEntry>
  pages: Page[]
  engagements: EngagedOn[]
  shifts: ShiftOf[]
  knownFrom: string | null
}

const utc = (parameter: string): string => `${parameter}::date::timestamp AT TIME ZONE 'UTC'`
const ms = (instant: string): string => `(extract(epoch FROM ${instant}) * 1000)::float8`
const SERVICE = `coalesce(i.service, '') AS service`
const incidentOf = (fact: string): string =>
  `LEFT JOIN incident i ON i.source_id = ${fact}.source_id AND i.incident_id = ${fact}.incident_id AND i.to_seq IS NULL`

const ROSTER = `SELECT person, timezone, workday_start AS "workdayStart", workday_end AS "workdayEnd", holidays FROM person`
const PAGES = `
SELECT n.person, ${ms('n.at')} AS at, ${SERVICE} FROM interruption n ${incidentOf('n')}
WHERE n.to_seq IS NULL AND n.at >= ${utc('$1')} AND n.at < ${utc('$2')}`
const ENGAGEMENTS = `
SELECT e.person, ${SERVICE}, ${ms('e.acknowledged_at')} AS "acknowledgedAt", ${ms('e.ended_at')} AS "endedAt", e.declared_s::float8 AS "declaredSeconds",
       (SELECT coalesce(jsonb_agg(jsonb_build_object('start', ${ms('lower(r)')}, 'end', ${ms('upper(r)')})), '[]')
        FROM unnest(e.snoozed) AS r WHERE NOT lower_inf(r) AND NOT upper_inf(r)) AS snoozed
FROM engagement e ${incidentOf('e')}
WHERE e.to_seq IS NULL AND e.acknowledged_at < ${utc('$2')} AND CASE WHEN e.declared_s IS NULL THEN coalesce(e.ended_at, 'infinity')
  ELSE e.acknowledged_at + e.declared_s::float8 * interval '1 second' END > ${utc('$1')}`
const SHIFTS = `
SELECT person, rotation, ${ms('starts_at')} AS "startsAt", ${ms('ends_at')} AS "endsAt" FROM shift
WHERE to_seq IS NULL AND starts_at < ${utc('$2')} AND (ends_at IS NULL OR ends_at > ${utc('$1')})`
const KNOWN_FROM = `
SELECT (least((SELECT min(created_at) FROM incident WHERE to_seq IS NULL), (SELECT min(at) FROM interruption WHERE to_seq IS NULL),
              (SELECT min(starts_at) FROM shift WHERE to_seq IS NULL)) AT TIME ZONE 'UTC')::date::text AS day`

/** Pages of UTC days [pagesFrom, to); engagements and shifts that may touch [from, to). */
export async function onCallFacts({ db }: ServiceContext, pagesFrom: string, from: string, to: string): Promise<OnCallFacts> {
  const [roster, pages, engagements, shifts, known] = await Promise.all([
    db.pool.query<RosterEntry>(ROSTER),
    db.pool.query<Page>(PAGES, [pagesFrom, to]),
    db.pool.query<EngagedOn>(ENGAGEMENTS, [from, to]),
    db.pool.query<ShiftOf>(SHIFTS, [from, to]),
    db.pool.query<{ day: string | null }>(KNOWN_FROM),
  ])
  return {
    roster: new Map(roster.rows.map((one) => [one.person, one])),
    pages: pages.rows,
    engagements: engagements.rows,
    shifts: shifts.rows,
    knownFrom: known.rows[0]?.day ?? null,
  }
}
