import type { BillLine } from '#lib/domain/bill.ts'
import { monthOf } from '#lib/domain/time.ts'
import type { BillCollector, Portion } from '#lib/ingest/contract.ts'
import type { FocusBatch } from '../focus/reader.ts'
import { type Layout, layoutOf } from './layout.ts'
import { AzureMapper } from './map.ts'
import { readTable, type Survey, survey } from './reader.ts'
import { type AzureSettings, azureSettings } from './schema.ts'

const PORTION = 2_000

async function* portions(batches: AsyncIterable<FocusBatch>, file: string, mapper: AzureMapper): AsyncGenerator<Portion<BillLine>> {
  for await (const { cells, lines, faults = [] } of batches) {
    for (let from = 0; from < cells.length || from === 0; from += PORTION) {
      const portion: Portion<BillLine> = { rows: [], rejects: [] }
      if (from === 0)
        for (const { line, reason, text } of faults)
          portion.rejects.push({ file, line, column: null, value: text, reason: `the row ${reason}` })
      for (let i = from, to = Math.min(from + PORTION, cells.length); i < to; i++) {
        const mapped = mapper.map(cells[i] as string[], lines[i] as number)
        if ('fact' in mapped) portion.rows.push(mapped)
        else portion.rejects.push(mapped)
      }
      yield portion
    }
  }
}

/** Azure cost details of every agreement, actual or amortized: CSV, gzip'd CSV, Parquet. */
export const azureCost: BillCollector<AzureSettings> = {
  kind: 'azure-cost',
  facts: 'bills',
  settings: azureSettings,
  async open(file, settings, { period, scratchDir }) {
    const seen = await survey(file, scratchDir, settings)
    const table = await readTable(file, scratchDir)
    const layout = layoutOf(table.header, file.name, settings)
    const both = settings.view === 'both'
    const defaults = { file: file.name, currency: settings.currency, period: period ? monthOf(`${period}-01`) : undefined, both }
    return {
      dialect: dialectOf(layout, seen),
      export: { name: seen.view, beside: both ? ['actual', 'amortized'] : [] },
      portions: portions(table.batches, file.name, new AzureMapper(layout, seen, defaults)),
    }
  },
}

const dialectOf = ({ agreement }: Layout, { view, assumed }: Survey): string =>
  `${agreement} ${view}${assumed ? ', dates read as month/day/year' : ''}`
