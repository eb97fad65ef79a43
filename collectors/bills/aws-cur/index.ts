import type { BillLine } from '#lib/domain/bill.ts'
import { monthOf } from '#lib/domain/time.ts'
import type { BillCollector, Portion } from '#lib/ingest/contract.ts'
import { layoutOf } from './layout.ts'
import { CurMapper } from './map.ts'
import { type CurBatch, readTable } from './reader.ts'
import { type CurSettings, curSettings } from './schema.ts'

/** Rows a portion: enough to make the work between two pauses cheap, few enough to bound memory. */
const PORTION = 2_000

async function* portions(batches: AsyncIterable<CurBatch>, file: string, mapper: CurMapper): AsyncGenerator<Portion<BillLine>> {
  for await (const { cells, lines, faults = [] } of batches) {
    for (let from = 0; from < cells.length || from === 0; from += PORTION) {
      const portion: Portion<BillLine> = { rows: [], rejects: [] }
      if (from === 0)
        for (const { line, reason, text } of faults)
          portion.rejects.push({ file, line, column: null, value: text, reason: `the row ${reason}` })
      for (let i = from, to = Math.min(from + PORTION, cells.length); i < to; i++) {
        const mapped = mapper.map(cells[i] as string[], lines[i] as number)
        if (Array.isArray(mapped)) portion.rows.push(...mapped)
        else portion.rejects.push(mapped)
      }
      yield portion
    }
  }
  const rows = [...mapper.negations.excess()]
  if (rows.length > 0) yield { rows, rejects: [] }
}

/** AWS Cost and Usage Report, legacy and 2.0 (Data Exports): CSV, gzip'd CSV, Parquet. */
export const awsCur: BillCollector<CurSettings> = {
  kind: 'aws-cur',
  facts: 'bills',
  settings: curSettings,
  async open(file, settings, { period, scratchDir }) {
    const table = await readTable(file, scratchDir)
    const layout = layoutOf(table.header, file.name, settings.currency)
    const defaults = { file: file.name, currency: settings.currency, period: period ? monthOf(`${period}-01`) : undefined }
    return { dialect: layout.dialect, portions: portions(table.batches, file.name, new CurMapper(layout, defaults)), closesByInvoice: true }
  },
}
