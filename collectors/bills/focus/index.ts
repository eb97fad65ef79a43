import type { BillLine } from '#lib/domain/bill.ts'
import { monthOf } from '#lib/domain/time.ts'
import type { BillCollector, Portion } from '#lib/ingest/contract.ts'
import { type Layout, layoutOf } from './layout.ts'
import { type Defaults, FocusMapper } from './map.ts'
import { type FocusBatch, readTable } from './reader.ts'
import { type FocusSettings, focusSettings } from './schema.ts'

/** Rows a portion: enough to make the work between two pauses cheap, few enough to bound memory. */
const PORTION = 2_000

async function* portions(batches: AsyncIterable<FocusBatch>, layout: Layout, defaults: Defaults): AsyncGenerator<Portion<BillLine>> {
  const mapper = new FocusMapper(layout, defaults)
  for await (const { cells, lines, faults = [] } of batches) {
    for (let from = 0; from < cells.length || from === 0; from += PORTION) {
      const portion: Portion<BillLine> = { rows: [], rejects: [] }
      if (from === 0)
        for (const { line, reason, text } of faults)
          portion.rejects.push({ file: defaults.file, line, column: null, value: text, reason: `the row ${reason}` })
      for (let i = from, to = Math.min(from + PORTION, cells.length); i < to; i++) {
        const mapped = mapper.map(cells[i] as string[], lines[i] as number)
        if ('fact' in mapped) portion.rows.push(mapped)
        else portion.rejects.push(mapped)
      }
      yield portion
    }
  }
}

/** FOCUS 1.0 to 1.2 (focus.finops.org): CSV, gzip'd CSV, Parquet. */
export const focus: BillCollector<FocusSettings> = {
  kind: 'focus',
  facts: 'bills',
  settings: focusSettings,
  async open(file, settings, { period, scratchDir }) {
    const table = await readTable(file, scratchDir)
    const layout = layoutOf(table.header, file.name, settings.currency)
    const defaults = { file: file.name, currency: settings.currency, period: period ? monthOf(`${period}-01`) : undefined }
    return { dialect: dialectOf(layout, table.format), portions: portions(table.batches, layout, defaults) }
  },
}

/** The oldest version that has every column of the file that we know, and how it was packed. */
function dialectOf({ byName }: Layout, format: string): string {
  const has = (...names: string[]) => names.some((name) => byName.has(name))
  const version = has('InvoiceId', 'PricingCurrency', 'BillingAccountType', 'SubAccountType')
    ? '1.2'
    : has('CommitmentDiscountQuantity', 'ServiceSubcategory', 'SkuMeter', 'SkuPriceDetails', 'CapacityReservationId')
      ? '1.1'
      : '1.0'
  return format === 'parquet' ? `${version} parquet` : version
}
