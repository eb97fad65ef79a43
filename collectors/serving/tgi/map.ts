// Hugging Face TGI: `tgi_NAME`, without any label of the model. Tokens are the sums of its histograms of lengths.
import { bindFamily, type Families, namesOf, replicaOf } from '#collectors/serving/family.ts'
import { labelOf } from '#collectors/telemetry/labels.ts'
import type { Binding, Labels } from '#lib/domain/telemetry/reading.ts'

const PREFIX = 'tgi_'
const FAMILIES: Families = {
  gauges: {
    batch_current_size: { measure: 'running', alt: 0 },
    queue_size: { measure: 'queue', alt: 0 },
  },
  counters: {
    request_generated_tokens_sum: { measure: 'generation', alt: 0 },
    request_success: { measure: 'requests', alt: 0 },
  },
  histograms: {
    request_mean_time_per_token_duration: { measure: 'hist_tpot', alt: 0 },
    request_duration: { measure: 'hist_e2e', alt: 0 },
  },
}
export const TGI_NAMES = `tgi_${namesOf(FAMILIES, ['request_failure', 'request_input_length_(bucket|sum)'])}`

/** Both the prompt's tokens and the sum of the histogram of prompts. */
const INPUT_SUM = 'request_input_length_sum'
const INPUT_BUCKETS: Families = { gauges: {}, counters: {}, histograms: { request_input_length: { measure: 'hist_prompt', alt: 0 } } }

export function tgi(name: string, labels: Labels): Binding | null {
  if (!name.startsWith(PREFIX)) return null
  const family = name.slice(PREFIX.length)
  const replica = replicaOf('tgi', labelOf(labels, 'model_name', 'model') ?? '', labels, new Set(['method', 'err']))
  const common = { fact: 'serve', type: 'counter', replica, rank: '', alt: 0 } as const
  if (family === 'request_failure') return { ...common, measure: 'failures', detail: labels.err ?? '' }
  if (family === INPUT_SUM) return { ...common, measure: 'prompt', detail: '' }
  return bindFamily(
    family,
    labels,
    { replica, rank: labels.method ?? '' },
    family.startsWith('request_input_length') ? INPUT_BUCKETS : FAMILIES,
  )
}
