// TensorRT-LLM's own server (trtllm-serve), also under Dynamo: `trtllm_NAME{model_name, engine_type}`. Version 1.1 counts requests and
// times, but no tokens: those stay unknown.
import { bindFamily, type Families, namesOf, replicaOf } from '#collectors/serving/family.ts'
import { labelOf } from '#collectors/telemetry/labels.ts'
import type { Binding, Labels } from '#lib/domain/telemetry/reading.ts'
import { FAILED } from '../vllm/metrics.ts'

const PREFIX = /^trtllm[:_]/
const FAMILIES: Families = {
  gauges: {
    num_requests_running: { measure: 'running', alt: 0 },
    num_requests_waiting: { measure: 'queue', alt: 0 },
    kv_cache_utilization: { measure: 'kv', alt: 0 },
  },
  counters: {
    prompt_tokens_total: { measure: 'prompt', alt: 0 },
    generation_tokens_total: { measure: 'generation', alt: 0 },
  },
  histograms: {
    time_to_first_token_seconds: { measure: 'hist_ttft', alt: 0 },
    time_per_output_token_seconds: { measure: 'hist_tpot', alt: 0 },
    e2e_request_latency_seconds: { measure: 'hist_e2e', alt: 0 },
  },
}
export const TENSORRT_LLM_NAMES = `trtllm[:_]${namesOf(FAMILIES, ['request_success_total'])}`

export function tensorrtLlm(name: string, labels: Labels): Binding | null {
  const prefix = PREFIX.exec(name)?.[0]
  const model = labelOf(labels, 'model_name', 'model')
  if (prefix === undefined || model === null) return null
  const family = name.slice(prefix.length)
  const of = { replica: replicaOf('tensorrt-llm', model, labels), rank: '' }
  if (family !== 'request_success_total') return bindFamily(family, labels, of, FAMILIES)
  const reason = labels.finished_reason ?? ''
  return { fact: 'serve', type: 'counter', ...of, measure: FAILED.has(reason) ? 'failures' : 'requests', alt: 0, detail: reason }
}
