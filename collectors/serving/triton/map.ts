// Triton: `nv_inference_*{model, version}` of every model it serves, `nv_gpu_*{gpu_uuid}`, and of the TensorRT-LLM backend `nv_trt_llm_*`,
// one name with a label for the quantity. Its totals of context and generation tokens are gauges of one iteration: no counters.
import { bindFamily, type Families, replicaOf } from '#collectors/serving/family.ts'
import { gpuUuid, labelOf, podOf } from '#collectors/telemetry/labels.ts'
import type { Binding, GpuIdentity, Labels, ServeGauge } from '#lib/domain/telemetry/reading.ts'

const PREFIX = /^nv_/
const FAMILIES: Families = {
  gauges: { inference_pending_request_count: { measure: 'queue', alt: 1 } },
  counters: {
    inference_request_success: { measure: 'requests', alt: 0 },
    llm_input_token_len_sum: { measure: 'prompt', alt: 0 },
    llm_output_token_len_sum: { measure: 'generation', alt: 0 },
  },
  histograms: {},
}
const TYPED: Record<string, Record<string, { measure: ServeGauge; alt: number }>> = {
  trt_llm_request_metrics: {
    scheduled: { measure: 'running', alt: 0 },
    active: { measure: 'running', alt: 1 },
    waiting: { measure: 'queue', alt: 0 },
  },
  trt_llm_kv_cache_block_metrics: { fraction: { measure: 'kv', alt: 0 } },
}
const GPU_GAUGES = {
  gpu_utilization: { measure: 'util', scale: 100 },
  gpu_memory_used_bytes: { measure: 'used', scale: 1 },
  gpu_memory_total_bytes: { measure: 'total', scale: 1 },
  gpu_power_usage: { measure: 'power', scale: 1 },
} as const

export const TRITON_NAMES = `nv_(${[
  ...Object.keys(FAMILIES.gauges),
  ...Object.keys(FAMILIES.counters),
  'inference_request_failure',
  ...Object.keys(TYPED),
  ...Object.keys(GPU_GAUGES),
  'energy_consumption',
].join('|')})`

const OF_SERIES = new Set(['request_type', 'kv_cache_block_type', 'response_metric_type', 'version'])

function gpuOf(labels: Labels): GpuIdentity | null {
  const uuid = labelOf(labels, 'gpu_uuid')
  if (uuid === null) return null
  return {
    uuid: gpuUuid(uuid),
    mig: '',
    index: null,
    model: null,
    hostname: labelOf(labels, 'Hostname', 'hostname'),
    kubernetesNode: labelOf(labels, 'kubernetes_node', 'node'),
    ...podOf(labels),
    instance: labelOf(labels, 'instance'),
    byEngine: true,
  }
}

function bindGpu(family: string, labels: Labels): Binding | null {
  const gpu = gpuOf(labels)
  if (gpu === null) return null
  if (family === 'energy_consumption') return { fact: 'gpu', type: 'counter', gpu, measure: 'energy', scale: 1, alt: 0, detail: family }
  if (Object.hasOwn(GPU_GAUGES, family)) return { fact: 'gpu', type: 'gauge', gpu, ...GPU_GAUGES[family as keyof typeof GPU_GAUGES] }
  return { fact: 'gpu', type: 'gauge', gpu, measure: 'other', scale: 1 }
}

export function triton(name: string, labels: Labels): Binding | null {
  if (!PREFIX.test(name)) return null
  const family = name.slice(3)
  if (family.startsWith('gpu_') || family === 'energy_consumption') return bindGpu(family, labels)
  const model = labelOf(labels, 'model')
  if (model === null) return null
  // Versions of one model are served side by side: each has its own counters.
  const of = { replica: replicaOf('triton', model, labels, OF_SERIES), rank: labels.version ?? '' }
  if (family === 'inference_request_failure')
    return { fact: 'serve', type: 'counter', ...of, measure: 'failures', alt: 0, detail: labels.reason ?? '' }
  const type = TYPED[family]?.[labels.request_type ?? labels.kv_cache_block_type ?? '']
  if (type) return { fact: 'serve', type: 'gauge', ...of, ...type }
  return bindFamily(family, labels, of, FAMILIES)
}
