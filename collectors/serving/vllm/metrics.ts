// vLLM's families from V0 to V1 (0.26). `alt` orders names of one quantity: where old and new are exposed together the lowest counts alone.
import type { ServeCounter, ServeGauge } from '#lib/domain/telemetry/reading.ts'

export const GAUGES: Record<string, { measure: ServeGauge; alt: number }> = {
  num_requests_running: { measure: 'running', alt: 0 },
  num_requests_waiting: { measure: 'queue', alt: 0 },
  kv_cache_usage_perc: { measure: 'kv', alt: 0 },
  gpu_cache_usage_perc: { measure: 'kv', alt: 1 },
}

export const COUNTERS: Record<string, { measure: ServeCounter; alt: number }> = {
  prompt_tokens_total: { measure: 'prompt', alt: 0 },
  prompt_tokens_cached_total: { measure: 'cached', alt: 0 },
  generation_tokens_total: { measure: 'generation', alt: 0 },
  request_prefill_time_seconds_sum: { measure: 'prefill', alt: 0 },
  request_decode_time_seconds_sum: { measure: 'decode', alt: 0 },
}

export const HISTOGRAMS: Record<string, { measure: ServeCounter; alt: number }> = {
  time_to_first_token_seconds: { measure: 'hist_ttft', alt: 0 },
  inter_token_latency_seconds: { measure: 'hist_tpot', alt: 0 },
  time_per_output_token_seconds: { measure: 'hist_tpot', alt: 1 },
  e2e_request_latency_seconds: { measure: 'hist_e2e', alt: 0 },
  request_prompt_tokens: { measure: 'hist_prompt', alt: 0 },
}

/** Finished reasons that are no answer. */
export const FAILED = new Set(['abort', 'error'])
/** The source of prompt tokens that were computed; all others were read from a cache. */
export const COMPUTED = 'local_compute'
