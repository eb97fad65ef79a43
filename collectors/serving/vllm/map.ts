// vLLM, also behind Ray Serve (`ray_vllm:`): `vllm:NAME{model_name, engine}`, engine being a rank of one replica.
import type { Binding, Labels, ReplicaIdentity } from '#lib/domain/telemetry/reading.ts'
import { labelOf, podOf } from '#collectors/telemetry/labels.ts'
import { COMPUTED, COUNTERS, FAILED, GAUGES, HISTOGRAMS } from './metrics.ts'

const PREFIX = /^(?:ray_)?vllm[:_]/
const HISTOGRAM = /^(.+)_(bucket|sum)$/
/** Labels of single measures: they do not tell replicas apart. */
const OF_MEASURE = new Set(['le', 'quantile', 'finished_reason', 'source', 'reason', 'position', 'sleep_state'])

function identityOf(labels: Labels, model: string): ReplicaIdentity {
  const own: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(labels)) if (!OF_MEASURE.has(name)) own[name] = value
  return {
    engine: 'vllm',
    model,
    ...podOf(labels),
    hostname: labelOf(labels, 'Hostname', 'hostname'),
    kubernetesNode: labelOf(labels, 'kubernetes_node', 'node'),
    instance: labelOf(labels, 'instance'),
    labels: own,
  }
}

export function vllm(name: string, labels: Labels): Binding | null {
  const prefix = PREFIX.exec(name)?.[0]
  const model = labelOf(labels, 'model_name', 'model')
  if (prefix === undefined || model === null) return null
  const family = name.slice(prefix.length)
  const common = { fact: 'serve', replica: identityOf(labels, model), rank: labels.engine ?? '' } as const
  const gauge = GAUGES[family]
  if (gauge) return { ...common, type: 'gauge', ...gauge }
  const counter = COUNTERS[family]
  if (counter) return { ...common, type: 'counter', ...counter, detail: '' }
  if (family === 'request_success_total') {
    const reason = labels.finished_reason ?? ''
    return { ...common, type: 'counter', measure: FAILED.has(reason) ? 'failures' : 'requests', alt: 0, detail: reason }
  }
  // The same quantity as prompt_tokens_cached_total, by where the tokens came from.
  if (family === 'prompt_tokens_by_source_total' && labels.source !== COMPUTED)
    return { ...common, type: 'counter', measure: 'cached', alt: 1, detail: labels.source ?? '' }
  const [, base = '', part] = HISTOGRAM.exec(family) ?? []
  const histogram = HISTOGRAMS[base]
  if (histogram) return { ...common, type: 'counter', ...histogram, detail: part === 'sum' ? 'sum' : `le=${canonical(labels.le ?? '')}` }
  return { ...common, type: 'gauge', measure: 'other', alt: 0 }
}

/** `1` and `1.0` are one bucket. */
const canonical = (le: string): string => (Number.isFinite(Number(le)) && le !== '' ? String(Number(le)) : '+Inf')
