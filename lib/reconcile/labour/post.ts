// What the sets come to, by UTC day: time, its price, and what has no price. RULES.md 25, 28 and 29.
import { secondsOf } from './sets.ts'

const DAYS = `days AS (
  SELECT day, tstzmultirange(tstzrange(day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC')) AS whole FROM ledger_days
)`

/** Divides without rounding where it could be seen: the quotient keeps forty decimals. */
const quotient = (dividend: string, divisor: string): string => `round(${dividend}, 40) / (${divisor})`

/** Seconds by UTC day, person, item and layer; being engaged costs nothing by itself and has none. */
export const TIME = `
CREATE TEMPORARY TABLE labour_time ON COMMIT DROP AS
WITH ${DAYS}, standby AS (
  SELECT s.person, range_agg(tstzrange(s.starts_at, s.ends_at)) AS spans FROM labour_shift s GROUP BY s.person
), part AS (
  SELECT d.day, e.person, 'engaged' AS item, '' AS layer, ${secondsOf('e.spans * d.whole')} AS seconds
  FROM labour_engaged e JOIN days d ON e.spans && d.whole
  UNION ALL
  SELECT d.day, u.person, 'unlogged', 'on_call', ${secondsOf('u.spans * d.whole')} FROM labour_unlogged u JOIN days d ON u.spans && d.whole
  UNION ALL
  SELECT d.day, l.person, 'logged', l.layer, ${secondsOf('l.spans * d.whole')} FROM labour_logged l JOIN days d ON l.spans && d.whole
  UNION ALL
  SELECT d.day, h.person, 'logged', h.layer, h.seconds FROM labour_on_date h JOIN days d USING (day)
  UNION ALL
  SELECT d.day, s.person, 'standby', 'on_call', ${secondsOf("(s.spans - coalesce(e.spans, '{}')) * d.whole")}
  FROM standby s JOIN days d ON s.spans && d.whole LEFT JOIN labour_engaged e USING (person)
)
SELECT day, person, item, layer, sum(seconds) AS seconds FROM part GROUP BY 1, 2, 3, 4 HAVING sum(seconds) > 0`

export const POST_TIME = `
INSERT INTO ledger_next (day, measure, layer, item, person, quantity)
SELECT day, 'time', layer, item, person, seconds FROM labour_time`

/** The row of the role's rate in force, joined to whatever has `day` and `person`. */
const RATE = `LEFT JOIN LATERAL (
    SELECT r.currency, r.standard_per_year, r.actual_per_year, r.hours_per_year FROM rate r
    WHERE r.role = p.role AND r.valid_from <= t.day ORDER BY r.valid_from DESC LIMIT 1) r ON true`

const price = (seconds: string, perYear: string): string =>
  `round_half_even(${quotient(`${perYear} * ${seconds}`, 'hours_per_year * 3600')}, 12)`

/** Worked hours at the standard rate, and the premium of all of them; the premium's inferred part is what remains of the one rounding. */
export const POST_WORK = `
WITH worked AS (
  SELECT t.day, t.person, t.item, t.layer, t.seconds, r.currency, r.standard_per_year, r.actual_per_year, r.hours_per_year
  FROM labour_time t JOIN labour_person p USING (person) ${RATE}
  WHERE t.item IN ('logged', 'unlogged')
), premium AS (
  SELECT day, person, currency, actual_per_year - standard_per_year AS more, hours_per_year,
         coalesce(sum(seconds) FILTER (WHERE item = 'logged'), 0) AS logged,
         coalesce(sum(seconds) FILTER (WHERE item = 'unlogged'), 0) AS unlogged
  FROM worked WHERE actual_per_year IS NOT NULL GROUP BY 1, 2, 3, 4, 5
), priced AS (
  SELECT *, ${price('(logged + unlogged)', 'more')} AS whole, ${price('logged', 'more')} AS measured FROM premium
), posting AS (
  SELECT day, 'cost' AS measure, layer, item, person, currency, CASE item WHEN 'logged' THEN 'measured' ELSE 'inferred' END AS evidence,
         ${price('seconds', 'standard_per_year')} AS amount, seconds
  FROM worked WHERE currency IS NOT NULL
  UNION ALL
  SELECT day, 'unpriced_time', '', item, person, '', 'measured', NULL, seconds FROM worked WHERE currency IS NULL
  UNION ALL
  SELECT day, 'cost', 'talent_premium', 'premium', person, currency, 'measured', measured, logged FROM priced WHERE logged > 0
  UNION ALL
  SELECT day, 'cost', 'talent_premium', 'premium', person, currency, 'inferred', whole - measured, unlogged FROM priced WHERE unlogged > 0
)
INSERT INTO ledger_next (day, measure, layer, item, person, currency, evidence, billed, effective, quantity)
SELECT day, measure, layer, item, person, currency, evidence, amount, amount, seconds FROM posting`

/** Standby pay by UTC day: hours, engaged ones included and those on local holidays apart, and a sum per shift that starts. */
export const POST_STANDBY = `
WITH ${DAYS}, holiday AS (
  SELECT p.person, range_agg(tstzrange(c.starts, c.ends)) AS spans
  FROM labour_person p JOIN labour_calendar c USING (timezone, workday_start, workday_end)
  WHERE c.day::text = ANY (p.holidays) GROUP BY p.person
), hours AS (
  SELECT s.person, s.rotation, d.day, range_agg(tstzrange(s.starts_at, s.ends_at)) * d.whole AS spans,
         count(*) FILTER (WHERE tstzmultirange(tstzrange(s.starts_at, s.starts_at, '[]')) && d.whole) AS shifts
  FROM labour_shift s JOIN days d ON tstzmultirange(tstzrange(s.starts_at, s.ends_at)) && d.whole
  GROUP BY s.person, s.rotation, d.day, d.whole
), t AS (
  SELECT h.person, h.rotation, h.day, h.shifts, ${secondsOf('h.spans')} AS seconds, ${secondsOf("h.spans * coalesce(f.spans, '{}')")} AS holiday
  FROM hours h LEFT JOIN holiday f USING (person)
), rated AS (
  SELECT t.*, r.currency, r.per_hour, r.per_shift, r.holiday_factor FROM t LEFT JOIN LATERAL (
    SELECT * FROM standby_rate r WHERE r.rotation = t.rotation AND r.valid_from <= t.day ORDER BY r.valid_from DESC LIMIT 1) r ON true
), posting AS (
  SELECT day, 'cost' AS measure, 'on_call' AS layer, 'standby' AS item, person, currency, sum(seconds) AS seconds,
         round_half_even(sum(${quotient('per_hour * (seconds - holiday + holiday_factor * holiday)', '3600')} + per_shift * shifts), 12) AS amount
  FROM rated WHERE currency IS NOT NULL GROUP BY day, person, currency
  UNION ALL
  SELECT day, 'unpriced_time', '', 'standby/' || rotation, person, '', seconds, NULL FROM rated WHERE currency IS NULL
)
INSERT INTO ledger_next (day, measure, layer, item, person, currency, billed, effective, quantity)
SELECT day, measure, layer, item, person, currency, amount, amount, seconds FROM posting`
