// Captures of `nvidia-smi -q -x` (schemas v11 to v13), also in a loop, as readings. The only place where nvidia-smi tells MIG devices apart.
import { Failure } from '#lib/errors.ts'
import type { GpuGauge } from '#lib/domain/telemetry/reading.ts'
import { readCell } from './cell.ts'
import { gpuUuid, identity, indexOf, knownText, percent, type SmiReading, type SmiReadings } from './reading.ts'
import { readXml, type XmlElement } from './xml-reader.ts'

/** Where each measure stands, newest first: the first that has a number counts. v11 calls the power readings otherwise, v13 splits the draw. */
const PATHS: { measure: GpuGauge; paths: string[] }[] = [
  { measure: 'util', paths: ['utilization/gpu_util'] },
  { measure: 'used', paths: ['fb_memory_usage/used'] },
  { measure: 'total', paths: ['fb_memory_usage/total'] },
  { measure: 'temp', paths: ['temperature/gpu_temp'] },
  {
    measure: 'power',
    paths: [
      'gpu_power_readings/power_draw',
      'gpu_power_readings/average_power_draw',
      'gpu_power_readings/instant_power_draw',
      'power_readings/power_draw',
    ],
  },
]
const MIG_MEASURES = new Set<GpuGauge>(['used', 'total'])
/** The XML's names of throttle reasons, and those of the fields of --query-gpu. */
const REASONS: Record<string, string> = {
  sw_power_cap: 'sw_power_cap',
  sync_boost: 'sync_boost',
  sw_therm_slowdown: 'sw_thermal_slowdown',
  hw_therm_slowdown: 'hw_thermal_slowdown',
  hw_power_brake: 'hw_power_brake_slowdown',
}

export const child = (element: XmlElement | undefined, path: string): XmlElement | undefined =>
  path.split('/').reduce((at: XmlElement | undefined, name) => at?.children.find((one) => one.name === name), element)
export const textAt = (element: XmlElement, path: string): string | undefined => child(element, path)?.text.trim()

export const migDevices = (gpu: XmlElement): XmlElement[] =>
  (child(gpu, 'mig_devices')?.children ?? []).filter((one) => one.name === 'mig_device')

/**
 * Reads a capture: one reading a GPU and one a GPU instance under MIG (compute instances share its memory). A GPU without a UUID, a value
 * in a wrong unit or a document that breaks off becomes a reject with its line; documents before it are kept.
 */
export function parseSmiXml(text: string, file = 'nvidia-smi.xml'): SmiReadings {
  const result: SmiReadings = { readings: [], rejects: [] }
  try {
    for (const root of readXml(text, file)) readDocument(root, file, result)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { line = 1, column } = error.place
    result.rejects.push({ file, line, column: null, value: null, reason: `${error.message} (character ${column ?? '1'} of the line)` })
  }
  return result
}

function readDocument(root: XmlElement, file: string, result: SmiReadings): void {
  const reject: Rejecter = (line, column, value, reason) => {
    result.rejects.push({ file, line, column, value, reason })
  }
  const stamp = child(root, 'timestamp')
  const localTime = stamp ? localTimeOf(stamp.text.trim()) : null
  if (root.name !== 'nvidia_smi_log') reject(root.line, root.name, null, 'is not the output of nvidia-smi -q -x')
  else if (stamp && localTime === null) reject(stamp.line, 'timestamp', stamp.text.trim(), 'is not in the form Thu Aug  6 01:03:40 2026')
  else {
    const gpus = root.children.filter((one) => one.name === 'gpu')
    // Devices are listed by index; a capture of chosen ones (-i) does not say which they are.
    const complete = textAt(root, 'attached_gpus') === String(gpus.length)
    for (const [at, gpu] of gpus.entries()) result.readings.push(...readGpu(gpu, complete ? at : null, { file, localTime }, reject))
  }
}

function readGpu(gpu: XmlElement, index: number | null, capture: Pick<SmiReading, 'file' | 'localTime'>, reject: Rejecter): SmiReading[] {
  const text = textAt(gpu, 'uuid')
  const uuid = gpuUuid(text ?? '')
  if (!uuid) {
    reject(child(gpu, 'uuid')?.line ?? gpu.line, 'uuid', text ?? null, 'is no UUID of a GPU')
    return []
  }
  const model = knownText(textAt(gpu, 'product_name'))
  const reading = (element: XmlElement, mig: string, only?: Set<GpuGauge>): SmiReading => {
    const own: SmiReading = { ...capture, line: element.line, gpu: identity(uuid, mig, index, model), gauges: [], counters: [] }
    measure(own, element, reject, only)
    return own
  }
  const instances = new Map<string, XmlElement>()
  for (const device of migDevices(gpu)) {
    const mig = textAt(device, 'gpu_instance_id') ?? ''
    if (indexOf(mig) === null) reject(device.line, 'gpu_instance_id', mig, 'is no number')
    else if (!instances.has(mig)) instances.set(mig, device)
  }
  return [reading(gpu, ''), ...[...instances].map(([mig, device]) => reading(device, mig, MIG_MEASURES))]
}

type Rejecter = (line: number, column: string, value: string | null, reason: string) => void

function measure(reading: SmiReading, element: XmlElement, reject: Rejecter, only?: Set<GpuGauge>): void {
  const number = (at: XmlElement | undefined): number | null => {
    if (!at) return null
    const cell = readCell(at.name, undefined, at.text)
    if (cell.kind === 'bad') reject(at.line, at.name, at.text.trim(), cell.reason)
    return cell.kind === 'number' ? cell.value : null
  }
  for (const { measure: name, paths } of PATHS) {
    if (only && !only.has(name)) continue
    for (const path of paths) {
      const value = number(child(element, path))
      if (value === null) continue
      reading.gauges.push({ measure: name, value: name === 'util' ? percent(value) : value })
      break
    }
  }
  if (only) return
  for (const [name, reason] of Object.entries(REASONS)) {
    const value = number(child(element, `clocks_event_reasons_counters/clocks_event_reasons_counters_${name}`))
    if (value !== null) reading.counters.push({ measure: 'throttle', detail: `clocks_event_reasons_counters_${reason}_seconds`, value })
  }
  const ecc = uncorrected(element).map(number)
  const known = ecc.filter((value) => value !== null)
  if (known.length) reading.counters.push({ measure: 'ecc', detail: '', value: known.reduce((a, b) => a + b, 0) })
}

/** Uncorrected errors since the driver was loaded: before Turing as one total, later by memory, from v12 on SRAM by two kinds. */
function uncorrected(gpu: XmlElement): XmlElement[] {
  const total = child(gpu, 'ecc_errors/volatile/double_bit/total')
  if (total) return [total]
  return (child(gpu, 'ecc_errors/volatile')?.children ?? []).filter((one) => /^[sd]ram_uncorrectable/.test(one.name))
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const STAMP = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})$/

function localTimeOf(text: string): string | null {
  const match = STAMP.exec(text)
  const month = MONTHS.indexOf(match?.[1] ?? '') + 1
  if (!match || month === 0) return null
  const local = `${match[4]}-${String(month).padStart(2, '0')}-${match[2]!.padStart(2, '0')}T${match[3]}`
  return new Date(`${local}Z`).toJSON()?.startsWith(local) ? local : null
}
