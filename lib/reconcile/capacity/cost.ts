// Which minutes of a node were billed, and the money of its days (RULES.md 12).
import { FULL } from './masks.ts'

const masks = Array.from({ length: 24 }, (_, hour) => `coalesce(bit_or(mask) FILTER (WHERE hour_of_day = ${hour}), 0)`).join(', ')

/** A line's part of each day to post: most lines are inside one. */
export const LINE_DAYS = `(
  SELECT l.node_id, l.source_id, l.currency, l.instance_type, l.first_day AS day, l.billed, l.effective
  FROM cap_line l JOIN ledger_days y ON y.day = l.first_day WHERE l.first_day = l.last_day
  UNION ALL
  SELECT l.node_id, l.source_id, l.currency, l.instance_type, p.day, p.billed, p.effective
  FROM bill_portion p JOIN cap_line l USING (line_id)
)`

/**
 * cap_billed(node_id, source_id, currency, day, masks): one mask an hour, of all other lines. A quantity of h hours below the span bills
 * round-half-even(60 h) minutes: at the span's start when the node has a line that ends where this one begins, else at its end (it was
 * started then).
 */
const CAP_BILLED = `
CREATE TEMPORARY TABLE cap_billed ON COMMIT DROP AS
WITH part AS (
  SELECT * FROM cap_line WHERE NOT whole_hour
), ended AS (
  SELECT DISTINCT node_id, charge_end AS instant FROM cap_line
  WHERE charge_end > charge_start AND (node_id, charge_end) IN (SELECT node_id, charge_start FROM part)
), counted AS (
  SELECT l.*, e.instant IS NOT NULL AS continues,
         CASE WHEN l.hours IS NULL OR l.hours * 3600 >= extract(epoch FROM l.charge_end - l.charge_start) THEN l.end_minute - l.first_minute
              ELSE least(greatest(round_half_even(60 * l.hours, 0), 0)::bigint, l.end_minute - l.first_minute) END AS minutes
  FROM part l LEFT JOIN ended e ON e.node_id = l.node_id AND e.instant = l.charge_start
), placed AS (
  SELECT node_id, source_id, currency,
         CASE WHEN continues THEN first_minute ELSE end_minute - minutes END AS lo,
         CASE WHEN continues THEN first_minute + minutes ELSE end_minute END AS hi
  FROM counted WHERE minutes > 0
), hourly AS (
  SELECT p.node_id, p.source_id, p.currency, date '1970-01-01' + (h / 24)::int AS day, (h % 24)::int AS hour_of_day,
         minute_mask(greatest(p.lo - h * 60, 0)::int, least(p.hi - h * 60, 60)::int) AS mask
  FROM placed p CROSS JOIN LATERAL generate_series(greatest(p.lo / 60, $1::bigint), least((p.hi - 1) / 60, $2::bigint - 1)) h
)
SELECT node_id, source_id, currency, day, ARRAY[${masks}] AS masks FROM hourly JOIN ledger_days USING (day) GROUP BY 1, 2, 3, 4`

const FORGET = 'DELETE FROM node_day_cost c USING ledger_days d WHERE c.day = d.day AND c.day >= $1 AND c.day < $2'

const NODE_DAY_COST = `
INSERT INTO node_day_cost (node_id, day, currency, source_id, billed_mask, billed, effective)
SELECT m.node_id, m.day, m.currency, m.source_id,
       ARRAY(SELECT CASE WHEN w.hours >> i & 1 = 1 THEN ${FULL} ELSE coalesce(b.masks[i + 1], 0) END FROM generate_series(0, 23) i),
       trim_scale(m.billed), trim_scale(m.effective)
FROM (
  SELECT node_id, day, currency, source_id, sum(billed) AS billed, sum(effective) AS effective FROM ${LINE_DAYS} part GROUP BY 1, 2, 3, 4
) m LEFT JOIN (
  SELECT node_id, source_id, currency, date '1970-01-01' + (first_minute / 1440)::int AS day, bit_or(1 << (first_minute / 60 % 24)::int) AS hours
  FROM cap_line WHERE whole_hour GROUP BY 1, 2, 3, 4
) w ON w.node_id = m.node_id AND w.day = m.day AND w.currency = m.currency AND w.source_id = m.source_id
LEFT JOIN cap_billed b ON b.node_id = m.node_id AND b.day = m.day AND b.currency = m.currency AND b.source_id = m.source_id`

/** In this order. `hours`: $1 and $2 are hours since the epoch; `days`: they are the span's days. */
export const COST_STATEMENTS: readonly { sql: string; takes: 'nothing' | 'hours' | 'days' }[] = [
  { sql: CAP_BILLED, takes: 'hours' },
  { sql: 'ANALYZE cap_billed', takes: 'nothing' },
  { sql: FORGET, takes: 'days' },
  { sql: NODE_DAY_COST, takes: 'nothing' },
]
