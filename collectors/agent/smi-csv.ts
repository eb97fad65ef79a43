// Captures of `nvidia-smi --query-gpu=… --format=csv`, also in a loop (-l), as readings.
import type { GpuCounter, GpuGauge } from '#lib/domain/telemetry/reading.ts'
import { readCell } from './cell.ts'
import { readTable, type SmiRow } from './csv.ts'
import { gpuUuid, identity, indexOf, knownText, percent, type SmiReading, type SmiReadings } from './reading.ts'

/** The same measures by which the exposition of these fields is read, so that either way in gives equal facts. */
const GAUGES: Record<string, GpuGauge> = {
  'utilization.gpu': 'util',
  'memory.used': 'used',
  'memory.total': 'total',
  'temperature.gpu': 'temp',
  'power.draw': 'power',
}
const ECC = 'ecc.errors.uncorrected.volatile.total'
const THROTTLE = /^clocks_(?:event|throttle)_reasons_counters\.(\w+)$/

const counterOf = (field: string): { measure: GpuCounter; detail: string } | null => {
  if (field === ECC) return { measure: 'ecc', detail: '' }
  const reason = field.startsWith('clocks_') && THROTTLE.exec(field)?.[1]
  return reason ? { measure: 'throttle', detail: `clocks_event_reasons_counters_${reason}_seconds` } : null
}

/**
 * Reads a capture. Each row is one GPU at one moment; a row without a GPU's UUID, a value in a wrong unit or a timestamp that is none
 * becomes a reject with its line and column. Values that nvidia-smi says it does not have are left out of the reading.
 */
export function parseSmiCsv(text: string, file = 'nvidia-smi.csv'): SmiReadings {
  const table = readTable(text, file)
  const result: SmiReadings = { readings: [], rejects: table.rejects }
  for (const row of table.rows) {
    const reading = readRow(row, file, result)
    if (reading) result.readings.push(reading)
  }
  result.rejects.sort((a, b) => a.line - b.line)
  return result
}

function readRow(row: SmiRow, file: string, result: SmiReadings): SmiReading | null {
  const { line } = row
  const textOf = (field: string) => row.cells.find(({ column }) => column.field === field)?.text
  const reject = (column: string, value: string | null, reason: string) => {
    result.rejects.push({ file, line, column, value, reason })
    return null
  }
  const pid = textOf('pid')
  if (pid !== undefined) return reject('pid', pid, 'is a row about a process, not about a GPU')
  const uuid = gpuUuid(textOf('uuid') ?? '')
  if (!uuid) return reject('uuid', textOf('uuid') ?? null, 'is no UUID of a GPU')
  const stamp = textOf('timestamp')
  const localTime = stamp === undefined ? null : localTimeOf(stamp)
  if (stamp !== undefined && localTime === null) return reject('timestamp', stamp, 'is not in the form YYYY/MM/DD HH:MM:SS.mmm')
  const gpu = identity(uuid, '', indexOf(textOf('index')), knownText(textOf('name')))
  const reading: SmiReading = { file, line, localTime, gpu, gauges: [], counters: [] }
  for (const { column, text: raw } of row.cells) {
    const gauge = GAUGES[column.field]
    const counter = counterOf(column.field)
    if (!gauge && !counter) continue
    const cell = readCell(column.field, column.unit, raw)
    if (cell.kind === 'bad') reject(column.title, raw, cell.reason)
    if (cell.kind !== 'number') continue
    if (gauge) reading.gauges.push({ measure: gauge, value: gauge === 'util' ? percent(cell.value) : cell.value })
    else reading.counters.push({ ...counter!, value: cell.value })
  }
  return reading
}

const STAMP = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)$/

function localTimeOf(text: string): string | null {
  const match = STAMP.exec(text)
  const local = match && `${match[1]}-${match[2]}-${match[3]}T${match[4]}`
  // A day such as 31 February is refused by being read and written again.
  return local && new Date(`${local}Z`).toJSON()?.startsWith(local.slice(0, 19)) ? local : null
}
