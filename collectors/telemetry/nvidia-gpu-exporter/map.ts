// utkuozdemir/nvidia_gpu_exporter and what follows it: `nvidia_smi_*{uuid}`, ratios 0-1, bytes, W. Name and index come from gpu_info.
import type { Binding, GpuCounter, GpuGauge, GpuIdentity, Labels } from '#lib/domain/telemetry/reading.ts'
import { gpuUuid, indexOf, labelOf, podOf } from '../labels.ts'

const PREFIX = 'nvidia_smi_'

const GAUGES: Record<string, { measure: GpuGauge; scale: number }> = {
  utilization_gpu_ratio: { measure: 'util', scale: 100 },
  memory_used_bytes: { measure: 'used', scale: 1 },
  memory_total_bytes: { measure: 'total', scale: 1 },
  temperature_gpu: { measure: 'temp', scale: 1 },
  power_draw_watts: { measure: 'power', scale: 1 },
}

const COUNTERS: Record<string, { measure: GpuCounter; scale: number }> = {
  energy_joules_total: { measure: 'energy', scale: 1 },
  ecc_errors_uncorrected_volatile_total: { measure: 'ecc', scale: 1 },
  xid_errors_total: { measure: 'xid_event', scale: 1 },
}
const THROTTLE = /^clocks_(?:event|throttle)_reasons_counters_\w+_seconds$/

function identityOf(labels: Labels): GpuIdentity | null {
  const uuid = labelOf(labels, 'uuid')
  if (uuid === null) return null
  return {
    uuid: gpuUuid(uuid),
    mig: '',
    index: indexOf(labelOf(labels, 'index')),
    model: labelOf(labels, 'name'),
    hostname: labelOf(labels, 'hostname'),
    kubernetesNode: labelOf(labels, 'kubernetes_node', 'node'),
    ...podOf(labels),
    instance: labelOf(labels, 'instance'),
  }
}

export function nvidiaGpuExporter(name: string, labels: Labels): Binding | null {
  if (!name.startsWith(PREFIX)) return null
  const gpu = identityOf(labels)
  if (gpu === null) return null
  const field = name.slice(PREFIX.length)
  if (field === 'gpu_info') return { fact: 'gpu_info', uuid: gpu.uuid, index: gpu.index, model: gpu.model }
  // Processes and MIG instances are parts of a GPU: what they say is not the GPU's.
  if (field.startsWith('compute_app') || (field.startsWith('mig_') && !field.startsWith('mig_mode'))) return null
  const counter = COUNTERS[field] ?? (THROTTLE.test(field) ? { measure: 'throttle' as const, scale: 1 } : undefined)
  if (counter) return { fact: 'gpu', type: 'counter', gpu, alt: 0, detail: labelOf(labels, 'xid') ?? field, ...counter }
  return { fact: 'gpu', type: 'gauge', gpu, ...(GAUGES[field] ?? { measure: 'other', scale: 1 }) }
}
