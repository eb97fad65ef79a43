// A collection as metrics, compatible with nvidia_gpu_exporter. Deliberate differences, all of them:
//  1. `name`, `serial`, `driver_version`, `kmd_version` are no numbers: labels of gpu_info, no metrics of their own.
//  2. `remapped_rows.histogram.*` is `remapped_rows_banks_*`: `promtool check metrics` refuses the word histogram in a gauge's name.
//  3. For the same tool `*_total` columns are TYPE counter (which they are), `*_count` columns untyped.
//  4. Values that cannot be (137 %, minus one without its sign, a wrong unit) are absent and counted in rejected_values_total.
//  5. Added: collect_duration_seconds, rejected_rows_total, mig_last_collect_success. MIG memory and identity come without NVML.
//  6. Microseconds and per cent are divided, not multiplied by a binary fraction: the last digit may differ.
import { Counter, Gauge, Registry } from 'prom-client'
import { gaugeRange } from '#lib/domain/telemetry/validity.ts'
import { readCell, unitSuffix } from './cell.ts'
import type { SmiColumn } from './csv.ts'
import type { Collection, ComputeApp, GpuRow } from './query.ts'

export const PREFIX = 'nvidia_smi_'

/** Columns that say who a GPU is, and the labels of gpu_info that carry them. */
const INFO: Record<string, string> = {
  name: 'name',
  'driver_model.current': 'driver_model_current',
  'driver_model.pending': 'driver_model_pending',
  vbios_version: 'vbios_version',
  driver_version: 'driver_version',
  'pci.bus_id': 'pci_bus_id',
  serial: 'serial',
  compute_cap: 'compute_cap',
  'pci.sub_device_id': 'pci_sub_device_id',
  index: 'index',
}
const INFO_LABELS = ['uuid', ...Object.values(INFO), 'cuda_version']

const snake = (field: string): string =>
  field
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')

/** The metric of a column; null for one in a unit that is not known, of which no number can be told what it means. */
export function metricName({ field, unit }: SmiColumn): string | null {
  const suffix = unitSuffix(unit)
  const name = snake(field.replace(/^remapped_rows\.histogram\./, 'remapped_rows.banks.'))
  return suffix === undefined ? null : `${PREFIX}${name}${suffix}`
}

/** Plausible values by field, in the metric's unit. */
function isImpossible(field: string, value: number): boolean {
  const measure = field.startsWith('memory.')
    ? 'total'
    : field.startsWith('temperature.')
      ? 'temp'
      : field.startsWith('power.')
        ? 'power'
        : 'other'
  const [min, max] = field.startsWith('utilization.') ? [0, 1] : gaugeRange(measure)
  return !(value >= min && value <= max)
}

type Sample = { labels: Record<string, string>; value: number }
type Family = { name: string; help: string; labels: string[]; samples: Sample[] }
/** What was not published, by column: for the counter of rejected values. */
export type Published = { families: Family[]; rejected: string[] }

/** All families of one collection. Nothing here remembers an earlier one. */
export function publish(collection: Collection): Published {
  const families = new Map<string, Family>()
  const add = (name: string, help: string, labels: Record<string, string>, value: number) => {
    const family = families.get(name) ?? { name, help, labels: Object.keys(labels), samples: [] }
    families.set(name, family)
    family.samples.push({ labels, value })
  }
  const rejected: string[] = []
  for (const gpu of collection.gpus) publishGpu(gpu, collection.cudaVersion, add, rejected)
  publishApps(collection, add)
  publishMig(collection, add)
  return { families: [...families.values()], rejected }
}

type Add = (name: string, help: string, labels: Record<string, string>, value: number) => void

function publishGpu({ uuid, cells }: GpuRow, cudaVersion: string, add: Add, rejected: string[]): void {
  const info: Record<string, string> = Object.fromEntries(INFO_LABELS.map((label) => [label, '']))
  for (const { column, text } of cells) {
    const label = INFO[column.field]
    if (label) info[label] = text
    const name = metricName(column)
    if (!name) continue
    const cell = readCell(column.field, column.unit, text)
    if (cell.kind === 'bad' || (cell.kind === 'number' && isImpossible(column.field, cell.value))) rejected.push(column.field)
    else if (cell.kind === 'number') add(name, column.title, { uuid }, cell.value)
  }
  const help = `A metric with a constant '1' value labeled by gpu ${INFO_LABELS.join(', ')}.`
  add(`${PREFIX}gpu_info`, help, { ...info, uuid, cuda_version: cudaVersion }, 1)
}

function publishApps({ gpus, apps }: Collection, add: Add): void {
  if (!apps) return
  for (const { uuid } of gpus) {
    const own = apps.filter((app) => app.uuid === uuid)
    add(`${PREFIX}compute_apps`, 'Number of processes with a compute context on the GPU.', { uuid }, own.length)
    for (const [key, group] of Map.groupBy(own.filter(named), (app) => `${app.pid}\n${app.processName}`)) {
      const labels = { uuid, pid: group[0]!.pid!, process_name: key.slice(key.indexOf('\n') + 1) }
      add(`${PREFIX}compute_app_info`, "A metric with a constant '1' value labeled by a process with a compute context.", labels, 1)
      // Under MIG one process may have contexts on several instances of a GPU: its memory is their sum, if all are known.
      const used = group.map((app) => readCell('used_gpu_memory', 'MiB', app.usedMemory))
      if (used.every((cell) => cell.kind === 'number'))
        add(
          `${PREFIX}compute_app_used_memory_bytes`,
          'GPU memory used by the process. Absent when the driver cannot report it.',
          labels,
          used.reduce((sum, cell) => sum + cell.value, 0),
        )
    }
  }
}
const named = (app: ComputeApp): boolean => app.pid !== null

function publishMig({ mig }: Collection, add: Add): void {
  const seen = new Set<string>()
  for (const { uuid, gpuInstance, computeInstance, migUuid, profile, memory } of mig ?? []) {
    const identity = { uuid, mig_uuid: migUuid, gpu_instance_id: gpuInstance, compute_instance_id: computeInstance, profile }
    add(`${PREFIX}mig_info`, "A metric with a constant '1' value labeled by the identity of a MIG device.", identity, 1)
    // The memory belongs to the GPU instance: its compute instances repeat it.
    if (seen.has(`${uuid}/${gpuInstance}`)) continue
    seen.add(`${uuid}/${gpuInstance}`)
    for (const [part, text] of Object.entries(memory)) {
      const cell = readCell(`memory.${part}`, 'MiB', text)
      if (cell.kind !== 'number' || isImpossible(`memory.${part}`, cell.value)) continue
      add(`${PREFIX}mig_memory_${part}_bytes`, `Memory of the GPU instance (${part}).`, { uuid, gpu_instance_id: gpuInstance }, cell.value)
    }
  }
}

/** The families as text. A registry of its own for every collection: a GPU that is gone leaves nothing behind. */
export function render(families: readonly Family[]): Promise<string> {
  const registry = new Registry()
  for (const { name, help, labels, samples } of families.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const settings = { name, help, labelNames: labels, registers: [registry] }
    if (name.endsWith('_total')) {
      const counter = new Counter(settings)
      for (const sample of samples) counter.inc(sample.labels, sample.value)
      continue
    }
    const gauge = new Gauge(settings)
    if (name.endsWith('_count')) Object.assign(gauge, { type: 'untyped' })
    for (const sample of samples) gauge.set(sample.labels, sample.value)
  }
  return registry.metrics()
}
export type { Family }
