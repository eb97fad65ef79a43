import { contentBytes, formatOf, headOf } from '#lib/ingest/bytes.ts'
import type { DeliveredFile } from '#lib/ingest/contract.ts'
import { type CsvFault, readCsv } from '#lib/ingest/csv.ts'
import { readParquet } from '#lib/ingest/parquet.ts'

export type FocusBatch = { cells: string[][]; lines: number[]; faults?: CsvFault[] }
export type FocusTable = { format: 'csv' | 'parquet'; header: string[]; batches: AsyncIterable<FocusBatch> }

/** A FOCUS file as a table of texts, told apart by its first bytes: Parquet, gzip'd CSV, CSV. */
export async function readTable(file: DeliveredFile, scratchDir: string): Promise<FocusTable> {
  if (formatOf(await headOf(file.path)) === 'parquet') return { format: 'parquet', ...(await readParquet(file, scratchDir)) }
  return { format: 'csv', ...(await readCsv(await contentBytes(file), file.name)) }
}
