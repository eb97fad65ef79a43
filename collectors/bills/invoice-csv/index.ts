import { monthOf } from '#lib/domain/time.ts'
import type { BillCollector } from '#lib/ingest/contract.ts'
import { portionsOf } from '../portions.ts'
import { InvoiceMapper } from './map.ts'
import { layoutOf, readTable } from './reader.ts'
import { type InvoiceSettings, invoiceSettings } from './schema.ts'

/** Any invoice as a table whose columns the source declares: GPU clouds without an export, bills of LLM API vendors. */
export const invoiceCsv: BillCollector<InvoiceSettings> = {
  kind: 'invoice-csv',
  facts: 'bills',
  settings: invoiceSettings,
  async open(file, settings, { period, scratchDir }) {
    const table = await readTable(file, scratchDir)
    const layout = layoutOf(table.header, file.name, settings)
    const defaults = { file: file.name, period: period ? monthOf(`${period}-01`) : undefined }
    const mapper = new InvoiceMapper(layout, settings, defaults)
    return { dialect: table.format, portions: portionsOf(table.batches, file.name, (cells, line) => mapper.map(cells, line)) }
  },
}
