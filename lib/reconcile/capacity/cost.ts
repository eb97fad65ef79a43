// Which minutes of a node were billed, and the money of its days (RULES.md 12).

/** Lines whose minutes count: gpu_compute Usage in scope, resolved to a node. */
const CAP_LINE = `
CREATE TEMPORARY TABLE cap_line ON COMMIT DROP AS
SELECT l.line_id, l.node_id, l.source_id, l.currency, lower(l.instance_type) AS instance_type, l.charge_start, l.charge_end,
       ceil(extract(epoch FROM l.charge_start) / 60)::bigint AS first_minute, ceil(extract(epoch FROM l.charge_end) / 60)::bigint AS end_minute,
       CASE WHEN lower(trim(l.consumed_unit)) IN ('hours', 'hour', 'hrs', 'hr', 'h') THEN l.consumed_quantity END AS hours
FROM bill_now l`

/**
 * cap_billed(node_id, source_id, currency, hour, mask). A quantity of h hours below the span bills round-half-even(60 h) minutes: at the
 * span's start when the node has a line that ends where this one begins, else at its end (it was started then).
 */
const CAP_BILLED = `
CREATE TEMPORARY TABLE cap_billed ON COMMIT DROP AS
WITH ended AS (
  SELECT DISTINCT node_id, charge_end AS instant FROM cap_line WHERE charge_end > charge_start
), counted AS (
  SELECT l.*, e.instant IS NOT NULL AS continues,
         CASE WHEN l.hours IS NULL OR l.hours * 3600 >= extract(epoch FROM l.charge_end - l.charge_start) THEN l.end_minute - l.first_minute
              ELSE least(greatest(round_half_even(60 * l.hours, 0), 0)::bigint, l.end_minute - l.first_minute) END AS minutes
  FROM cap_line l LEFT JOIN ended e ON e.node_id = l.node_id AND e.instant = l.charge_start
), placed AS (
  SELECT node_id, source_id, currency,
         CASE WHEN continues THEN first_minute ELSE end_minute - minutes END AS lo,
         CASE WHEN continues THEN first_minute + minutes ELSE end_minute END AS hi
  FROM counted WHERE minutes > 0
)
SELECT p.node_id, p.source_id, p.currency, to_timestamp(h * 3600) AS hour,
       mask_or(minute_mask(greatest(p.lo - h * 60, 0)::int, least(p.hi - h * 60, 60)::int)) AS mask
FROM placed p CROSS JOIN LATERAL generate_series(greatest(p.lo / 60, $1::bigint), least((p.hi - 1) / 60, $2::bigint - 1)) h
WHERE (to_timestamp(h * 3600) AT TIME ZONE 'UTC')::date IN (SELECT day FROM ledger_days)
GROUP BY 1, 2, 3, 4`

const FORGET = 'DELETE FROM node_day_cost c USING ledger_days d WHERE c.day = d.day AND c.day >= $1 AND c.day < $2'

const masks = Array.from({ length: 24 }, (_, hour) => `coalesce(bit_or(mask) FILTER (WHERE hour_of_day = ${hour}), 0)`).join(', ')

const NODE_DAY_COST = `
INSERT INTO node_day_cost (node_id, day, currency, source_id, billed_mask, billed, effective)
SELECT m.node_id, m.day, m.currency, m.source_id,
       coalesce(b.masks, array_fill(0::bigint, ARRAY[24])), trim_scale(m.billed), trim_scale(m.effective)
FROM (
  SELECT l.node_id, p.day, l.currency, l.source_id, sum(p.billed) AS billed, sum(p.effective) AS effective
  FROM bill_portion p JOIN cap_line l USING (line_id) GROUP BY 1, 2, 3, 4
) m LEFT JOIN (
  SELECT node_id, day, currency, source_id, ARRAY[${masks}] AS masks
  FROM (SELECT node_id, currency, source_id, mask, (hour AT TIME ZONE 'UTC')::date AS day,
               extract(hour FROM hour AT TIME ZONE 'UTC')::int AS hour_of_day FROM cap_billed) hours
  GROUP BY 1, 2, 3, 4
) b ON b.node_id = m.node_id AND b.day = m.day AND b.currency = m.currency AND b.source_id = m.source_id`

/** In this order. `hours`: $1 and $2 are hours since the epoch; `days`: they are the span's days. */
export const COST_STATEMENTS: readonly { sql: string; takes: 'nothing' | 'hours' | 'days' }[] = [
  { sql: CAP_LINE, takes: 'nothing' },
  { sql: 'ANALYZE cap_line', takes: 'nothing' },
  { sql: CAP_BILLED, takes: 'hours' },
  { sql: 'ANALYZE cap_billed', takes: 'nothing' },
  { sql: FORGET, takes: 'days' },
  { sql: NODE_DAY_COST, takes: 'nothing' },
]
