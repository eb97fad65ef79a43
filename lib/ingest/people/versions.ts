// Versioned upserts: what came is staged, compared with the current rows by content key, and only what changed is written.
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { type Rows, copyRows } from '#lib/store/copy.ts'

export type VersionedTable = { name: string; keys: readonly string[]; columns: readonly string[] }

/** SHA-256 of the values in their order, as COPY writes a bytea. */
export const contentKey = (values: readonly unknown[]): string => `\\x${createHash('sha256').update(JSON.stringify(values)).digest('hex')}`

/** A text array as PostgreSQL reads it. */
export const textArray = (texts: readonly string[]): string => `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`

export const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

const stageOf = (table: VersionedTable): string => `stage_${table.name}`

/** Writers of one source's people facts queue up, so that two listings never cross. */
export async function lockSource(client: pg.ClientBase, sourceId: number): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock(72710, $1)', [sourceId])
}

/** Copies what came into a temporary table; `columns` of the table in their order, with source_id and content_key. */
export async function stage(client: pg.ClientBase, table: VersionedTable, rows: Rows): Promise<number> {
  await client.query(`DROP TABLE IF EXISTS ${stageOf(table)}`)
  await client.query(
    `CREATE TEMPORARY TABLE ${stageOf(table)} ON COMMIT DROP AS SELECT ${table.columns.join()} FROM ${table.name} WITH NO DATA`,
  )
  const count = await copyRows(client, stageOf(table), table.columns, rows)
  await client.query(`ANALYZE ${stageOf(table)}`)
  return count
}

const sameKeys = (table: VersionedTable, a: string, b: string): string => table.keys.map((key) => `${a}.${key} = ${b}.${key}`).join(' AND ')

/** Rows to add (new or changed) and current rows to close: `absent` is a condition on `t` that says what the listing was complete for. */
export async function difference(
  client: pg.ClientBase,
  table: VersionedTable,
  absent: string,
  params: readonly unknown[],
): Promise<{ added: number; closed: number; listed: number }> {
  const { rows } = await client.query<{ added: string; closed: string; listed: string }>(
    `SELECT (SELECT count(*) FROM ${stageOf(table)} s
              WHERE NOT EXISTS (SELECT FROM ${table.name} t WHERE ${sameKeys(table, 't', 's')} AND t.to_seq IS NULL
                                AND t.content_key = s.content_key)) AS added,
            count(*) FILTER (WHERE s.content_key IS NULL) AS closed, count(*) AS listed
       FROM ${table.name} t LEFT JOIN ${stageOf(table)} s ON ${sameKeys(table, 't', 's')}
      WHERE t.to_seq IS NULL AND (${absent})`,
    [...params],
  )
  const [row] = rows
  return { added: Number(row!.added), closed: Number(row!.closed), listed: Number(row!.listed) }
}

/** Closes what changed or is absent under `seq`, then adds what is new or changed. Returns how many rows it closed and added. */
export async function writeVersions(
  client: pg.ClientBase,
  table: VersionedTable,
  seq: string,
  absent: string,
  params: readonly unknown[],
): Promise<{ added: number; closed: number }> {
  const n = params.length
  const closed = await client.query(
    `UPDATE ${table.name} t SET to_seq = $${n + 1}
      WHERE t.to_seq IS NULL AND (
        EXISTS (SELECT FROM ${stageOf(table)} s WHERE ${sameKeys(table, 's', 't')} AND s.content_key <> t.content_key)
        OR ((${absent}) AND NOT EXISTS (SELECT FROM ${stageOf(table)} s WHERE ${sameKeys(table, 's', 't')})))`,
    [...params, seq],
  )
  const added = await client.query(
    `INSERT INTO ${table.name} (${table.columns.join()}, from_seq)
     SELECT ${table.columns.map((column) => `s.${column}`).join()}, $1 FROM ${stageOf(table)} s
      WHERE NOT EXISTS (SELECT FROM ${table.name} t WHERE ${sameKeys(table, 't', 's')} AND t.to_seq IS NULL)`,
    [seq],
  )
  return { added: added.rowCount ?? 0, closed: closed.rowCount ?? 0 }
}

export type NewBatch = {
  batchId: string
  sourceId: number
  deliveryId?: string | null
  kind: string
  dialect?: string
  replacementKey: string
  arrivedAt: Date
  assembledAt?: Date
  contentSha256?: string
  period?: string | null
  rows: { read: number; accepted: number; quarantined: number }
  cause: string
}

/** The batch that versions point at. Its version counts up per replacement key. */
export async function insertBatch(client: pg.ClientBase, batch: NewBatch): Promise<{ seq: string; version: number }> {
  const { rows } = await client.query<{ seq: string; version: number }>(
    `INSERT INTO batch (batch_id, source_id, delivery_id, kind, dialect, replacement_key, period, version, status, assembled_at, arrived_at,
                        content_sha256, rows_read, rows_accepted, rows_quarantined, cause)
     SELECT $1, $2, $3, $4, $5, $6, $7::date, 1 + coalesce(max(version), 0), 'final', $8, $9, $10, $11, $12, $13, $14
       FROM batch WHERE source_id = $2 AND replacement_key = $6
     RETURNING seq, version`,
    [
      batch.batchId,
      batch.sourceId,
      batch.deliveryId ?? null,
      batch.kind,
      batch.dialect ?? '',
      batch.replacementKey,
      batch.period ?? null,
      batch.assembledAt ?? batch.arrivedAt,
      batch.arrivedAt,
      batch.contentSha256 ?? '',
      batch.rows.read,
      batch.rows.accepted,
      batch.rows.quarantined,
      batch.cause,
    ],
  )
  return rows[0]!
}
