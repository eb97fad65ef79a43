// A month of facts of a generated fleet, made inside the server: 8 GPUs a node, hourly telemetry, hourly bill lines.
import type { Db } from '#lib/store/pool.ts'

export type FleetSize = { nodes: number; days: number; serving: boolean }
export const FLEET_FROM = '2026-06-01'

const hours = (days: number) => days * 24

// Nodes 1 … n; what happens in an hour is a hash of node, GPU and hour, so that it repeats. One node in 40 is silent for one hour in 50,
// one GPU in 200 fails once, a node in 4 has nothing loaded, a quarter of the hours is busy for a part.
const FILL = (from: string, { nodes, days, serving }: FleetSize): string[] => [
  `INSERT INTO node (node_id, name, cluster) OVERRIDING SYSTEM VALUE SELECT n, 'node-' || n, 'c' || n % 4 FROM generate_series(1, ${nodes}) n`,
  `INSERT INTO node_alias (node_id, kind, alias) SELECT n, 'instance_id', 'i-' || n FROM generate_series(1, ${nodes}) n`,
  `INSERT INTO gpu (node_id, gpu_uuid, gpu_index, first_seen, last_seen)
   SELECT n, 'GPU-' || n || '-' || g, g, '${from}Z', '${from}Z'::timestamptz + ${days} * interval '1 day' FROM generate_series(1, ${nodes}) n, generate_series(0, 7) g`,
  `CREATE TABLE gpu_hour_bench PARTITION OF gpu_hour FOR VALUES FROM ('${from}Z') TO ('2026-07-01Z')`,
  `CREATE TABLE bill_line_bench PARTITION OF bill_line FOR VALUES FROM ('${from}') TO ('2026-07-01')`,
  `INSERT INTO gpu_hour (node_id, hour, gpu_uuid, source_id, gpu_index, pods, seen, util_known, mem_known, mem_loaded, util_1, util_5, util_10,
     util_20, util_30, util_50, xid_start, xid_standing, covered_s, util_mean, util_max, mem_used_mean_b, mem_used_max_b, mem_total_b,
     temp_mean_c, temp_max_c, power_mean_w, power_max_w, energy_wh)
   SELECT n, '${from}Z'::timestamptz + h * interval '1 hour', 'GPU-' || n || '-' || g, 1, g, '{}', seen, seen, seen, loaded,
     busy, busy, busy, busy, busy, 0, 0, 0, 3600, 40, 80, 7e10, 7e10, 8e10, 60, 70, 400, 500, 400
   FROM (SELECT n, h, g, seen, CASE WHEN n % 4 = 0 THEN 0 ELSE seen END AS loaded,
                CASE WHEN k % 4 = 0 THEN seen & (1152921504606846975::bigint >> (k % 60)::int) ELSE 0 END AS busy
         FROM (SELECT n, h, g, abs(hashint8(n * 100000 + h * 10 + g))::bigint AS k, 1152921504606846975::bigint AS seen
               FROM generate_series(0, ${hours(days)} - 1) h, generate_series(1, ${nodes}) n, generate_series(0, 7) g
               WHERE NOT (n % 40 = 0 AND h % 50 = 7)) a) b
   ORDER BY h, n, g`,
  `UPDATE gpu_hour SET xid_start = 1024, xid_standing = 1048575 & ~1023, util_1 = 0, util_5 = 0, util_10 = 0, util_20 = 0, util_30 = 0, util_50 = 0
   WHERE gpu_index = 3 AND node_id % 25 = 0 AND hour = '${from}Z'::timestamptz + interval '100 hours'`,
  `INSERT INTO bill_line (billing_period, source_id, content_key, from_seq, replacement_key, billing_account, invoice_id, currency, charge_category,
     charge_frequency, charge_start, charge_end, description, service_name, service_category, region, resource_id, resource_key,
     resource_type, instance_type, consumed_quantity, consumed_unit, pricing_quantity, pricing_unit, billed, effective, list_cost, contracted, tags,
     scope, file, line)
   SELECT '${from}', 1, sha256((n || '-' || h)::bytea), 1, 'acct', 'acct', 'inv-1', 'USD', 'Usage', 'Usage-Based',
     '${from}Z'::timestamptz + h * interval '1 hour', '${from}Z'::timestamptz + (h + 1) * interval '1 hour', 'p5.48xlarge on demand', 'Amazon EC2',
     'Compute', 'us-east-1', 'i-' || n, 'i-' || n, 'Instance', 'p5.48xlarge', 1, 'Hours', 1, 'Hours', 98.32, 55.04 + n % 7 * 0.001, 98.32, 98.32,
     '{"team": "inference"}', 'in', 'bench.csv', n * ${hours(days)} + h
   FROM generate_series(0, ${hours(days)} - 1) h, generate_series(1, ${nodes}) n`,
  ...(serving ? SERVING(from, nodes, days) : []),
]

const SERVING = (from: string, nodes: number, days: number): string[] => [
  `INSERT INTO deployment (name, team) VALUES ('chat', 'a'), ('agents', 'b')`,
  `INSERT INTO replica (source_id, instance, engine, node_id, first_seen, last_seen)
   SELECT 1, 'node-' || n || ':8000', 'vllm', n, '${from}Z', '${from}Z' FROM generate_series(1, ${nodes}) n WHERE n % 4 <> 0`,
  `INSERT INTO replica_deployment (replica_id, deployment_id)
   SELECT replica_id, deployment_id FROM replica JOIN deployment ON name = CASE WHEN node_id % 2 = 0 THEN 'chat' ELSE 'agents' END`,
  `INSERT INTO serve_hour (node_id, hour, replica_id, source_id, scraped, running, covered_s)
   SELECT node_id, '${from}Z'::timestamptz + h * interval '1 hour', replica_id, 1, 1152921504606846975,
          1152921504606846975 >> (abs(hashint8(node_id * 1000 + h)) % 60), 3600
   FROM replica, generate_series(0, ${hours(days)} - 1) h`,
]

export async function fillFleet({ pool }: Db, size: FleetSize): Promise<void> {
  for (const sql of FILL(FLEET_FROM, size)) await pool.query(sql)
  await pool.query('VACUUM ANALYZE')
}
