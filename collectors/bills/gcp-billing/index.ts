import type { BillLine } from '#lib/domain/bill.ts'
import { monthOf } from '#lib/domain/time.ts'
import type { BillCollector, Portion } from '#lib/ingest/contract.ts'
import { GcpMapper } from './map.ts'
import { type GcpBatch, readExport } from './reader.ts'
import { type GcpSettings, gcpSettings } from './schema.ts'

const PORTION = 2_000

async function* portions(batches: AsyncIterable<GcpBatch>, file: string, mapper: GcpMapper): AsyncGenerator<Portion<BillLine>> {
  for await (const { rows, faults } of batches) {
    const rejects = faults.map(({ line, reason, text }) => ({ file, line, column: null, value: text, reason: `the row ${reason}` }))
    if (rejects.length > 0) yield { rows: [], rejects }
    for (let from = 0; from < rows.length; from += PORTION) {
      const portion: Portion<BillLine> = { rows: [], rejects: [] }
      for (const row of rows.slice(from, from + PORTION)) {
        const mapped = mapper.map(row)
        if (Array.isArray(mapped)) portion.rows.push(...mapped)
        else portion.rejects.push(mapped)
      }
      yield portion
    }
  }
}

/** Google Cloud billing export, standard and detailed: CSV, JSON (lines, concatenated, list), gzip of both, Parquet. */
export const gcpBilling: BillCollector<GcpSettings> = {
  kind: 'gcp-billing',
  facts: 'bills',
  settings: gcpSettings,
  async open(file, settings, { period, scratchDir }) {
    const { format, detailed, batches } = await readExport(file, settings, scratchDir)
    const mapper = new GcpMapper({
      file: file.name,
      currency: settings.currency,
      period: period ? monthOf(`${period}-01`) : undefined,
      resourceLabel: settings.resource_label,
    })
    const dialect = [detailed === undefined ? '' : detailed ? 'detailed' : 'standard', format === 'csv' ? '' : format]
      .filter(Boolean)
      .join(' ')
    // Both exports state the same bill: in one source the later replaces the earlier, in two it would count twice.
    return {
      dialect,
      export: { name: '', beside: [] },
      portions: portions(batches, file.name, mapper),
    }
  },
}
