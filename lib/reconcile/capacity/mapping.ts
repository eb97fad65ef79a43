// Which replica works on which GPU, by hour (RULES.md 8): by equal namespace and pod, else by declared indexes, else all GPUs of the
// replica's node that are loaded and unclaimed.
import { FULL } from './masks.ts'

/** Through unseen hours a GPU keeps the pods it had last, for so long. */
const CARRY = "interval '7 days'"

const CAP_POD = `
CREATE TEMPORARY TABLE cap_pod ON COMMIT DROP AS
WITH marked AS (
  SELECT h.node_id, h.gpu, h.hour, h.day, CASE WHEN h.has_row THEN coalesce(r.pods, '{}') END AS pods,
         count(*) FILTER (WHERE h.has_row) OVER (PARTITION BY h.node_id, h.gpu, h.day ORDER BY h.hour) AS run
  FROM cap_hour h LEFT JOIN cap_raw r ON r.node_id = h.node_id AND r.gpu = h.gpu AND r.hour = h.hour
  WHERE EXISTS (SELECT 1 FROM replica WHERE pod IS NOT NULL)
    AND (h.posted OR h.day NOT IN (SELECT day FROM ledger_days))
), unseen AS (
  SELECT node_id, gpu, day, min(hour) AS hour FROM marked WHERE run = 0 GROUP BY 1, 2, 3
), earlier AS (
  SELECT u.node_id, u.gpu, u.day, g.pods FROM unseen u CROSS JOIN LATERAL (
    SELECT g.pods FROM gpu_hour g WHERE g.node_id = u.node_id AND lower(g.gpu_uuid) = u.gpu AND g.seen <> 0
      AND g.hour < u.hour AND g.hour >= u.hour - ${CARRY} ORDER BY g.hour DESC LIMIT 1) g
), filled AS (
  SELECT m.node_id, m.gpu, m.hour,
         CASE WHEN m.run = 0 THEN e.pods ELSE first_value(m.pods) OVER (PARTITION BY m.node_id, m.gpu, m.day, m.run ORDER BY m.hour) END AS pods
  FROM marked m LEFT JOIN earlier e ON e.node_id = m.node_id AND e.gpu = m.gpu AND e.day = m.day
), matched AS (
  SELECT DISTINCT f.node_id, f.gpu, f.hour, r.replica_id, r.node_id = f.node_id AS near
  FROM filled f CROSS JOIN LATERAL unnest(f.pods) AS u(name) JOIN replica r ON r.pod IS NOT NULL AND concat(r.namespace, '/', r.pod) = u.name
)
-- The same pod name may live in two clusters: where the replica's own node has it, only that node counts.
SELECT node_id, gpu, hour, replica_id FROM (
  SELECT *, bool_or(near) OVER (PARTITION BY replica_id, hour) AS any_near FROM matched) m
WHERE near OR NOT any_near`

const CAP_MAP = `
CREATE TEMPORARY TABLE cap_map ON COMMIT DROP AS
WITH by_pod AS (
  SELECT DISTINCT replica_id, hour FROM cap_pod
), declared AS (
  SELECT h.node_id, h.hour, r.replica_id, d.gpus
  FROM (SELECT DISTINCT node_id, hour FROM cap_hour) h
  JOIN replica r ON r.node_id = h.node_id
  JOIN replica_deployment d ON d.replica_id = r.replica_id AND d.gpus <> '{}'
    AND d.valid_from < h.hour + interval '1 hour' AND d.valid_to > h.hour
  LEFT JOIN by_pod p ON p.replica_id = r.replica_id AND p.hour = h.hour
  WHERE p.replica_id IS NULL
), by_index AS (
  SELECT DISTINCT h.node_id, h.gpu, h.hour, d.replica_id
  FROM declared d JOIN cap_hour h ON h.node_id = d.node_id AND h.hour = d.hour AND h.gpu_index = ANY (d.gpus)
), claimed AS (
  SELECT node_id, gpu, hour, replica_id FROM cap_pod UNION SELECT * FROM by_index
), rest AS (
  SELECT h.node_id, h.gpu, h.hour, s.replica_id, h.mem_loaded
  FROM cap_serve s
  JOIN cap_hour h ON h.node_id = s.node_id AND h.hour = s.hour AND h.mem_loaded <> 0
  LEFT JOIN by_pod p ON p.replica_id = s.replica_id AND p.hour = s.hour
  LEFT JOIN (SELECT DISTINCT replica_id, hour FROM declared) d ON d.replica_id = s.replica_id AND d.hour = s.hour
  LEFT JOIN (SELECT DISTINCT node_id, gpu, hour FROM claimed) c ON c.node_id = h.node_id AND c.gpu = h.gpu AND c.hour = h.hour
  WHERE s.node_id <> 0 AND p.replica_id IS NULL AND d.replica_id IS NULL AND c.gpu IS NULL
)
SELECT node_id, gpu, hour, replica_id, ${FULL} AS reach FROM claimed
UNION ALL SELECT * FROM rest`

/** cap_work: minutes with requests running on the GPU, and minutes in which a replica mapped to it was scraped. */
const CAP_WORK = `
CREATE TEMPORARY TABLE cap_work ON COMMIT DROP AS
SELECT m.node_id, m.gpu, m.hour, bit_or(s.running & m.reach) AS running, bit_or(s.scraped & m.reach) AS scraped
FROM cap_map m JOIN cap_serve s ON s.replica_id = m.replica_id AND s.hour = m.hour
GROUP BY 1, 2, 3`

/** Minutes of the hour in which the assignment of a replica to its deployment is valid. */
const VALID = `CASE WHEN d.valid_from <= m.hour AND d.valid_to >= m.hour + interval '1 hour' THEN ${FULL}
  ELSE minute_mask(ceil(extract(epoch FROM greatest(d.valid_from, m.hour) - m.hour) / 60)::int,
                   ceil(extract(epoch FROM least(d.valid_to, m.hour + interval '1 hour') - m.hour) / 60)::int) END`

const CLAIMS = `
  FROM cap_map m
  JOIN cap_serve s ON s.replica_id = m.replica_id AND s.hour = m.hour
  JOIN replica_deployment d ON d.replica_id = m.replica_id AND d.valid_from < m.hour + interval '1 hour' AND d.valid_to > m.hour
  JOIN deployment p ON p.deployment_id = d.deployment_id`

/** cap_sole: whose a GPU-hour is where one deployment alone claims it (`first` is `last`), and which minutes of it. */
const CAP_SOLE = `
CREATE TEMPORARY TABLE cap_sole ON COMMIT DROP AS
SELECT m.node_id, m.gpu, m.hour, min(p.deployment_id) AS first, max(p.deployment_id) AS last, bit_or(m.reach & ${VALID}) AS mask
${CLAIMS}
GROUP BY 1, 2, 3`

/**
 * cap_deployment: whose each GPU-minute is. Requests running decide; then who was scraped in the minute; then who was scraped in the hour;
 * among equals the name. Minutes left over belong to no deployment, which is the empty name; GPU-hours that nobody claims are not listed.
 */
const CAP_DEPLOYMENT = `
CREATE TEMPORARY TABLE cap_deployment ON COMMIT DROP AS
WITH claim AS (
  SELECT m.node_id, m.gpu, m.hour, p.name AS deployment, min(p.team) AS team,
         bit_or(s.running & m.reach & ${VALID}) AS running, bit_or(s.scraped & m.reach & ${VALID}) AS scraped, bit_or(m.reach & ${VALID}) AS mapped
  ${CLAIMS}
  JOIN cap_sole o ON o.node_id = m.node_id AND o.gpu = m.gpu AND o.hour = m.hour AND o.first <> o.last
  GROUP BY 1, 2, 3, 4
), ranked AS (
  SELECT *, bit_or(running) OVER whole AS all_running, bit_or(scraped) OVER whole AS all_scraped,
         coalesce(bit_or(running) OVER before, 0) AS running_before, coalesce(bit_or(scraped) OVER before, 0) AS scraped_before,
         coalesce(bit_or(mapped) OVER before, 0) AS mapped_before
  FROM claim
  WINDOW whole AS (PARTITION BY node_id, gpu, hour),
         before AS (PARTITION BY node_id, gpu, hour ORDER BY deployment COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), told AS (
  SELECT o.node_id, o.gpu, o.hour, p.name AS deployment, p.team, o.mask
  FROM cap_sole o JOIN deployment p ON p.deployment_id = o.first WHERE o.first = o.last
  UNION ALL
  SELECT node_id, gpu, hour, deployment, team,
         (running & ~running_before)
         | (scraped & ~all_running & ~scraped_before)
         | (mapped & ~all_running & ~all_scraped & ~mapped_before)
  FROM ranked
)
SELECT * FROM told WHERE mask <> 0
UNION ALL
SELECT node_id, gpu, hour, '', '', ${FULL} & ~mask FROM cap_sole WHERE mask <> ${FULL}`

/** In this order. */
export const MAPPING_STATEMENTS: readonly string[] = [
  CAP_POD,
  'ANALYZE cap_pod',
  CAP_MAP,
  'ANALYZE cap_map',
  CAP_WORK,
  'ANALYZE cap_work',
  CAP_SOLE,
  'ANALYZE cap_sole',
  CAP_DEPLOYMENT,
  'ANALYZE cap_deployment',
]
