// The short way for most node-days: no engine on the node, no failure, and every GPU of the node seen in the same minutes. Then no minute
// is mapped, failed or gone, and one pass over gpu_hour counts the states. Every other node-day goes minute mask by minute mask.
import { FULL, minutesSql } from './masks.ts'

/** A node-day as one number: a join on two columns would be taken for a skewed one. */
const slotOf = (node: string, day: string) => `(${node} * 100000 + (${day} - date '1970-01-01'))`

/** cap_cost: billed minutes of a node-day. Where several sources or currencies bill it, `bills` says so. */
const CAP_COST = `
CREATE TEMPORARY TABLE cap_cost ON COMMIT DROP AS
SELECT c.node_id, c.day, count(*)::int AS bills, (SELECT sum(${minutesSql('m')}) FROM unnest(min(c.billed_mask)) m)::bigint AS minutes
FROM node_day_cost c JOIN ledger_days USING (day) WHERE c.day >= $1 AND c.day < $2 GROUP BY c.node_id, c.day`

const billed = 'coalesce(c.masks[h.hour_of_day + 1], 0)'
const known = 'g.util_known & g.mem_known'

/**
 * cap_tally: what the rows of a node-day say: those of hours seen whole in one row, those of other hours in one row an hour (`part`).
 * No temporary table is read, so that the server may share this scan among processes: the hours to post come as arrays.
 * `gpu` lists the GPUs ever seen on a node: a row of a GPU that is not in it is counted, but not as `listed`.
 */
const CAP_TALLY = `
CREATE TEMPORARY TABLE cap_tally ON COMMIT DROP AS
SELECT g.node_id, h.day, CASE WHEN g.seen <> ${FULL} THEN h.hour_of_day END AS part,
       count(*) AS row_count, count(*) FILTER (WHERE p.first_seen < $2 AND p.last_seen >= $1) AS listed, bit_or(1 << h.hour_of_day) AS hours, bit_or(g.seen) AS any_seen, bit_and(g.seen) AS all_seen,
       min(g.source_id) <> max(g.source_id) OR bool_or(g.mig <> '') AS manifold, bool_or(cardinality(g.pods) > 0) AS pods,
       sum(${minutesSql(`(${billed} & g.seen)`)}) AS seen,
       sum(${minutesSql(`(${billed} & g.util_10)`)}) AS busy,
       sum(${minutesSql(`(${billed} & g.seen & ~g.util_10 & ~(${known}))`)}) AS unknown,
       sum(${minutesSql(`(${billed} & g.seen & ~g.util_10 & ${known} & g.mem_loaded)`)}) AS warm_idle,
       sum(${minutesSql(`(g.seen & ~${billed})`)}) AS not_billed
FROM gpu_hour g
JOIN unnest($3::timestamptz[], $4::date[], $5::int[]) AS h(hour, day, hour_of_day) ON h.hour = g.hour
LEFT JOIN gpu p ON p.node_id = g.node_id AND p.gpu_uuid = g.gpu_uuid
LEFT JOIN (
  SELECT ${slotOf('node_id', 'day')} AS slot, min(billed_mask) AS masks FROM node_day_cost WHERE day >= $6 AND day < $7 GROUP BY node_id, day
) c ON c.slot = ${slotOf('g.node_id', 'h.day')}
WHERE g.hour >= $1 AND g.hour < $2
GROUP BY 1, 2, 3`

/**
 * cap_plain: node-days that need no more. Their GPUs are the node's in `gpu`, which the aliases valid in the span may not contradict, and each
 * has one row in every hour in which any has.
 */
const CAP_PLAIN = `
CREATE TEMPORARY TABLE cap_plain ON COMMIT DROP AS
WITH listed AS (
  SELECT node_id, count(*) AS gpus, count(DISTINCT lower(gpu_uuid)) AS names FROM gpu WHERE first_seen < $2 AND last_seen >= $1 GROUP BY 1
), alias AS (
  SELECT a.node_id, count(DISTINCT lower(a.alias)) AS names, count(DISTINCT lower(g.gpu_uuid)) AS found,
         bool_and(coalesce(a.valid_from < $1::timestamptz + interval '1 day', true) AND coalesce(a.valid_to > $2::timestamptz - interval '1 day', true)) AS whole
  FROM node_alias a LEFT JOIN gpu g ON g.node_id = a.node_id AND lower(g.gpu_uuid) = lower(a.alias) AND g.first_seen < $2 AND g.last_seen >= $1
  WHERE a.kind = 'gpu_uuid' AND coalesce(a.valid_from < $2, true) AND coalesce(a.valid_to > $1, true) GROUP BY 1
), usual AS (
  SELECT l.node_id, l.gpus FROM listed l LEFT JOIN alias a ON a.node_id = l.node_id
  WHERE l.names = l.gpus AND coalesce(a.whole AND a.names = l.gpus AND a.found = l.gpus, true)
), failing AS (
  SELECT DISTINCT s.node_id, i.day FROM cap_standing s JOIN cap_instant i ON i.hour >= s.since AND i.hour <= coalesce(s.until, i.hour)
), day AS (
  SELECT t.node_id, t.day, u.gpus, bit_or(t.hours) AS hours, bool_or(t.pods) AS pods, bool_or(t.any_seen <> 0) AS any_seen,
         bool_and(t.row_count = t.listed AND NOT t.manifold AND t.any_seen = t.all_seen
                  AND t.row_count = u.gpus * CASE WHEN t.part IS NULL THEN bit_count(t.hours::bit(32)) ELSE 1 END) AS even,
         sum(t.seen)::bigint AS seen, sum(t.busy)::bigint AS busy, sum(t.unknown)::bigint AS unknown, sum(t.warm_idle)::bigint AS warm_idle,
         sum(t.not_billed)::bigint AS not_billed
  FROM cap_tally t JOIN usual u ON u.node_id = t.node_id GROUP BY 1, 2, 3
)
SELECT d.node_id, d.day, d.gpus::int AS gpus, d.gpus * coalesce(c.minutes, 0) - d.seen AS dark, d.busy AS busy_unattributed, d.warm_idle,
       d.seen - d.busy - d.unknown - d.warm_idle AS unallocated, d.unknown, d.not_billed
FROM day d
LEFT JOIN cap_cost c ON c.node_id = d.node_id AND c.day = d.day
LEFT JOIN (SELECT DISTINCT node_id, (hour AT TIME ZONE 'UTC')::date AS day FROM cap_serve) s ON s.node_id = d.node_id AND s.day = d.day
LEFT JOIN failing f ON f.node_id = d.node_id AND f.day = d.day
WHERE f.node_id IS NULL AND d.even AND d.any_seen AND coalesce(c.bills, 1) = 1 AND s.node_id IS NULL
  -- Pods of replicas may reach a GPU through hours in which it is not seen.
  AND (NOT EXISTS (SELECT 1 FROM replica WHERE pod IS NOT NULL) OR (NOT d.pods AND bit_count(d.hours::bit(32)) = 24))`

/** cap_special: all other node-days that were billed, seen or served on. */
const CAP_SPECIAL = `
CREATE TEMPORARY TABLE cap_special ON COMMIT DROP AS
SELECT node_id, day FROM (
  SELECT node_id, day FROM cap_cost
  UNION SELECT node_id, day FROM cap_tally
  UNION SELECT node_id, (hour AT TIME ZONE 'UTC')::date FROM cap_serve WHERE running <> 0 AND node_id <> 0
) touched JOIN ledger_days USING (day)
EXCEPT SELECT node_id, day FROM cap_plain`

/** In this order. `days`: $1 and $2 are the span's days; `span`: its instants; `posted`: those, the hours to post with their days and
 * places in them, and the span's days. */
export const PLAIN_STATEMENTS: readonly { sql: string; takes: 'nothing' | 'days' | 'span' | 'posted' }[] = [
  { sql: CAP_COST, takes: 'days' },
  { sql: 'ANALYZE cap_cost (node_id, day)', takes: 'nothing' },
  // How rows meet and fall into groups is not to be guessed from stale statistics and expressions: the groups are node-days, and fit in memory.
  { sql: 'SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_sort = off', takes: 'nothing' },
  { sql: CAP_TALLY, takes: 'posted' },
  { sql: 'SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on; SET LOCAL enable_sort = on', takes: 'nothing' },
  { sql: 'ANALYZE cap_tally (node_id, day)', takes: 'nothing' },
  { sql: CAP_PLAIN, takes: 'span' },
  { sql: 'ANALYZE cap_plain (node_id, day)', takes: 'nothing' },
  { sql: CAP_SPECIAL, takes: 'nothing' },
  { sql: 'ANALYZE cap_special', takes: 'nothing' },
]
