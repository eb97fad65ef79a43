// The CSV of `nvidia-smi --query-… --format=csv`: separated by ", ", never quoted, units in the header and in the cells.
import type { Reject } from '#lib/ingest/contract.ts'

export type SmiColumn = { field: string; unit: string | null; title: string }
export type SmiRow = { line: number; cells: { column: SmiColumn; text: string }[] }
export type SmiTable = { rows: SmiRow[]; rejects: Reject[] }

/** Older spellings of fields; a header has the one that the driver of its day used. */
const ALIASES: Record<string, string> = {
  gpu_name: 'name',
  gpu_serial: 'serial',
  gpu_uuid: 'uuid',
  gpu_bus_id: 'pci.bus_id',
  'inforom.image': 'inforom.img',
  'inforom.power': 'inforom.pwr',
  'clocks.gr': 'clocks.current.graphics',
  'clocks.sm': 'clocks.current.sm',
  'clocks.mem': 'clocks.current.memory',
  'clocks.video': 'clocks.current.video',
  'gpu.power.draw.average': 'power.draw.average',
  'gpu.power.draw.instant': 'power.draw.instant',
}

/** Hundreds of fields make some 10 KiB. */
const LINE_CHARS_MAX = 64 * 1024
const COLUMN = /^([A-Za-z][A-Za-z0-9_.]*)(?: \[([^\]]+)\])?$/

/** The columns of a header line, or null when the line is none. */
export function readHeader(line: string): SmiColumn[] | null {
  const columns: SmiColumn[] = []
  for (const title of line.split(',').map((cell) => cell.trim())) {
    const match = COLUMN.exec(title)
    if (!match) return null
    columns.push({ field: ALIASES[match[1]!] ?? match[1]!, unit: match[2] ?? null, title })
  }
  return columns
}

/** A row without unit or value in its first cells would pass for a header: a header names the GPU's `uuid` or another field that we know. */
const ANCHORS = new Set(['uuid', 'index', 'name', 'timestamp', 'pci.bus_id', 'pid'])
const isHeader = (columns: SmiColumn[] | null): columns is SmiColumn[] => columns?.some((one) => ANCHORS.has(one.field)) ?? false

/**
 * Reads one or several captures appended to each other: a header may come again. A row that is not as wide as its header becomes a
 * reject with its line; so does a first line that is no header (`noheader` captures cannot be told).
 */
export function readTable(text: string, file: string): SmiTable {
  const table: SmiTable = { rows: [], rejects: [] }
  let header: SmiColumn[] | null = null
  let line = 0
  for (const raw of text.split('\n')) {
    line++
    const content = raw.trim()
    if (content === '') continue
    const tooLong = content.length > LINE_CHARS_MAX
    // Rows begin with a timestamp, a UUID or a number: most are told apart by their first value.
    const columns = tooLong || !COLUMN.test(content.split(',', 1)[0]!) ? null : readHeader(content)
    if (isHeader(columns)) {
      header = columns
      continue
    }
    const reason = tooLong
      ? `is longer than ${LINE_CHARS_MAX} characters`
      : header
        ? addRow(table, header, raw.replace(/\r$/, ''), line)
        : 'there is no header above this line'
    if (reason) table.rejects.push({ file, line, column: null, value: content.slice(0, 200), reason })
  }
  return table
}

function addRow(table: SmiTable, header: SmiColumn[], raw: string, line: number): string | null {
  const cells = raw.split(',')
  if (cells.length !== header.length) return `has ${cells.length} values, its header ${header.length}`
  table.rows.push({ line, cells: header.map((column, at) => ({ column, text: cells[at]!.trim() })) })
  return null
}
