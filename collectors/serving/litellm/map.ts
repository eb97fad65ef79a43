// LiteLLM's proxy: a gateway, so a witness of what went through it and never the authority for tokens. Its series are by key, user and
// team: their names stay out of what is kept of the replica.
import { labelOf } from '#collectors/telemetry/labels.ts'
import type { Binding, Labels, ServeCounter } from '#lib/domain/telemetry/reading.ts'
import { replicaOf } from '../family.ts'

const COUNTERS: Record<string, { measure: ServeCounter; alt: number }> = {
  litellm_input_tokens_metric_total: { measure: 'prompt', alt: 0 },
  litellm_input_tokens_total: { measure: 'prompt', alt: 1 },
  litellm_output_tokens_metric_total: { measure: 'generation', alt: 0 },
  litellm_output_tokens_total: { measure: 'generation', alt: 1 },
  litellm_requests_metric_total: { measure: 'requests', alt: 0 },
  litellm_llm_api_failed_requests_metric_total: { measure: 'failures', alt: 0 },
}
export const LITELLM_NAMES = Object.keys(COUNTERS).join('|')

/** Where it was scraped; every other label is of a person, a team or a request. */
const OF_TARGET = new Set(['instance', 'job', 'namespace', 'pod', 'cluster', 'model', 'requested_model'])

export function litellm(name: string, labels: Labels): Binding | null {
  const counter = Object.hasOwn(COUNTERS, name) ? COUNTERS[name] : undefined
  const model = labelOf(labels, 'model', 'requested_model')
  if (counter === undefined || model === null) return null
  const others = new Set(Object.keys(labels).filter((label) => !OF_TARGET.has(label)))
  const rank = [...others]
    .sort()
    .map((label) => `${label}=${labels[label]}`)
    .join()
  return { fact: 'serve', type: 'counter', replica: replicaOf('litellm', model, labels, others), rank, detail: '', ...counter }
}
