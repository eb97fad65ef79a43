import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

export type Cell = string | number | bigint | boolean | Date | null | undefined | { toString(): string }
export type Rows = Iterable<readonly Cell[]> | AsyncIterable<readonly Cell[]>

const SPECIAL = /[\\\t\n\r]/
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** One cell in COPY's text format; null and undefined become \N. */
export function copyCell(value: Cell): string {
  if (value === null || value === undefined) return '\\N'
  if (value instanceof Date) return value.toISOString()
  const text = typeof value === 'string' ? value : String(value)
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (c) => ESCAPES[c] ?? c) : text
}

const CHUNK = 1 << 17

async function* linesOf(rows: Rows): AsyncGenerator<string> {
  let buffer = ''
  for await (const row of rows) {
    for (let i = 0; i < row.length; i++) buffer += (i === 0 ? '' : '\t') + copyCell(row[i])
    buffer += '\n'
    if (buffer.length > CHUNK) {
      yield buffer
      buffer = ''
    }
  }
  if (buffer) yield buffer
}

/** COPY … FROM STDIN in text format, with back-pressure. Returns the number of rows written. */
export async function copyRows(client: pg.ClientBase, table: string, columns: readonly string[], rows: Rows): Promise<number> {
  return copyText(client, table, columns, linesOf(rows))
}

/** The same from chunks that are already in COPY's text format. */
export async function copyText(
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
  chunks: AsyncIterable<string | Buffer>,
): Promise<number> {
  const sink = client.query(copyFrom(`COPY ${table} (${columns.join(',')}) FROM STDIN`))
  await pipeline(Readable.from(chunks, { objectMode: false, highWaterMark: 1 << 20 }), sink)
  return sink.rowCount
}
