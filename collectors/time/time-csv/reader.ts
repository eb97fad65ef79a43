import type { TimeEntry } from '#lib/domain/people.ts'
import { Failure } from '#lib/errors.ts'
import { contentBytes } from '#lib/ingest/bytes.ts'
import type { DeliveredFile, FileReading, Portion } from '#lib/ingest/contract.ts'
import { readCsv } from '#lib/ingest/csv.ts'
import { type Cells, mapRow } from './map.ts'
import { REQUIRED } from './schema.ts'

/** Opens a time file; refuses one whose header is not that of time entries. Rows that cannot be taken become rejects with their line. */
export async function openTimeCsv(file: DeliveredFile): Promise<FileReading<TimeEntry>> {
  const { header, batches } = await readCsv(await contentBytes(file), file.name)
  const names = header.map((name) => name.trim().toLowerCase())
  checkHeader(names, file.name)
  async function* portions(): AsyncGenerator<Portion<TimeEntry>> {
    for await (const { cells, lines, faults } of batches) {
      const portion: Portion<TimeEntry> = { rows: [], rejects: [] }
      for (const { line, reason, text } of faults) portion.rejects.push({ file: file.name, line, column: null, value: text, reason })
      for (const [index, row] of cells.entries()) {
        const place = { file: file.name, line: lines[index]! }
        const mapped = mapRow(cellsOf(names, row))
        if ('entry' in mapped) portion.rows.push({ ...place, fact: mapped.entry })
        else portion.rejects.push({ ...place, ...mapped.fault })
      }
      yield portion
    }
  }
  return { dialect: 'time-csv', portions: portions() }
}

const cellsOf = (names: readonly string[], row: readonly string[]): Cells =>
  Object.fromEntries(names.map((name, index) => [name, (row[index] ?? '').trim()]))

function checkHeader(names: readonly string[], file: string): void {
  const missing: string[] = REQUIRED.filter((name) => !names.includes(name))
  if (!names.includes('hours') && !(names.includes('start') && names.includes('end'))) missing.push('hours (or start and end)')
  else if (!names.includes('date') && !names.includes('start')) missing.push('date')
  if (missing.length > 0)
    throw new Failure('refused', 'not_time_csv', `this is no file of time entries: the header has no ${missing.join(', no ')}`, {
      place: { file, line: 1 },
      remedy: 'the columns are id,person,date,hours,start,end,project,issue,tags,activity,note',
    })
}
