// What the store knows of a source's bills: the batches that are current or waiting, and deliveries that were read before.
import type pg from 'pg'
import type { Day } from '#lib/domain/time.ts'
import {
  type BatchStatus,
  type ImportResult,
  type ImportSource,
  MAX_REJECTS_SHOWN,
  type MoneyCounts,
  type RejectShown,
  type RowCounts,
} from '../batch.ts'

export type StoredBatch = {
  seq: string
  batchId: string
  deliveryId: string | null
  key: string
  account: string
  period: Day
  dialect: string
  version: number
  status: BatchStatus
  contentSha256: string
  rows: RowCounts
  money: MoneyCounts[]
}

type Client = pg.ClientBase | pg.Pool

/** Batches of bills of a source that are current or wait for a yes, in order of their versions. */
export async function storedBatches(client: Client, sourceId: number): Promise<StoredBatch[]> {
  const { rows } = await client.query(
    `SELECT seq, batch_id, delivery_id, replacement_key, billing_account, period, dialect, version, status, content_sha256,
            rows_read, rows_accepted, rows_quarantined, rows_excluded, money
     FROM batch WHERE source_id = $1 AND period IS NOT NULL AND status <> 'superseded' ORDER BY seq`,
    [sourceId],
  )
  return rows.map((row) => ({
    seq: row.seq,
    batchId: row.batch_id,
    deliveryId: row.delivery_id,
    key: row.replacement_key,
    account: row.billing_account,
    period: row.period,
    dialect: row.dialect,
    version: row.version,
    status: row.status,
    contentSha256: row.content_sha256,
    rows: {
      read: Number(row.rows_read),
      accepted: Number(row.rows_accepted),
      quarantined: Number(row.rows_quarantined),
      excluded: Number(row.rows_excluded),
    },
    money: row.money,
  }))
}

/** What is kept about a delivery beside its bytes: under what it was read, and which batches it made or confirmed. */
export type DeliveryDetail = { reading: string; keys: string[] }

/** The batches of a delivery of these very bytes, read the same way, if every one of them is still current. */
export async function sameDelivery(client: Client, sourceId: number, sha256: string, reading: string): Promise<StoredBatch[] | undefined> {
  const { rows } = await client.query<{ delivery_id: string; detail: DeliveryDetail }>(
    `SELECT delivery_id, detail FROM delivery WHERE source_id = $1 AND sha256 = $2 AND detail->>'reading' = $3`,
    [sourceId, sha256, reading],
  )
  if (rows.length === 0) return undefined
  const stored = (await storedBatches(client, sourceId)).filter(({ status }) => status !== 'waiting')
  for (const { delivery_id, detail } of rows) {
    const batches = stored.filter(({ deliveryId, key }) => deliveryId === delivery_id && detail.keys.includes(key))
    if (batches.length > 0 && batches.length === detail.keys.length) return batches
  }
  return undefined
}

/** True when these bytes were taken before and a later delivery has replaced all that they said. */
export async function replacedSince(client: Client, sourceId: number, sha256: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean; current: boolean }>(
    `SELECT count(*) FILTER (WHERE jsonb_array_length(coalesce(d.detail->'keys', '[]')) > 0) > 0 AS taken,
            coalesce(bool_or(EXISTS (SELECT 1 FROM batch b WHERE b.delivery_id = d.delivery_id AND b.status <> 'superseded')), false) AS current
     FROM delivery d WHERE d.source_id = $1 AND d.sha256 = $2`,
    [sourceId, sha256],
  )
  return rows[0]!.taken && !rows[0]!.current
}

/** The answer to a delivery that says what is already current. */
export async function unchangedResult(client: Client, source: ImportSource, batch: StoredBatch): Promise<ImportResult> {
  const { rows } = await client.query<RejectShown & { line: string }>(
    `SELECT line, column_name AS "column", value, reason FROM quarantine WHERE batch_seq = $1 ORDER BY line LIMIT ${MAX_REJECTS_SHOWN}`,
    [batch.seq],
  )
  const { rows: counted } = await client.query<{ count: string }>(
    `SELECT count(*) FROM quarantine WHERE batch_seq = $1 AND (billed IS NULL OR column_name = 'EffectiveCost')`,
    [batch.seq],
  )
  return {
    batch: batch.batchId,
    source: source.name,
    kind: source.kind,
    dialect: batch.dialect,
    period: batch.period.slice(0, 7),
    account: batch.account,
    version: batch.version,
    unchanged: true,
    status: batch.status,
    rows: batch.rows,
    money: batch.money,
    unreadable: Number(counted[0]?.count ?? 0),
    rejects: rows.map((row) => ({ ...row, line: Number(row.line) })),
    message: 'the same content is already current',
  }
}
