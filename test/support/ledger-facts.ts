// Facts written straight into the tables, for tests of reconcile.
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { FULL_HOUR } from '#lib/domain/mask.ts'
import { markDirty } from '#lib/store/dirty.ts'

export const at = (text: string): Date => new Date(text.length === 10 ? `${text}T00:00:00Z` : text.endsWith('Z') ? text : `${text}:00Z`)

export type LineInput = {
  start: string
  end: string
  billed: string
  effective?: string | null
  currency?: string
  category?: string
  class?: string | null
  status?: string | null
  scope?: 'in' | 'share'
  layer?: string | null
  resource?: string | null
  account?: string
  invoice?: string | null
  quantity?: string | null
  unit?: string | null
  instanceType?: string | null
  key?: string
  source?: number
  seq?: number
}

let counter = 0

/** Inserts current bill lines; every one gets a content key of its own. */
export async function insertLines(client: pg.ClientBase | pg.Pool, lines: readonly LineInput[]): Promise<void> {
  for (const line of lines) {
    counter++
    const resource = line.resource ?? null
    await client.query(
      `INSERT INTO bill_line (billing_period, source_id, content_key, from_seq, replacement_key, billing_account, invoice_id, currency,
         charge_category, charge_class, commitment_status, charge_start, charge_end, resource_id, resource_key, instance_type,
         consumed_quantity, consumed_unit, billed, effective, scope, layer, file, line)
       VALUES (date_trunc('month', $1::timestamptz, 'UTC') AT TIME ZONE 'UTC', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $1, $12, $13, $14,
         $15, $16, $17, $18, $19, $20, $21, 'test.csv', $22)`,
      [
        at(line.start),
        line.source ?? 1,
        createHash('sha256').update(`${counter}`).digest(),
        line.seq ?? 1,
        line.key ?? 'k',
        line.account ?? 'acct',
        line.invoice ?? null,
        line.currency ?? 'USD',
        line.category ?? 'Usage',
        line.class ?? null,
        line.status ?? null,
        at(line.end),
        resource,
        resource?.toLowerCase().split('/').at(-1) ?? null,
        line.instanceType ?? null,
        line.quantity ?? null,
        line.unit ?? null,
        line.billed,
        line.effective === undefined ? line.billed : line.effective,
        line.scope ?? 'in',
        line.layer === undefined ? null : line.layer,
        counter,
      ],
    )
  }
}

/** A node with aliases, each valid always unless a span is given. */
export async function insertNode(
  pool: pg.Pool,
  name: string,
  aliases: readonly { kind: string; alias: string; from?: string; to?: string }[] = [],
  cluster = '',
): Promise<string> {
  const { rows } = await pool.query<{ node_id: string }>('INSERT INTO node (name, cluster) VALUES ($1, $2) RETURNING node_id', [
    name,
    cluster,
  ])
  const nodeId = rows[0]!.node_id
  for (const { kind, alias, from, to } of aliases)
    await pool.query('INSERT INTO node_alias (node_id, kind, alias, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5)', [
      nodeId,
      kind,
      alias,
      from ? at(from) : null,
      to ? at(to) : null,
    ])
  return nodeId
}

export async function dirty(pool: pg.Pool, steps: readonly string[], days: readonly string[], cause = 'test'): Promise<void> {
  const client = await pool.connect()
  try {
    await markDirty(client, steps, days, cause)
  } finally {
    client.release()
  }
}

export type GpuHourInput = {
  hour: string | Date
  gpu: string
  index?: number | null
  pods?: readonly string[]
  seen?: bigint
  utilKnown?: bigint
  memKnown?: bigint
  memLoaded?: bigint
  busy?: bigint
  xidStart?: bigint
  xidStanding?: bigint
  source?: number
  mig?: string
}

const instant = (hour: string | Date) => (typeof hour === 'string' ? at(hour) : hour)

/** What is not said follows from `seen`: everything known, nothing loaded, nothing busy. */
export async function insertGpuHours(client: pg.ClientBase | pg.Pool, nodeId: string, hours: readonly GpuHourInput[]): Promise<void> {
  for (const one of hours) {
    const seen = one.seen ?? FULL_HOUR
    const busy = one.busy ?? 0n
    await client.query(
      `INSERT INTO gpu_hour (node_id, hour, gpu_uuid, mig, source_id, gpu_index, pods, seen, util_known, mem_known, mem_loaded,
         util_1, util_5, util_10, util_20, util_30, util_50, xid_start, xid_standing, covered_s)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12, 0, 0, 0, $13, $14, 3600)`,
      [
        nodeId,
        instant(one.hour),
        one.gpu,
        one.mig ?? '',
        one.source ?? 1,
        one.index ?? null,
        one.pods ?? [],
        seen,
        one.utilKnown ?? seen,
        one.memKnown ?? seen,
        one.memLoaded ?? 0n,
        busy,
        one.xidStart ?? 0n,
        one.xidStanding ?? 0n,
      ],
    )
  }
}

export async function insertGpu(
  client: pg.ClientBase | pg.Pool,
  nodeId: string,
  gpu: string,
  index: number | null,
  firstSeen: string | Date,
): Promise<void> {
  await client.query("INSERT INTO gpu (node_id, gpu_uuid, gpu_index, first_seen, last_seen) VALUES ($1, $2, $3, $4, '2027-01-01Z')", [
    nodeId,
    gpu,
    index,
    instant(firstSeen),
  ])
}

/** A replica with its deployment (made when new); returns its id. */
export async function insertReplica(
  pool: pg.Pool,
  replica: { nodeId: string; instance: string; pod?: string | null; deployment?: string | null; team?: string; gpus?: readonly number[] },
): Promise<string> {
  const [namespace, pod] = replica.pod ? replica.pod.split('/') : [null, null]
  const { rows } = await pool.query<{ replica_id: string }>(
    `INSERT INTO replica (source_id, instance, engine, namespace, pod, node_id, first_seen, last_seen)
     VALUES (1, $1, 'vllm', $2, $3, $4, '2026-01-01Z', '2026-01-01Z') RETURNING replica_id`,
    [replica.instance, namespace, pod, replica.nodeId],
  )
  const id = rows[0]!.replica_id
  if (replica.deployment) {
    await pool.query(
      `WITH made AS (INSERT INTO deployment (name, team) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET team = excluded.team RETURNING deployment_id)
       INSERT INTO replica_deployment (replica_id, deployment_id, gpus) SELECT $3, deployment_id, $4 FROM made`,
      [replica.deployment, replica.team ?? '', id, replica.gpus ?? []],
    )
  }
  return id
}

export async function insertServeHour(
  client: pg.ClientBase | pg.Pool,
  row: { nodeId: string; replicaId: string; hour: string | Date; scraped?: bigint; running?: bigint },
): Promise<void> {
  const running = row.running ?? 0n
  await client.query(
    `INSERT INTO serve_hour (node_id, hour, replica_id, source_id, scraped, running, covered_s) VALUES ($1, $2, $3, 1, $4, $5, 3600)`,
    [row.nodeId, instant(row.hour), row.replicaId, row.scraped ?? FULL_HOUR, running],
  )
}
