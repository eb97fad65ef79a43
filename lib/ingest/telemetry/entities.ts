// GPUs and replicas as telemetry saw them: what exists, since when, until when.
import type pg from 'pg'
import type { NodeRef } from '#lib/domain/telemetry/reading.ts'
import type { Replica } from '#lib/domain/telemetry/replica.ts'
import type { GpuRow, ServeRow } from '#lib/domain/telemetry/target.ts'
import { maskOf, type Slot } from '#lib/domain/telemetry/timeline.ts'
import { MINUTE_MS } from '#lib/domain/time.ts'

/** The start of the first and of the last minute seen in the slot, ms. */
function sight(slot: Slot): { first: number; last: number } | undefined {
  const mask = maskOf(slot.seenLow, slot.seenHigh)
  if (mask === 0n) return undefined
  const bits = mask.toString(2)
  const last = bits.length - 1
  const first = last - bits.lastIndexOf('1')
  return { first: slot.hourMs + first * MINUTE_MS, last: slot.hourMs + last * MINUTE_MS }
}

function widen<T extends { first: number; last: number }>(known: T | undefined, seen: { first: number; last: number }, fresh: () => T): T {
  const entity = known ?? fresh()
  entity.first = Math.min(entity.first, seen.first)
  entity.last = Math.max(entity.last, seen.last)
  return entity
}

export async function upsertGpus(
  client: pg.ClientBase,
  rows: readonly { row: GpuRow }[],
  nodeId: (node: NodeRef) => number,
): Promise<void> {
  type Seen = { node: number; uuid: string; index: number | null; model: string | null; first: number; last: number }
  const seen = new Map<string, Seen>()
  for (const { row } of rows) {
    const span = sight(row.slot)
    if (!span) continue
    const node = nodeId(row.slot.node)
    const { uuid, index, model } = row.gpu
    const key = `${node} ${uuid}`
    seen.set(
      key,
      widen(seen.get(key), span, () => ({ node, uuid, index, model, ...span })),
    )
  }
  const list = [...seen.values()].sort((a, b) => a.node - b.node || (a.uuid < b.uuid ? -1 : 1))
  if (list.length === 0) return
  await client.query(
    `INSERT INTO gpu (node_id, gpu_uuid, gpu_index, model, first_seen, last_seen)
     SELECT n, u, i, m, to_timestamp(f), to_timestamp(l)
     FROM unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::float8[], $6::float8[]) AS seen (n, u, i, m, f, l)
     ON CONFLICT (node_id, gpu_uuid) DO UPDATE SET
       gpu_index = coalesce(excluded.gpu_index, gpu.gpu_index), model = coalesce(excluded.model, gpu.model),
       first_seen = least(gpu.first_seen, excluded.first_seen), last_seen = greatest(gpu.last_seen, excluded.last_seen)`,
    [
      list.map((one) => one.node),
      list.map((one) => one.uuid),
      list.map((one) => one.index),
      list.map((one) => one.model),
      list.map((one) => one.first / 1000),
      list.map((one) => one.last / 1000),
    ],
  )
}

const UPSERT_REPLICA = `
INSERT INTO replica (source_id, instance, model_name, engine, namespace, pod, node_id, labels, first_seen, last_seen)
VALUES ($1, $2, $3, $4, nullif($5, ''), nullif($6, ''), $7, $8, $9, $10)
ON CONFLICT (source_id, instance, model_name, coalesce(namespace, ''), coalesce(pod, '')) DO UPDATE SET
  engine = excluded.engine, labels = excluded.labels,
  node_id = CASE WHEN excluded.last_seen >= replica.last_seen THEN excluded.node_id ELSE replica.node_id END,
  first_seen = least(replica.first_seen, excluded.first_seen), last_seen = greatest(replica.last_seen, excluded.last_seen)
RETURNING replica_id, xmax = 0 AS created`

/** Writes the replicas of the rows; their node is that of their latest hour. */
export async function upsertReplicas(
  client: pg.ClientBase,
  sourceId: number,
  rows: readonly { row: ServeRow }[],
  nodeId: (node: NodeRef) => number,
): Promise<{ idOf: (replica: Replica) => string; created: number }> {
  const seen = new Map<Replica, { first: number; last: number; node: number }>()
  for (const { row } of rows) {
    // A gauge that was never a number leaves an hour without a scraped minute: the hour itself is all that is known of it.
    const span = sight(row.slot) ?? { first: row.slot.hourMs, last: row.slot.hourMs }
    const before = seen.get(row.replica)
    const node = before && before.last > span.last ? before.node : nodeId(row.slot.node)
    seen.set(row.replica, { ...widen(before, span, () => ({ ...span, node })), node })
  }
  const ids = new Map<Replica, string>()
  let created = 0
  for (const [replica, { first, last, node }] of seen) {
    const { instance, model, engine, namespace, pod, labels } = replica
    const { rows: found } = await client.query<{ replica_id: string; created: boolean }>(UPSERT_REPLICA, [
      sourceId,
      instance,
      model,
      engine,
      namespace,
      pod,
      node,
      JSON.stringify(labels),
      new Date(first),
      new Date(last),
    ])
    ids.set(replica, found[0]!.replica_id)
    if (found[0]!.created) created++
  }
  return { idOf: (replica) => ids.get(replica)!, created }
}
