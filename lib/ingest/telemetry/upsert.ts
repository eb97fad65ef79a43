// Hours into gpu_hour and serve_hour: staged by COPY, then one statement that writes what differs.
import type pg from 'pg'
import { type Cell, copyRows } from '#lib/store/copy.ts'
import type { FactTable } from './rows.ts'

/** `from` in milliseconds: hours before it were closed, so their former version is kept. Null: the table keeps none. */
export type Versioning = { seq: string; closedBefore: number | null }

const list = (columns: readonly string[], prefix: string): string => columns.map((column) => `${prefix}${column}`).join(', ')

/** Writes `rows` (key, then facts). Returns the hours of those that were new or different. */
export async function upsertHours(
  client: pg.ClientBase,
  { table, key, facts }: FactTable,
  rows: readonly (readonly Cell[])[],
  { seq, closedBefore }: Versioning,
): Promise<Date[]> {
  if (rows.length === 0) return []
  const columns = [...key, 'from_seq', ...facts]
  await client.query(`CREATE TEMPORARY TABLE ${table}_next ON COMMIT DROP AS SELECT ${list(columns, '')} FROM ${table} WHERE false`)
  const staged = rows.map((row) => [...row.slice(0, key.length), seq, ...row.slice(key.length)])
  await copyRows(client, `${table}_next`, columns, staged)
  const differs = (stored: string, fresh: string) => `(${list(facts, stored)}) IS DISTINCT FROM (${list(facts, fresh)})`
  if (closedBefore !== null && Number.isFinite(closedBefore))
    await client.query(
      `INSERT INTO ${table}_old (${list(columns, '')}, to_seq)
       SELECT ${list(columns, 'stored.')}, $1 FROM ${table} stored JOIN ${table}_next fresh USING (${key.join(', ')})
       WHERE stored.hour < $2 AND stored.from_seq <> $1 AND ${differs('stored.', 'fresh.')}`,
      [seq, new Date(closedBefore)],
    )
  const written = await client.query<{ hour: Date }>(
    `INSERT INTO ${table} (${list(columns, '')}) SELECT ${list(columns, '')} FROM ${table}_next ORDER BY ${key.join(', ')}
     ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${['from_seq', ...facts].map((column) => `${column} = excluded.${column}`).join(', ')}
     WHERE ${differs(`${table}.`, 'excluded.')} RETURNING hour`,
  )
  return written.rows.map((row) => row.hour)
}
