import fs from 'node:fs'
import path from 'node:path'
import { Failure } from '#lib/errors.ts'
import { readCsv } from '#lib/ingest/csv.ts'
import { TableRow } from './cells.ts'
import type { TableRef } from './schema.ts'

/** The rows of a configuration table: a CSV file beside the configuration, or rows written inline. Malformed rows stop it all. */
export async function readTable(ref: TableRef, at: { folder: string; file: string; line: number | undefined }): Promise<TableRow[]> {
  if (typeof ref !== 'string')
    return ref.map(
      (row) =>
        new TableRow(
          at.file,
          at.line ?? 1,
          Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === null ? '' : String(value)])),
        ),
    )
  const file = path.resolve(at.folder, ref)
  if (!fs.existsSync(file))
    throw new Failure('usage', 'config_unreadable', `${ref} does not exist`, { place: at, remedy: 'create it, or correct its path' })
  const table = await readCsv(fs.createReadStream(file), file)
  const rows: TableRow[] = []
  for await (const batch of table.batches) {
    const fault = batch.faults[0]
    if (fault)
      throw new Failure('usage', 'config_bad_row', `the row ${fault.reason}`, {
        place: { file, line: fault.line },
        remedy: 'correct the row',
      })
    batch.cells.forEach((cells, index) => {
      rows.push(
        new TableRow(file, batch.lines[index]!, Object.fromEntries(table.header.map((name, column) => [name.trim(), cells[column] ?? '']))),
      )
    })
  }
  return rows
}
