import type { DeliveredFile } from '#lib/ingest/contract.ts'
import { readTable } from '../focus/reader.ts'
import { type RowFacts, type View, viewSeen } from './charge.ts'
import { type DateOrder, dateOrderSeen } from './dates.ts'
import { cellAt, type Layout, layoutOf } from './layout.ts'
import type { AzureSettings } from './schema.ts'

export { readTable }

export type Survey = {
  view: View
  dates: DateOrder
  /** Slashed dates of which none tells its order: Azure's own is taken. */
  assumed: boolean
}

export const rowFacts = (layout: Layout, cells: readonly string[], cost: string): RowFacts => ({
  chargeType: cellAt(layout, cells, 'chargeType'),
  pricingModel: cellAt(layout, cells, 'pricingModel'),
  commitment: cellAt(layout, cells, 'benefit') || cellAt(layout, cells, 'reservation'),
  cost,
})

/**
 * What only the rows of a file tell about all of it: its view, and the order of its dates. Both are decided once, before any row is
 * taken, so that no two rows of a file are read differently. Stops at the row that settles the last question.
 */
export async function survey(file: DeliveredFile, scratchDir: string, settings: AzureSettings): Promise<Survey> {
  const table = await readTable(file, scratchDir)
  const layout = layoutOf(table.header, file.name, settings)
  const { at } = layout
  const set = settings.view === 'both' ? undefined : settings.view
  // Without these columns no row can name a commitment: both views say the same.
  let view: View | undefined =
    set ?? (at.pricingModel < 0 && at.benefit < 0 && at.reservation < 0 && at.chargeType < 0 ? 'actual' : undefined)
  let dates: DateOrder | undefined = settings.dates
  let slashed = false
  rows: for await (const { cells } of table.batches) {
    for (const row of cells) {
      if (view === undefined) {
        const seen = viewSeen(rowFacts(layout, row, cellAt(layout, row, 'cost')))
        if (seen === 'actual' || seen === 'amortized') view = seen
      }
      if (dates === undefined) {
        for (const column of ['date', 'periodEnd', 'periodStart'] as const) {
          const seen = dateOrderSeen(cellAt(layout, row, column))
          if (seen === 'unknown') slashed = true
          else if (seen !== undefined && (seen !== 'iso' || (column === 'date' && !slashed))) dates = seen
          if (dates !== undefined) break
        }
      }
      if (view !== undefined && dates !== undefined) break rows
    }
  }
  const order = dates === undefined || dates === 'iso' ? 'month-first' : dates
  return { view: view ?? 'actual', dates: order, assumed: slashed && dates === undefined }
}
