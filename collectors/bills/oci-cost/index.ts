import { monthOf } from '#lib/domain/time.ts'
import type { BillCollector } from '#lib/ingest/contract.ts'
import { portionsOf } from '../portions.ts'
import { layoutOf } from './layout.ts'
import { OciMapper } from './map.ts'
import { readTable, reportNumber } from './reader.ts'
import { type OciSettings, ociSettings } from './schema.ts'

/** Oracle Cloud cost reports: CSV, gzip'd CSV, Parquet. Corrections come as rows of their own, and count as what they say. */
export const ociCost: BillCollector<OciSettings> = {
  kind: 'oci-cost',
  facts: 'bills',
  settings: ociSettings,
  async open(file, settings, { period, scratchDir }) {
    const table = await readTable(file, scratchDir)
    const layout = layoutOf(table.header, file.name, settings)
    const number = reportNumber(file.name)
    const defaults = { file: file.name, currency: settings.currency, period: period ? monthOf(`${period}-01`) : undefined }
    const mapper = new OciMapper(layout, defaults)
    return {
      dialect: table.format === 'parquet' ? 'cost report, parquet' : 'cost report',
      export: { name: number === undefined ? '' : `report ${number}`, beside: number === undefined ? [] : ['report %'] },
      portions: portionsOf(table.batches, file.name, (cells, line) => mapper.map(cells, line)),
    }
  },
}
