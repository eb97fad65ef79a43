// SGLang: `sglang:NAME{model_name, tp_rank, pp_rank, dp_rank, moe_ep_rank, …}`, families of its metrics/collector.py (December 2025).
// Ranks of tensor, pipeline and expert parallelism tell of the same requests; data-parallel ranks each of their own.
import { bindFamily, type Families, namesOf, replicaOf } from '#collectors/serving/family.ts'
import { labelOf } from '#collectors/telemetry/labels.ts'
import type { Binding, Labels } from '#lib/domain/telemetry/reading.ts'

const PREFIX = /^sglang[:_]/
const FAMILIES: Families = {
  gauges: {
    num_running_reqs: { measure: 'running', alt: 0 },
    num_queue_reqs: { measure: 'queue', alt: 0 },
    token_usage: { measure: 'kv', alt: 0 },
  },
  counters: {
    prompt_tokens_total: { measure: 'prompt', alt: 0 },
    cached_tokens_total: { measure: 'cached', alt: 0 },
    generation_tokens_total: { measure: 'generation', alt: 0 },
    num_requests_total: { measure: 'requests', alt: 0 },
    num_aborted_requests_total: { measure: 'failures', alt: 0 },
  },
  histograms: {
    time_to_first_token_seconds: { measure: 'hist_ttft', alt: 0 },
    inter_token_latency_seconds: { measure: 'hist_tpot', alt: 0 },
    time_per_output_token_seconds: { measure: 'hist_tpot', alt: 1 },
    e2e_request_latency_seconds: { measure: 'hist_e2e', alt: 0 },
    prompt_tokens_histogram: { measure: 'hist_prompt', alt: 0 },
  },
}
export const SGLANG_NAMES = `sglang[:_]${namesOf(FAMILIES)}`

/** Series that differ only in these say the same thing: the first of them is counted. */
const SAME = new Set(['tp_rank', 'pp_rank', 'moe_ep_rank', 'moe_dp_rank', 'pid', 'le'])
/** What SGLang itself divides a quantity by: all parts are counted. */
const PART = ['dp_rank', 'is_streaming', 'cache_source', 'priority']
const OF_SERIES = new Set([...SAME, ...PART])

export function sglang(name: string, labels: Labels): Binding | null {
  const prefix = PREFIX.exec(name)?.[0]
  const model = labelOf(labels, 'model_name', 'model')
  if (prefix === undefined || model === null) return null
  const rank = PART.map((part) => labels[part] ?? '')
    .join(' ')
    .trimEnd()
  const binding = bindFamily(name.slice(prefix.length), labels, { replica: replicaOf('sglang', model, labels, OF_SERIES), rank }, FAMILIES)
  // By priority a gauge is exposed again, beside the whole, which has none.
  return binding.fact === 'serve' && binding.type === 'gauge' && (labels.priority ?? '') !== ''
    ? { ...binding, alt: binding.alt + 1 }
    : binding
}
