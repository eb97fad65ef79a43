// vLLM: `vllm:NAME{model_name, engine}`, engine being a rank of one replica.
import { bindFamily, type Families, namesOf, type OfReplica, replicaOf } from '#collectors/serving/family.ts'
import { labelOf } from '#collectors/telemetry/labels.ts'
import type { Binding, Labels } from '#lib/domain/telemetry/reading.ts'
import { COMPUTED, COUNTERS, FAILED, GAUGES, HISTOGRAMS } from './metrics.ts'

const PREFIX = /^vllm[:_]/
const FAMILIES: Families = { gauges: GAUGES, counters: COUNTERS, histograms: HISTOGRAMS }
/** Without prefix: others expose the same families under theirs. */
export const VLLM_FAMILIES = namesOf(FAMILIES, ['request_success_total', 'prompt_tokens_by_source_total'])
export const VLLM_NAMES = `vllm[:_]${VLLM_FAMILIES}`

/** A family of vLLM by its name without prefix. */
export function bindVllm(family: string, labels: Labels, of: OfReplica): Binding {
  const common = { fact: 'serve', ...of } as const
  if (family === 'request_success_total') {
    const reason = labels.finished_reason ?? ''
    return { ...common, type: 'counter', measure: FAILED.has(reason) ? 'failures' : 'requests', alt: 0, detail: reason }
  }
  // The same quantity as prompt_tokens_cached_total, by where the tokens came from.
  if (family === 'prompt_tokens_by_source_total' && labels.source !== COMPUTED)
    return { ...common, type: 'counter', measure: 'cached', alt: 1, detail: labels.source ?? '' }
  return bindFamily(family, labels, of, FAMILIES)
}

export function vllm(name: string, labels: Labels): Binding | null {
  const prefix = PREFIX.exec(name)?.[0]
  const model = labelOf(labels, 'model_name', 'model')
  if (prefix === undefined || model === null) return null
  return bindVllm(name.slice(prefix.length), labels, { replica: replicaOf('vllm', model, labels), rank: labels.engine ?? '' })
}
