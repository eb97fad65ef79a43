// NVIDIA's DCGM exporter: `DCGM_FI_*{gpu, UUID, modelName, Hostname, …}`, in either case.
import type { Binding, GpuIdentity, Labels } from '#lib/domain/telemetry/reading.ts'
import { gpuUuid, indexOf, labelOf, podOf } from '../labels.ts'
import { COUNTERS, GAUGES } from './metrics.ts'

const PREFIX = /^dcgm_fi_/i

function identityOf(labels: Labels): GpuIdentity | null {
  const uuid = labelOf(labels, 'UUID', 'uuid', 'gpu_uuid')
  if (uuid === null) return null
  return {
    uuid: gpuUuid(uuid),
    mig: labelOf(labels, 'GPU_I_ID') ?? '',
    index: indexOf(labelOf(labels, 'gpu')),
    model: labelOf(labels, 'modelName', 'model_name'),
    hostname: labelOf(labels, 'Hostname', 'hostname'),
    kubernetesNode: labelOf(labels, 'kubernetes_node', 'node'),
    ...podOf(labels),
    instance: labelOf(labels, 'instance'),
  }
}

/** Every DCGM series of a GPU is recognised: those without a use of their own prove that the GPU was seen. */
export function dcgm(name: string, labels: Labels): Binding | null {
  if (!PREFIX.test(name)) return null
  const gpu = identityOf(labels)
  if (gpu === null) return null
  const field = name.slice(8).toUpperCase()
  const counter = COUNTERS[field]
  if (counter) return { fact: 'gpu', type: 'counter', gpu, detail: field, ...counter }
  return { fact: 'gpu', type: 'gauge', gpu, ...(GAUGES[field] ?? { measure: 'other', scale: 1 }) }
}
