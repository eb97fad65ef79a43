import { monthOf } from '#lib/domain/time.ts'
import type { BillCollector } from '#lib/ingest/contract.ts'
import { portionsOf } from '../portions.ts'
import { type Layout, layoutOf } from './layout.ts'
import { AzureMapper } from './map.ts'
import { readTable, type Survey, survey } from './reader.ts'
import { type AzureSettings, azureSettings } from './schema.ts'

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
    const mapper = new AzureMapper(layout, seen, defaults)
    return {
      dialect: dialectOf(layout, seen),
      export: { name: seen.view, beside: both ? ['actual', 'amortized'] : [] },
      portions: portionsOf(table.batches, file.name, (cells, line) => mapper.map(cells, line)),
    }
  },
}

const dialectOf = ({ agreement }: Layout, { view, assumed }: Survey): string =>
  `${agreement} ${view}${assumed ? ', dates read as month/day/year' : ''}`
