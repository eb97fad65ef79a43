// llama.cpp's server (`--metrics`): `llamacpp:NAME` without labels. Its prompt tokens are those it computed: cached ones are counted apart,
// and only by newer builds. Older ones counted cached tokens nowhere.
import { bindFamily, type Families, replicaOf } from '#collectors/serving/family.ts'
import { labelOf } from '#collectors/telemetry/labels.ts'
import type { Binding, Labels } from '#lib/domain/telemetry/reading.ts'

const PREFIX = /^llamacpp[:_]/
const FAMILIES: Families = {
  gauges: {
    requests_processing: { measure: 'running', alt: 0 },
    requests_deferred: { measure: 'queue', alt: 0 },
    kv_cache_usage_ratio: { measure: 'kv', alt: 0 },
  },
  counters: {
    prompt_tokens_total: { measure: 'computed', alt: 0 },
    prompt_tokens_cached_total: { measure: 'cached', alt: 0 },
    tokens_predicted_total: { measure: 'generation', alt: 0 },
    prompt_seconds_total: { measure: 'prefill', alt: 0 },
    tokens_predicted_seconds_total: { measure: 'decode', alt: 0 },
  },
  histograms: {},
}
export const LLAMA_CPP_NAMES = `llamacpp[:_](${[...Object.keys(FAMILIES.gauges), ...Object.keys(FAMILIES.counters)].join('|')})`

export function llamaCpp(name: string, labels: Labels): Binding | null {
  const prefix = PREFIX.exec(name)?.[0]
  if (prefix === undefined) return null
  const replica = replicaOf('llama.cpp', labelOf(labels, 'model_name', 'model') ?? '', labels)
  return bindFamily(name.slice(prefix.length), labels, { replica, rank: '' }, FAMILIES)
}
