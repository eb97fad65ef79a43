import { contentBytes, formatOf, headOf } from '#lib/ingest/bytes.ts'
import type { DeliveredFile } from '#lib/ingest/contract.ts'
import { type CsvFault, readCsv } from '#lib/ingest/csv.ts'
import { readParquet } from '#lib/ingest/parquet.ts'
import { Failure } from '#lib/errors.ts'
import { jsonObjects } from './json-stream.ts'
import { parseExactJson } from './literal.ts'
import { type GcpRow, objectRow, TableColumns, tableRow } from './row.ts'
import { INDISPENSABLE, type GcpSettings, TEXTS } from './schema.ts'

export type GcpBatch = { rows: GcpRow[]; faults: CsvFault[] }
export type GcpFile = { format: 'csv' | 'json' | 'parquet'; detailed: boolean | undefined; batches: AsyncIterable<GcpBatch> }

type TableBatch = { cells: string[][]; lines: number[]; faults?: CsvFault[] }

async function* tableBatches(columns: TableColumns, batches: AsyncIterable<TableBatch>): AsyncGenerator<GcpBatch> {
  for await (const { cells, lines, faults = [] } of batches)
    yield { rows: cells.map((row, i) => tableRow(columns, row, lines[i] as number)), faults }
}

async function* objectBatches(bytes: AsyncIterable<Buffer>, file: string): AsyncGenerator<GcpBatch> {
  for await (const { objects, faults } of jsonObjects(bytes, file)) {
    const batch: GcpBatch = { rows: [], faults }
    for (const { text, line } of objects) {
      try {
        const value = parseExactJson(text)
        if (typeof value === 'object' && value !== null && !Array.isArray(value)) batch.rows.push(objectRow(value, line))
      } catch {
        faults.push({ line, reason: 'is no JSON', text: text.slice(0, 200).split('\n')[0] ?? '' })
      }
    }
    yield batch
  }
}

function checked(header: readonly string[], file: string, settings: GcpSettings): TableColumns {
  const columns = new TableColumns(header)
  const place = { file, line: 1 }
  const missing = INDISPENSABLE.filter((column) => columns.texts[column].index < 0).map((column) => TEXTS[column])
  if (missing.length > 0)
    throw new Failure('refused', 'not_gcp', `this is no Google Cloud billing export: it has no column ${missing.join(', ')}`, {
      place,
      remedy: 'deliver the standard or detailed usage cost export of BigQuery, as CSV, JSON or Parquet',
    })
  if (columns.texts.currency.index < 0 && !settings.currency)
    throw new Failure('refused', 'no_currency', 'the file has no column currency', {
      place,
      remedy: 'name the currency in the source: currency: USD',
    })
  return columns
}

const isDetailed = ({ texts }: TableColumns): boolean => texts.resource.index >= 0 || texts.resourceName.index >= 0

/** The file as rows, told apart by its first bytes: Parquet, JSON, CSV, the latter two also out of gzip. */
export async function readExport(file: DeliveredFile, settings: GcpSettings, scratchDir: string): Promise<GcpFile> {
  if (formatOf(await headOf(file.path)) === 'parquet') {
    const table = await readParquet(file, scratchDir)
    const columns = await orClose(table.batches, () => checked(table.header, file.name, settings))
    return { format: 'parquet', detailed: isDetailed(columns), batches: tableBatches(columns, table.batches) }
  }
  const { json, bytes } = await peeked(await contentBytes(file))
  if (json) return { format: 'json', detailed: undefined, batches: objectBatches(bytes, file.name) }
  const table = await readCsv(bytes, file.name)
  const columns = checked(table.header, file.name, settings)
  return { format: 'csv', detailed: isDetailed(columns), batches: tableBatches(columns, table.batches) }
}

/** A refused file must not leave its scratch folder behind: rows that nobody will ask for are closed. */
async function orClose<T>(batches: AsyncIterable<unknown>, make: () => T): Promise<T> {
  try {
    return make()
  } catch (error) {
    const rows = batches[Symbol.asyncIterator]()
    await rows.next()
    await rows.return?.()
    throw error
  }
}

/** Whether the text begins as JSON does; the bytes looked at come again. */
async function peeked(bytes: AsyncIterable<Buffer>): Promise<{ json: boolean; bytes: AsyncIterable<Buffer> }> {
  const rest = bytes[Symbol.asyncIterator]()
  const first = await rest.next()
  const head = first.done
    ? ''
    : first.value
        .subarray(0, 4096)
        .toString('utf8')
        .replace(/^\uFEFF/, '')
        .trimStart()
  async function* again(): AsyncGenerator<Buffer> {
    try {
      if (first.done) return
      yield first.value
      for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
    } finally {
      await rest.return?.()
    }
  }
  return { json: head.startsWith('{') || head.startsWith('['), bytes: again() }
}
