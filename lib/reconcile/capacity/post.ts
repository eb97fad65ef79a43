// Node-days and postings: GPU-minutes by state with their part of the node-day's money, and what was seen without a bill.
import { convertedSql, rateSql } from '../ledger/fx.ts'
import { splitSql } from '../ledger/split.ts'
import { minutesSql } from './masks.ts'

/**
 * cap_posting: a node-day's cost × GPU-minutes of the state ÷ all GPU-minutes, by currency (RULES.md 13 and 14), and a state's part over
 * its deployments, so that states do not depend on what they are divided into. A node-day whose GPUs or billed minutes are unknown gives
 * all its cost to `unknown`.
 */
const CAP_POSTING = `
CREATE TEMPORARY TABLE cap_posting ON COMMIT DROP AS
WITH money AS (
  SELECT c.node_id, c.day, c.currency, sum(c.billed) AS billed, sum(c.effective) AS effective
  FROM node_day_cost c JOIN ledger_days y ON y.day = c.day WHERE c.day >= $1 AND c.day < $2 GROUP BY 1, 2, 3
), part AS (
  SELECT m.node_id, m.day, m.currency, m.billed, m.effective, coalesce(c.state, 'unknown') AS state, coalesce(c.position, 8) AS place,
         coalesce(c.deployment, '') AS deployment, coalesce(c.team, '') AS team, coalesce(c.minutes, 0) AS minutes,
         m.currency = min(m.currency) OVER (PARTITION BY m.node_id, m.day) AS carries_minutes
  FROM money m LEFT JOIN cap_part c ON c.node_id = m.node_id AND c.day = m.day
), state AS (
  SELECT node_id, day, currency, billed, effective, state, place, sum(minutes) AS minutes FROM part GROUP BY 1, 2, 3, 4, 5, 6, 7
), state_money AS (
  ${splitSql({
    from: 'state',
    group: 'node_id, day, currency',
    amounts: ['billed', 'effective'],
    weight: 'minutes',
    ord: 'place',
    keep: 'node_id, day, currency, state',
  })}
), finer AS (
  SELECT p.node_id, p.day, p.currency, p.state, p.place, p.deployment, p.team, p.minutes, p.carries_minutes, s.billed, s.effective
  FROM part p JOIN state_money s USING (node_id, day, currency, state)
)
${splitSql({
  from: 'finer',
  group: 'node_id, day, currency, state',
  amounts: ['billed', 'effective'],
  weight: 'minutes',
  ord: 'deployment COLLATE "C"',
  keep: 'node_id, day, currency, state, deployment, team, minutes, carries_minutes',
})}`

const POST_MINUTES = `
INSERT INTO ledger_next (day, measure, item, currency, cluster, deployment, team, billed, effective, quantity)
SELECT p.day, 'gpu_minutes', p.state, p.currency, n.cluster, p.deployment, p.team, sum(p.billed), sum(p.effective),
       sum(p.minutes) FILTER (WHERE p.carries_minutes)
FROM cap_posting p JOIN node n ON n.node_id = p.node_id
GROUP BY 1, 2, 3, 4, 5, 6, 7`

/** Node-days that were billed and dark throughout, by node: what the exceptions say without reading node-days. The quantity counts days. */
const POST_UNSEEN = `
INSERT INTO ledger_next (day, measure, item, currency, cluster, billed, effective, quantity)
SELECT p.day, 'billed_unseen', n.name, p.currency, n.cluster, sum(p.billed), sum(p.effective), CASE WHEN bool_or(p.carries_minutes) THEN 1 END
FROM cap_posting p JOIN node n ON n.node_id = p.node_id
JOIN (SELECT node_id, day FROM cap_posting GROUP BY 1, 2 HAVING bool_and(state = 'dark')) dark ON dark.node_id = p.node_id AND dark.day = p.day
GROUP BY p.node_id, p.day, n.name, p.currency, n.cluster`

const FORGET = 'DELETE FROM node_day n USING ledger_days d WHERE n.day = d.day AND n.day >= $1 AND n.day < $2'

/** billed and effective are in the bill's currency, and null where a node-day is billed in several. */
const NODE_DAY = `
INSERT INTO node_day (node_id, day, state, deployment, gpus, gpu_minutes, billed, effective, billed_rc, effective_rc)
SELECT p.node_id, p.day, p.state, p.deployment, coalesce(max(g.gpus), 0), sum(p.minutes) FILTER (WHERE p.carries_minutes),
       CASE WHEN count(*) = 1 THEN sum(p.billed) END, CASE WHEN count(*) = 1 THEN sum(p.effective) END,
       sum(${convertedSql('p.billed', rateSql('p.day', 'p.currency', '$1'), 'p.currency', '$1')}),
       sum(${convertedSql('p.effective', rateSql('p.day', 'p.currency', '$1'), 'p.currency', '$1')})
FROM cap_posting p
LEFT JOIN (SELECT node_id, day, count(*)::int AS gpus FROM cap_gpu GROUP BY 1, 2 UNION ALL SELECT node_id, day, gpus FROM cap_plain) g ON g.node_id = p.node_id AND g.day = p.day
GROUP BY 1, 2, 3, 4`

/** cap_unbilled: GPU-minutes seen outside billed minutes. */
const CAP_UNBILLED = `
CREATE TEMPORARY TABLE cap_unbilled ON COMMIT DROP AS
SELECT node_id, day, sum(${minutesSql('not_billed')})::numeric AS minutes FROM cap_state WHERE not_billed <> 0 GROUP BY 1, 2
UNION ALL SELECT node_id, day, not_billed FROM cap_plain WHERE not_billed > 0`

/**
 * Seen and not billed is awaited inside the lag, and where the account's delivery of that month is provisional and ends before that day;
 * else it is unbilled. The node's account is the one that billed it in that month or the one before.
 */
const POST_UNBILLED = `
WITH late AS (
  SELECT node_id, day, date_trunc('month', day::timestamp)::date AS month FROM cap_unbilled WHERE day < $1::date
), delivered AS (
  SELECT * FROM (
    SELECT DISTINCT ON (source_id, replacement_key) source_id, replacement_key, billing_account, period, status
    FROM batch WHERE status IN ('provisional', 'final') AND period IN (SELECT month FROM late) ORDER BY source_id, replacement_key, seq DESC) newest
  WHERE status = 'provisional'
), reaches AS (
  SELECT d.source_id, d.billing_account, d.period,
         max((greatest(l.charge_start, l.charge_end - interval '1 microsecond') AT TIME ZONE 'UTC')::date) AS last_day
  FROM delivered d JOIN bill_line l ON l.to_seq IS NULL AND l.source_id = d.source_id AND l.replacement_key = d.replacement_key
  WHERE l.charge_category = 'Usage' GROUP BY 1, 2, 3
), account AS (
  SELECT DISTINCT t.node_id, t.month, l.source_id, l.billing_account
  FROM (SELECT DISTINCT node_id, month FROM late) t
  JOIN node_alias a ON a.node_id = t.node_id AND a.kind IN ('resource_id', 'instance_id')
  JOIN bill_line l ON l.to_seq IS NULL AND l.billing_period BETWEEN (t.month - interval '1 month')::date AND t.month
    AND (lower(l.resource_id) = lower(a.alias) OR (a.kind = 'instance_id' AND l.resource_key = lower(a.alias)))
  WHERE EXISTS (SELECT 1 FROM delivered)
), awaited AS (
  SELECT DISTINCT t.node_id, t.day FROM late t
  JOIN account a ON a.node_id = t.node_id AND a.month = t.month
  JOIN reaches r ON r.source_id = a.source_id AND r.billing_account = a.billing_account AND r.period = t.month AND t.day > r.last_day
)
INSERT INTO ledger_next (day, measure, item, cluster, quantity)
SELECT u.day, CASE WHEN u.day >= $1::date OR a.node_id IS NOT NULL THEN 'awaiting_bill' ELSE 'unbilled' END,
       CASE WHEN u.day >= $1::date THEN 'lag' WHEN a.node_id IS NOT NULL THEN 'provisional' ELSE '' END, n.cluster, sum(u.minutes)
FROM cap_unbilled u JOIN node n ON n.node_id = u.node_id LEFT JOIN awaited a ON a.node_id = u.node_id AND a.day = u.day
GROUP BY 1, 2, 3, 4`

/** In this order. `days`: $1 and $2 are the span's days; `currency`: the reporting one; `lag`: the first day still inside the lag. */
export const POST_STATEMENTS: readonly { sql: string; takes: 'nothing' | 'days' | 'currency' | 'lag' }[] = [
  { sql: CAP_POSTING, takes: 'days' },
  { sql: 'ANALYZE cap_posting', takes: 'nothing' },
  { sql: POST_MINUTES, takes: 'nothing' },
  { sql: POST_UNSEEN, takes: 'nothing' },
  { sql: FORGET, takes: 'days' },
  { sql: NODE_DAY, takes: 'currency' },
  { sql: CAP_UNBILLED, takes: 'nothing' },
  { sql: POST_UNBILLED, takes: 'lag' },
]
