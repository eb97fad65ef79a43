// Who was engaged, logged and on standby when: people's instants as multiranges, in temporary tables. RULES.md 24-27 and 29.
// Parameters: $1, $2 the instants looked at, a margin of local days included; $3 now, where something may be open. Seconds are added to instants as a
// multiple of one second, never as an interval with days, because that would depend on the session's zone.
import { ENGAGEMENT_CAP_MS } from '#lib/domain/labour/engagement.ts'

/** Length of a range or of a multirange, in seconds. */
const seconds = (range: string): string => `extract(epoch FROM upper(${range}) - lower(${range}))`
export const secondsOf = (multirange: string): string => `(SELECT coalesce(sum(${seconds('part')}), 0) FROM unnest(${multirange}) AS part)`

/** A range's length that its predecessors in the set have, and the range cut so that all together have `limit` seconds. */
const BEFORE = `coalesce(sum(${seconds('r')}) OVER (PARTITION BY id ORDER BY lower(r) ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)`
const firstSeconds = (limit: string): string =>
  `tstzrange(lower(r), least(upper(r), lower(r) + (${limit} - before)::float8 * interval '1 second'))`

const END = `CASE WHEN declared_s IS NULL THEN coalesce(ended_at, $3::timestamptz)
             ELSE acknowledged_at + declared_s::float8 * interval '1 second' END`

/** Per person, the union over incidents; each is cut at the cap before that, declared effort is not. */
export const ENGAGED = `
CREATE TEMPORARY TABLE labour_engaged ON COMMIT DROP AS
WITH one AS (
  SELECT row_number() OVER () AS id, person, declared_s IS NOT NULL AS declared,
         tstzmultirange(tstzrange(acknowledged_at, greatest(acknowledged_at, ${END})))
           - CASE WHEN declared_s IS NULL THEN snoozed ELSE '{}' END AS spans
  FROM engagement
  WHERE to_seq IS NULL AND acknowledged_at < $2::timestamptz AND ${END} > $1::timestamptz
), piece AS (
  SELECT person, declared, r, ${BEFORE} AS before FROM one, unnest(spans) AS r
)
SELECT person, range_agg(CASE WHEN declared THEN r ELSE ${firstSeconds(`${ENGAGEMENT_CAP_MS / 1000}`)} END) AS spans
FROM piece WHERE declared OR before < ${ENGAGEMENT_CAP_MS / 1000}
GROUP BY person`

/** Per person and layer; an overlap belongs to the entry that starts earlier, then to the lower id. */
export const LOGGED = `
CREATE TEMPORARY TABLE labour_logged ON COMMIT DROP AS
WITH entry AS (
  SELECT person, layer, entry_id, source_id, tstzrange(starts_at, ends_at) AS r
  FROM time_entry
  WHERE to_seq IS NULL AND scope = 'in' AND starts_at < $2::timestamptz AND ends_at > $1::timestamptz
), own AS (
  SELECT person, layer, tstzmultirange(r) - coalesce(range_agg(r) OVER (
    PARTITION BY person ORDER BY lower(r), entry_id COLLATE "C", source_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '{}') AS spans
  FROM entry
)
SELECT person, coalesce(layer, '') AS layer, range_agg(spans) AS spans FROM own GROUP BY 1, 2`

/** Hours that have only a date. */
export const ON_DATES = `
CREATE TEMPORARY TABLE labour_on_date ON COMMIT DROP AS
SELECT person, local_date AS day, coalesce(layer, '') AS layer, sum(hours * 3600) AS seconds
FROM time_entry
WHERE to_seq IS NULL AND scope = 'in' AND hours IS NOT NULL
  AND local_date BETWEEN ($1::timestamptz AT TIME ZONE 'UTC')::date AND ($2::timestamptz AT TIME ZONE 'UTC')::date
GROUP BY 1, 2, 3`

/** Per person and rotation, up to now: shifts that overlap become one, those that only touch stay apart (each is paid as a shift). */
export const SHIFTS = `
CREATE TEMPORARY TABLE labour_shift ON COMMIT DROP AS
WITH span AS (
  SELECT person, rotation, starts_at, least(coalesce(ends_at, $3::timestamptz), $3::timestamptz) AS ends_at
  FROM shift
  WHERE to_seq IS NULL AND starts_at < least($2::timestamptz, $3::timestamptz) AND coalesce(ends_at, $3::timestamptz) > $1::timestamptz
), marked AS (
  SELECT *, starts_at < max(ends_at) OVER (PARTITION BY person, rotation ORDER BY starts_at, ends_at
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS joins
  FROM span WHERE ends_at > starts_at
), numbered AS (
  SELECT *, count(*) FILTER (WHERE joins IS NOT TRUE) OVER (PARTITION BY person, rotation ORDER BY starts_at, ends_at
    ROWS UNBOUNDED PRECEDING) AS island
  FROM marked
)
SELECT person, rotation, min(starts_at) AS starts_at, max(ends_at) AS ends_at FROM numbered GROUP BY person, rotation, island`

/** The roster, and whoever is met without being in it: UTC, nine to five, no role. */
export const PEOPLE = `
CREATE TEMPORARY TABLE labour_person ON COMMIT DROP AS
WITH met AS (
  SELECT person FROM labour_engaged UNION SELECT person FROM labour_logged
  UNION SELECT person FROM labour_on_date UNION SELECT person FROM labour_shift
)
SELECT m.person, coalesce(p.role, '') AS role, coalesce(p.timezone, 'UTC') AS timezone,
       coalesce(p.workday_start, '09:00') AS workday_start, coalesce(p.workday_end, '17:00') AS workday_end,
       coalesce(p.holidays, '{}') AS holidays
FROM met m LEFT JOIN person p USING (person)`

/** Per person and local day, the engaged instants that nobody logged (RULES.md 27). */
export const UNLOGGED = `
CREATE TEMPORARY TABLE labour_unlogged ON COMMIT DROP AS
WITH whole AS (
  SELECT p.person, c.day, tstzmultirange(tstzrange(c.starts, c.ends)) AS day_spans,
         CASE WHEN c.works_from IS NULL OR c.day::text = ANY (p.holidays) THEN '{}'::tstzmultirange
              ELSE tstzmultirange(tstzrange(c.works_from, c.works_to)) END AS works
  FROM labour_person p JOIN labour_calendar c USING (timezone, workday_start, workday_end)
), logged AS (
  SELECT person, range_agg(spans) AS spans FROM labour_logged GROUP BY person
), on_date AS (
  SELECT person, day, round(sum(seconds), 3) AS seconds FROM labour_on_date GROUP BY person, day
), local AS (
  SELECT row_number() OVER () AS id, w.person, w.works, e.spans * w.day_spans AS engaged,
         coalesce(l.spans, '{}') * w.day_spans AS logged, coalesce(d.seconds, 0) AS on_date
  FROM whole w JOIN labour_engaged e USING (person) LEFT JOIN logged l USING (person) LEFT JOIN on_date d ON d.person = w.person AND d.day = w.day
  WHERE e.spans && w.day_spans
), open AS (
  SELECT id, person, engaged - logged AS spans, (engaged - logged) * works AS coverable,
         ${secondsOf('logged - engaged')} + on_date AS rest
  FROM local
), piece AS (
  SELECT id, rest, r, ${BEFORE} AS before FROM open, unnest(coverable) AS r
), covered AS (
  SELECT id, range_agg(${firstSeconds('rest')}) AS spans FROM piece WHERE before < rest GROUP BY id
)
SELECT o.person, range_agg(o.spans - coalesce(c.spans, '{}')) AS spans
FROM open o LEFT JOIN covered c USING (id) GROUP BY o.person`

export const TABLES = ['labour_engaged', 'labour_logged', 'labour_on_date', 'labour_shift', 'labour_person', 'labour_unlogged'] as const
