import type { BillLine } from '#lib/domain/bill.ts'
import { monthOf } from '#lib/domain/time.ts'
import type { BillCollector, Portion } from '#lib/ingest/contract.ts'
import { portionsOf, type TableBatch } from '../portions.ts'
import { layoutOf } from './layout.ts'
import { CurMapper } from './map.ts'
import { readTable } from './reader.ts'
import { type CurSettings, curSettings } from './schema.ts'

/** What negations took away too much is known when the file has been read. */
async function* portions(batches: AsyncIterable<TableBatch>, file: string, mapper: CurMapper): AsyncGenerator<Portion<BillLine>> {
  yield* portionsOf(batches, file, (cells, line) => mapper.map(cells, line))
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
    return {
      dialect: layout.dialect,
      // Both generations of the report tell one bill.
      export: { name: layout.dialect, beside: [] },
      closesByInvoice: true,
      portions: portions(table.batches, file.name, new CurMapper(layout, defaults)),
    }
  },
}
