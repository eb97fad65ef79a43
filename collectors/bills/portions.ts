// Rows of a table, as they are handed to an import: some thousand at a time, with what could not be read.
import type { BillLine } from '#lib/domain/bill.ts'
import type { Portion, Reject, Row } from '#lib/ingest/contract.ts'
import type { CsvFault } from '#lib/ingest/csv.ts'

export type TableBatch = { cells: string[][]; lines: number[]; faults?: CsvFault[] }

/** Rows a portion: enough to make the work between two pauses cheap, few enough to bound memory. */
const PORTION = 2_000

/** `map` gives the charges of a row (mostly one), or why it cannot be taken. */
export async function* portionsOf(
  batches: AsyncIterable<TableBatch>,
  file: string,
  map: (cells: string[], line: number) => Row<BillLine> | readonly Row<BillLine>[] | Reject,
): AsyncGenerator<Portion<BillLine>> {
  for await (const { cells, lines, faults = [] } of batches) {
    for (let from = 0; from < cells.length || from === 0; from += PORTION) {
      const portion: Portion<BillLine> = { rows: [], rejects: [] }
      if (from === 0)
        for (const { line, reason, text } of faults)
          portion.rejects.push({ file, line, column: null, value: text, reason: `the row ${reason}` })
      for (let i = from, to = Math.min(from + PORTION, cells.length); i < to; i++) {
        const mapped = map(cells[i] as string[], lines[i] as number)
        if ('fact' in mapped) portion.rows.push(mapped)
        else if ('reason' in mapped) portion.rejects.push(mapped)
        else portion.rows.push(...mapped)
      }
      yield portion
    }
  }
}
