import type { Db } from '#lib/store/pool.ts'

/**
 * The same join by hand, in one statement: minutes by state of every billed GPU-hour × the cost of its node-day. It knows nothing of engines,
 * of failures that outlast an hour, of lines that are not whole hours, of several sources, or of corrections: the generated fleet has none.
 */
const PEER = `
WITH hour_cost AS (
  SELECT a.node_id, l.charge_start AS hour, sum(l.effective) AS effective
  FROM bill_line l JOIN node_alias a ON a.kind = 'instance_id' AND lower(a.alias) = lower(l.resource_id)
  WHERE l.to_seq IS NULL AND l.charge_category = 'Usage' AND l.charge_start >= $1 AND l.charge_start < $2
  GROUP BY 1, 2
), node_cost AS (
  SELECT node_id, (hour AT TIME ZONE 'UTC')::date AS day, sum(effective) AS effective, count(*) * 60 AS billed FROM hour_cost GROUP BY 1, 2
), node_gpus AS (
  SELECT node_id, count(*) AS gpus FROM gpu GROUP BY 1
), told AS (
  SELECT g.node_id, (g.hour AT TIME ZONE 'UTC')::date AS day, g.seen, g.util_10 AS busy, g.xid_standing & ~g.util_10 AS failed,
         g.util_known & g.mem_known AS known, g.mem_loaded AS loaded
  FROM gpu_hour g JOIN hour_cost c ON c.node_id = g.node_id AND c.hour = g.hour
  WHERE g.hour >= $1 AND g.hour < $2
), minutes AS (
  SELECT node_id, day, sum(bit_count((seen | failed)::bit(64))) AS told, sum(bit_count(failed::bit(64))) AS lost, sum(bit_count(busy::bit(64))) AS busy,
         sum(bit_count((seen & ~busy & ~failed & ~known)::bit(64))) AS unknown,
         sum(bit_count((seen & ~busy & ~failed & known & loaded)::bit(64))) AS warm,
         sum(bit_count((seen & ~busy & ~failed & known & ~loaded)::bit(64))) AS unallocated
  FROM told GROUP BY 1, 2
)
SELECT c.day, s.state, sum(s.minutes)::text AS minutes, round(sum(c.effective * s.minutes / (n.gpus * c.billed)), 4)::text AS effective
FROM node_cost c JOIN node_gpus n USING (node_id) LEFT JOIN minutes m ON m.node_id = c.node_id AND m.day = c.day
CROSS JOIN LATERAL (VALUES ('dark', n.gpus * c.billed - coalesce(m.told, 0)), ('lost', m.lost), ('busy_unattributed', m.busy),
  ('unknown', m.unknown), ('warm_idle', m.warm), ('unallocated', m.unallocated)) s(state, minutes)
WHERE s.minutes > 0 GROUP BY 1, 2 ORDER BY 1, 2`

const OURS = `
SELECT d.day, k.item AS state, sum(d.quantity)::text AS minutes, round(sum(d.effective), 4)::text AS effective
FROM ledger_day d JOIN ledger_key k USING (key_id) WHERE k.step = 'capacity' AND k.measure = 'gpu_minutes'
GROUP BY 1, 2 HAVING sum(d.quantity) > 0 ORDER BY 1, 2`

export type StateDay = { day: string; state: string; minutes: string; effective: string }

export async function peerAnswer({ pool }: Db, from: string, to: string): Promise<StateDay[]> {
  return (await pool.query<StateDay>(PEER, [`${from}T00:00:00Z`, `${to}T00:00:00Z`])).rows
}

export async function ledgerAnswer({ pool }: Db): Promise<StateDay[]> {
  return (await pool.query<StateDay>(OURS)).rows
}
