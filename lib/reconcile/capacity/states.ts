// The state of every billed GPU-minute, by mask arithmetic (RULES.md 10 and 11). The oracle is lib/domain/capacity.
import { STATES } from '#lib/domain/layers.ts'
import { FULL, minutesSql } from './masks.ts'

/**
 * cap_failed: minutes of a standing failure, for failing GPUs only: from a start on, through unseen minutes and hours, until a seen minute
 * where the code does not stand, or work in a later minute than the start. An hour without a start keeps or ends what it enters with, so
 * that only the few with one are looked at minute by minute.
 */
const CAP_FAILED = `
CREATE TEMPORARY TABLE cap_failed ON COMMIT DROP AS
WITH hours AS (
  SELECT h.node_id, h.gpu, h.hour, h.xid_start AS starts,
         ((h.busy | coalesce(w.running, 0)) & ~h.xid_start) | (h.seen & ~h.xid_standing) AS ends
  FROM cap_hour h JOIN cap_standing s ON s.node_id = h.node_id AND s.gpu = h.gpu AND h.hour >= s.since
  LEFT JOIN cap_work w ON w.node_id = h.node_id AND w.gpu = h.gpu AND w.hour = h.hour
), left_with AS (
  SELECT *, CASE WHEN starts <> 0 THEN ends >> (length(ltrim(starts::bit(64)::text, '0')) - 1) = 0 WHEN ends <> 0 THEN false END AS leaves
  FROM hours
), entered AS (
  -- The latest hour before this one that decides: its instant, doubled, with the answer in the last bit.
  SELECT *, coalesce(max(date_part('epoch', hour)::bigint / 3600 * 2 + leaves::int) OVER
    (PARTITION BY node_id, gpu ORDER BY hour ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) & 1 = 1, false) AS enters
  FROM left_with
), kept AS (
  SELECT node_id, gpu, hour, CASE WHEN ends | starts = 0 THEN ${FULL} ELSE ((ends | starts) & -(ends | starts)) - 1 END AS mask
  FROM entered WHERE enters
), minutes AS (
  SELECT node_id, gpu, hour, m, (ends >> m) & 1 = 1 AS ends,
         count(*) FILTER (WHERE (starts >> m) & 1 = 1) OVER (PARTITION BY node_id, gpu, hour ORDER BY m) AS episode
  FROM hours CROSS JOIN generate_series(0, 59) m WHERE starts <> 0
), judged AS (
  SELECT *, bool_or(ends) OVER (PARTITION BY node_id, gpu, hour, episode ORDER BY m) AS ended FROM minutes WHERE episode > 0
)
SELECT node_id, gpu, hour, bit_or(mask) AS mask FROM (
  SELECT * FROM kept UNION ALL SELECT node_id, gpu, hour, 1::bigint << m FROM judged WHERE NOT ended) failing
GROUP BY 1, 2, 3`

/** cap_state: one column a state, masks of billed minutes; and the minutes seen that no bill covers. */
const CAP_STATE = `
CREATE TEMPORARY TABLE cap_state ON COMMIT DROP AS
WITH billed AS (
  SELECT c.node_id, i.hour, bit_or(c.billed_mask[i.hour_of_day + 1]) AS mask
  FROM node_day_cost c JOIN cap_special s ON s.node_id = c.node_id AND s.day = c.day JOIN cap_instant i ON i.day = c.day
  WHERE c.day >= $1 AND c.day < $2 GROUP BY 1, 2
), scraped AS (
  SELECT DISTINCT node_id, hour FROM cap_serve UNION SELECT DISTINCT node_id, hour FROM cap_work
), told AS (
  SELECT h.node_id, h.gpu, h.hour, h.day, coalesce(b.mask, 0) AS billed, h.seen | coalesce(w.running, 0) AS seen,
         coalesce(f.mask, 0) | h.gone AS failed, coalesce(w.running, 0) AS running, h.busy & ~coalesce(w.running, 0) AS busy,
         s.node_id IS NOT NULL AS engine,
         ~h.util_known | (~h.mem_known & ~coalesce(w.scraped, 0)) AS vague, h.mem_loaded | coalesce(w.scraped, 0) AS loaded
  FROM cap_hour h
  LEFT JOIN billed b ON b.node_id = h.node_id AND b.hour = h.hour
  LEFT JOIN cap_work w ON w.node_id = h.node_id AND w.gpu = h.gpu AND w.hour = h.hour
  LEFT JOIN cap_failed f ON f.node_id = h.node_id AND f.gpu = h.gpu AND f.hour = h.hour
  LEFT JOIN scraped s ON s.node_id = h.node_id AND s.hour = h.hour
  WHERE h.posted
), quiet AS (
  SELECT *, seen & ~failed & ~running & ~busy AS rest FROM told
)
SELECT node_id, gpu, hour, day, billed,
       billed & ~seen & ~failed AS dark,
       billed & failed & ~running & ~busy AS lost,
       billed & running AS serving,
       CASE WHEN engine THEN billed & busy ELSE 0 END AS other_work,
       CASE WHEN engine THEN 0 ELSE billed & busy END AS busy_unattributed,
       billed & rest & ~vague & loaded AS warm_idle,
       billed & rest & ~vague & ~loaded AS unallocated,
       billed & rest & vague AS unknown,
       seen & ~billed & ${FULL} AS not_billed
FROM quiet`

const sums = STATES.map((state) => `sum(${minutesSql(`(s.${state} & d.mask)`)}) AS ${state}`).join(', ')
const rows = STATES.map((state, index) => `('${state}', ${index + 1}, ${state})`).join(', ')
const PLAIN_STATES = ['dark', 'busy_unattributed', 'warm_idle', 'unallocated', 'unknown'] as const
const plainRows = PLAIN_STATES.map((state) => `('${state}', ${STATES.indexOf(state) + 1}, p.${state})`).join(', ')

/** cap_part: GPU-minutes of a node-day by state and deployment; only those that have any. */
const CAP_PART = `
CREATE TEMPORARY TABLE cap_part ON COMMIT DROP AS
WITH wide AS (
  SELECT s.node_id, s.day, coalesce(d.deployment, '') AS deployment, coalesce(min(d.team), '') AS team,
         ${sums.replaceAll('d.mask', `coalesce(d.mask, ${FULL})`)}
  FROM cap_state s LEFT JOIN cap_deployment d ON d.node_id = s.node_id AND d.gpu = s.gpu AND d.hour = s.hour
  WHERE s.billed <> 0 GROUP BY 1, 2, 3
)
SELECT w.node_id, w.day, x.state, x.position, w.deployment, w.team, x.minutes::numeric AS minutes
FROM wide w CROSS JOIN LATERAL (VALUES ${rows}) AS x(state, position, minutes)
WHERE x.minutes > 0
UNION ALL
SELECT p.node_id, p.day, x.state, x.position, '', '', x.minutes::numeric
FROM cap_plain p CROSS JOIN LATERAL (VALUES ${plainRows}) AS x(state, position, minutes)
WHERE x.minutes > 0`

/** In this order; `days`: $1 and $2 are the span's days. */
export const STATE_STATEMENTS: readonly { sql: string; takes: 'nothing' | 'days' }[] = [
  { sql: CAP_FAILED, takes: 'nothing' },
  { sql: CAP_STATE, takes: 'days' },
  { sql: 'ANALYZE cap_state (node_id, gpu, hour)', takes: 'nothing' },
  { sql: CAP_PART, takes: 'nothing' },
  { sql: 'ANALYZE cap_part', takes: 'nothing' },
]
