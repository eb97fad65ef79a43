// What telemetry says about each GPU of a node, as one row a GPU and hour: the temporary tables that the states are computed from.
// GPUs go by their UUID in lower case. MIG instances of one GPU are OR-ed: its slices are not told apart yet.
import { LINE_DAYS } from './cost.ts'
import { FULL } from './masks.ts'

const dayOf = (hour: string) => `(${hour} AT TIME ZONE 'UTC')::date`

/**
 * cap_standing(node_id, gpu, since, until): GPUs with a failure that began before the span ($1) and that no row up to it has ended, and
 * those that fail inside [$1, $2). From the hour `since` on they are looked at by the minute, up to the first later hour that shows the
 * code gone (null: none does).
 */
const CAP_STANDING = `
CREATE TEMPORARY TABLE cap_standing ON COMMIT DROP AS
WITH failing AS (
  SELECT s.node_id, lower(s.gpu_uuid) AS gpu, s.hour
  FROM (SELECT node_id, gpu_uuid, max(hour) AS hour FROM gpu_hour WHERE xid_start <> 0 AND hour < $1 GROUP BY node_id, gpu_uuid) s
  LEFT JOIN LATERAL (
    SELECT true AS yes FROM gpu_hour g WHERE g.node_id = s.node_id AND g.gpu_uuid = s.gpu_uuid AND g.hour > s.hour AND g.hour < $1
      AND (g.util_10 <> 0 OR g.seen & ~g.xid_standing <> 0) LIMIT 1) ended ON true
  WHERE ended.yes IS NULL
  UNION ALL
  SELECT node_id, lower(gpu_uuid), hour FROM gpu_hour WHERE xid_start <> 0 AND hour >= $1 AND hour < $2
), first AS (
  SELECT node_id, gpu, min(hour) AS since, max(hour) AS last_start FROM failing GROUP BY 1, 2
)
SELECT f.node_id, f.gpu, f.since, cleared.hour AS until
FROM first f LEFT JOIN LATERAL (
  SELECT g.hour FROM gpu_hour g WHERE g.node_id = f.node_id AND lower(g.gpu_uuid) = f.gpu AND g.hour > f.last_start AND g.hour < $2
    AND g.seen & ~g.xid_standing <> 0 ORDER BY g.hour LIMIT 1) cleared ON true`

/** cap_instant: the hours of the days to post. */
const CAP_INSTANT = `
CREATE TEMPORARY TABLE cap_instant ON COMMIT DROP AS
SELECT day, hour_of_day, day::timestamp AT TIME ZONE 'UTC' + hour_of_day * interval '1 hour' AS hour
FROM ledger_days CROSS JOIN generate_series(0, 23) hour_of_day`

const RAW = `g.gpu_index, g.seen, g.util_known, g.mem_known, g.mem_loaded, g.util_10 AS busy, g.xid_start, g.xid_standing, g.pods`

/** cap_row: the rows of the node-days that are not plain, and of failing GPUs since their failure. */
const CAP_ROW = `
CREATE TEMPORARY TABLE cap_row ON COMMIT DROP AS
SELECT g.node_id, lower(g.gpu_uuid) AS gpu, g.hour, ${RAW}
FROM gpu_hour g JOIN cap_instant i ON i.hour = g.hour JOIN cap_special d ON d.node_id = g.node_id AND d.day = i.day
WHERE g.hour >= $1 AND g.hour < $2
UNION ALL
SELECT g.node_id, lower(g.gpu_uuid), g.hour, ${RAW}
FROM gpu_hour g JOIN cap_standing s ON s.node_id = g.node_id AND s.gpu = lower(g.gpu_uuid) AND g.hour >= s.since
WHERE g.hour >= (SELECT min(since) FROM cap_standing) AND g.hour < $1
UNION ALL
SELECT g.node_id, lower(g.gpu_uuid), g.hour, ${RAW}
FROM (
  SELECT h FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour') h EXCEPT SELECT hour FROM cap_instant
) gap JOIN cap_standing s ON s.since <= gap.h
JOIN gpu_hour g ON g.node_id = s.node_id AND s.gpu = lower(g.gpu_uuid) AND g.hour = gap.h AND g.hour >= $1 AND g.hour < $2`

/** cap_raw: one row a GPU and hour. */
const CAP_RAW = `
CREATE TEMPORARY TABLE cap_raw ON COMMIT DROP AS
SELECT node_id, gpu, hour, max(gpu_index) AS gpu_index,
       bit_or(seen) AS seen, bit_or(util_known) AS util_known, bit_or(mem_known) AS mem_known, bit_or(mem_loaded) AS mem_loaded,
       bit_or(busy) AS busy, bit_or(xid_start) AS xid_start, bit_or(xid_standing) AS xid_standing,
       string_to_array(string_agg(array_to_string(pods, chr(31)), chr(31)) FILTER (WHERE pods <> '{}'), chr(31)) AS pods
FROM cap_row GROUP BY 1, 2, 3`

/** cap_serve: every replica's hours that may put work on a GPU of those. */
const CAP_SERVE = `
CREATE TEMPORARY TABLE cap_serve ON COMMIT DROP AS
SELECT s.replica_id, s.hour, min(r.node_id) AS node_id, bit_or(s.scraped | s.running) AS scraped, bit_or(s.running) AS running
FROM serve_hour s JOIN replica r ON r.replica_id = s.replica_id
WHERE s.hour >= least($1, (SELECT min(since) FROM cap_standing)) AND s.hour < $2 AND (s.scraped | s.running) <> 0
  AND (${dayOf('s.hour')} IN (SELECT day FROM ledger_days)
       OR r.node_id IN (SELECT node_id FROM cap_standing) OR (r.pod IS NOT NULL AND EXISTS (SELECT 1 FROM cap_standing)))
GROUP BY 1, 2`

/**
 * GPUs of a node on a day: its gpu_uuid aliases valid then, else the UUIDs seen that day, else the instance type's (RULES.md 9). A node of
 * unknown type keeps the GPUs that were ever seen on it, so that a silent day is dark and not unknown.
 */
const CAP_GPU = `
CREATE TEMPORARY TABLE cap_gpu ON COMMIT DROP AS
WITH named AS (
  SELECT DISTINCT d.node_id, d.day, lower(a.alias) AS gpu
  FROM cap_special d JOIN node_alias a ON a.node_id = d.node_id AND a.kind = 'gpu_uuid'
    AND (a.valid_from IS NULL OR a.valid_from < (d.day + 1)::timestamp AT TIME ZONE 'UTC')
    AND (a.valid_to IS NULL OR a.valid_to > d.day::timestamp AT TIME ZONE 'UTC')
), seen AS (
  SELECT r.node_id, d.day, r.gpu FROM cap_raw r JOIN cap_special d ON d.node_id = r.node_id AND d.day = ${dayOf('r.hour')}
  LEFT JOIN (SELECT DISTINCT node_id, day FROM named) n ON n.node_id = r.node_id AND n.day = d.day
  WHERE n.node_id IS NULL AND r.seen <> 0 GROUP BY 1, 2, 3
), known AS (
  SELECT * FROM named UNION ALL SELECT * FROM seen
), typed AS (
  SELECT l.node_id, l.day, max(t.gpus) AS gpus
  FROM ${LINE_DAYS} l JOIN cap_special d ON d.node_id = l.node_id AND d.day = l.day
  JOIN unnest($1::text[], $2::int[]) AS t(instance_type, gpus) ON t.instance_type = l.instance_type
  LEFT JOIN (SELECT DISTINCT node_id, day FROM known) k ON k.node_id = l.node_id AND k.day = l.day
  WHERE k.node_id IS NULL GROUP BY 1, 2
), listed AS (
  SELECT node_id, day, gpu, NULL::int AS ordinal FROM known
  UNION ALL
  SELECT node_id, day, '#' || i, i FROM typed CROSS JOIN LATERAL generate_series(0, gpus - 1) i
  UNION ALL
  SELECT d.node_id, d.day, lower(g.gpu_uuid), NULL FROM cap_special d
  JOIN gpu g ON g.node_id = d.node_id AND g.first_seen < (d.day + 1)::timestamp AT TIME ZONE 'UTC'
  LEFT JOIN (SELECT DISTINCT node_id, day FROM known UNION SELECT node_id, day FROM typed) k ON k.node_id = d.node_id AND k.day = d.day
  WHERE k.node_id IS NULL
), observed AS (
  SELECT node_id, gpu, max(gpu_index) AS gpu_index FROM cap_raw GROUP BY 1, 2
)
SELECT l.node_id, l.day, l.gpu, coalesce(l.ordinal, g.gpu_index, o.gpu_index) AS gpu_index, g.first_seen
FROM listed l LEFT JOIN gpu g ON g.node_id = l.node_id AND lower(g.gpu_uuid) = l.gpu
LEFT JOIN observed o ON o.node_id = l.node_id AND o.gpu = l.gpu`

/** cap_hour: every GPU in every hour of the days to post, and failing GPUs in every hour since; zeros where nothing was seen. */
const CAP_HOUR = `
CREATE TEMPORARY TABLE cap_hour ON COMMIT DROP AS
WITH grid AS (
  SELECT g.node_id, g.gpu, g.day::timestamp AT TIME ZONE 'UTC' + h * interval '1 hour' AS hour, g.day, g.gpu_index, g.first_seen, true AS posted
  FROM cap_gpu g CROSS JOIN generate_series(0, 23) h
), back AS (
  SELECT s.node_id, s.gpu, h AS hour, ${dayOf('h')} AS day, NULL::timestamptz AS first_seen
  FROM cap_standing s CROSS JOIN LATERAL generate_series(s.since, least(s.until, $1::timestamptz - interval '1 hour'), interval '1 hour') h
), hours AS (
  SELECT node_id, gpu, hour, day, gpu_index, first_seen, posted FROM grid
  UNION ALL
  SELECT b.node_id, b.gpu, b.hour, b.day, i.gpu_index, b.first_seen, false
  FROM back b LEFT JOIN grid g ON g.node_id = b.node_id AND g.gpu = b.gpu AND g.hour = b.hour
  LEFT JOIN (SELECT node_id, gpu, max(gpu_index) AS gpu_index FROM cap_gpu GROUP BY 1, 2) i ON i.node_id = b.node_id AND i.gpu = b.gpu
  WHERE g.node_id IS NULL
), any_gpu AS (
  SELECT node_id, hour, bit_or(seen) AS seen FROM cap_raw GROUP BY 1, 2
)
SELECT h.node_id, h.gpu, h.hour, h.day, h.posted, h.gpu_index, r.gpu IS NOT NULL AND r.seen <> 0 AS has_row,
       coalesce(r.seen, 0) AS seen, coalesce(r.util_known, 0) AS util_known, coalesce(r.mem_known, 0) AS mem_known,
       coalesce(r.mem_loaded, 0) AS mem_loaded, coalesce(r.busy, 0) AS busy,
       coalesce(r.xid_start, 0) AS xid_start, coalesce(r.xid_standing, 0) AS xid_standing,
       -- GPU gone: another GPU of the node has a sample in the minute, and this one had been seen before it
       coalesce(a.seen, 0) & ~coalesce(r.seen, 0)
         & CASE WHEN h.first_seen IS NULL OR h.first_seen >= h.hour + interval '1 hour' THEN 0
                WHEN h.first_seen < h.hour THEN ${FULL}
                ELSE minute_mask(floor(extract(epoch FROM h.first_seen - h.hour) / 60)::int + 1, 60) END AS gone
FROM hours h
LEFT JOIN cap_raw r ON r.node_id = h.node_id AND r.gpu = h.gpu AND r.hour = h.hour
LEFT JOIN any_gpu a ON a.node_id = h.node_id AND a.hour = h.hour`

/** In this order, before the node-days that are plain are told; `span`: $1 and $2 are its instants. */
export const FIRST_STATEMENTS: readonly { sql: string; takes: 'nothing' | 'span' }[] = [
  { sql: CAP_INSTANT, takes: 'nothing' },
  { sql: 'ANALYZE cap_instant', takes: 'nothing' },
  { sql: CAP_STANDING, takes: 'span' },
  { sql: 'ANALYZE cap_standing', takes: 'nothing' },
  { sql: CAP_SERVE, takes: 'span' },
  { sql: 'ANALYZE cap_serve', takes: 'nothing' },
]

/** In this order, after it; `end`: $1 is the span's end; `types`: the catalogue of instance types. */
export const TELEMETRY_STATEMENTS: readonly { sql: string; takes: 'nothing' | 'span' | 'end' | 'types' }[] = [
  { sql: CAP_ROW, takes: 'span' },
  { sql: 'ANALYZE cap_row (node_id, gpu, hour)', takes: 'nothing' },
  { sql: CAP_RAW, takes: 'nothing' },
  { sql: 'ANALYZE cap_raw', takes: 'nothing' },
  { sql: CAP_GPU, takes: 'types' },
  { sql: CAP_HOUR, takes: 'end' },
  { sql: 'CREATE INDEX ON cap_hour (node_id, hour)', takes: 'nothing' },
  { sql: 'ANALYZE cap_hour', takes: 'nothing' },
]
