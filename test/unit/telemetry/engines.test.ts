// Inference engines by their metrics, in one schema of disjoint token classes. Expositions written by hand after the engines' own lists.
import { expect, test } from 'vitest'
import { RECOGNISED_NAMES, recognise } from '#collectors/telemetry/recognise.ts'
import { emptyTarget, feed } from '#test/support/telemetry.ts'

const AT = Date.parse('2026-06-01T10:00:30Z')

/** `NAME{labels}` with its values at successive scrapes, fifteen seconds apart. */
type Series = [head: string, ...values: number[]]
function served(...series: Series[]) {
  const target = emptyTarget()
  const scrapes = Math.max(...series.map((one) => one.length)) - 1
  for (let i = 0; i < scrapes; i++) {
    const lines = series.flatMap(([head, ...values]) => (values[i] === undefined ? [] : [`${head} ${values[i]}\n`]))
    feed(target, lines.join(''), AT + i * 15_000)
  }
  return target.rows()
}
const only = (...series: Series[]) => {
  const { serving } = served(...series)
  expect(serving).toHaveLength(1)
  return {
    ...serving[0]!.hour,
    engine: serving[0]!.replica.engine,
    model: serving[0]!.replica.model,
    labels: { ...serving[0]!.replica.labels },
  }
}

const S = 'model_name="glm",engine_type="unified",pp_rank="0"'
test('SGLang: tensor-parallel ranks say the same, data-parallel ranks each their own', () => {
  expect(
    only(
      [`sglang:num_running_reqs{${S},dp_rank="0",tp_rank="0"}`, 4, 4],
      [`sglang:num_running_reqs{${S},dp_rank="0",tp_rank="1"}`, 4, 4],
      [`sglang:num_running_reqs{${S},dp_rank="1",tp_rank="2"}`, 2, 2],
      [`sglang:token_usage{${S},dp_rank="0",tp_rank="0"}`, 0.5, 0.5],
      [`sglang:token_usage{${S},dp_rank="1",tp_rank="2"}`, 0.1, 0.1],
      [`sglang:generation_tokens_total{${S},tp_rank="0"}`, 100, 150],
      [`sglang:generation_tokens_total{${S},tp_rank="1"}`, 100, 150],
    ),
  ).toMatchObject({
    engine: 'sglang',
    model: 'glm',
    runningLevel: { mean: 6, max: 6 },
    kv: { mean: 0.3, max: 0.5 },
    generation: 50,
    prompt: null,
  })
})

test('SGLang: parts by streaming and by cache are added, priorities are not added to their whole, aborted requests failed', () => {
  expect(
    only(
      [`sglang:prompt_tokens_total{${S},is_streaming="true"}`, 0, 700],
      [`sglang:prompt_tokens_total{${S},is_streaming="false"}`, 0, 300],
      [`sglang:cached_tokens_total{${S},cache_source="device"}`, 0, 250],
      [`sglang:cached_tokens_total{${S},cache_source="host"}`, 0, 50],
      [`sglang:num_queue_reqs{${S},tp_rank="0",priority=""}`, 5, 5],
      [`sglang:num_queue_reqs{${S},tp_rank="0",priority="9223372036854775807"}`, 5, 5],
      [`sglang:num_requests_total{${S}}`, 0, 8],
      [`sglang:num_aborted_requests_total{${S}}`, 0, 1],
      [`sglang:time_to_first_token_seconds_bucket{${S},le="1.0"}`, 0, 6],
      [`sglang:time_to_first_token_seconds_bucket{${S},le="+Inf"}`, 0, 8],
      [`sglang:time_to_first_token_seconds_sum{${S}}`, 0, 7.5],
    ),
  ).toMatchObject({
    prompt: 700,
    cacheRead: 300,
    cacheWrite: 0,
    queue: { mean: 5, max: 5 },
    requests: 9,
    failures: 1,
    histograms: { ttft: { le: ['1', '+Inf'], n: [6, 2], sum: 7.5 } },
  })
})

test('TGI: tokens from the sums of lengths; the model, if any, from the labels of the target', () => {
  expect(
    only(
      ['tgi_request_input_length_sum', 100, 762],
      ['tgi_request_input_length_bucket{le="10.22"}', 0, 4],
      ['tgi_request_input_length_bucket{le="+Inf"}', 0, 5],
      ['tgi_request_generated_tokens_sum', 0, 3423],
      ['tgi_request_success', 0, 4],
      ['tgi_request_failure{err="validation"}', 0, 1],
      ['tgi_batch_current_size', 0, 3],
      ['tgi_queue_size', 2, 4],
      ['tgi_batch_inference_success{method="prefill"}', 0, 9],
    ),
  ).toMatchObject({
    engine: 'tgi',
    model: '',
    prompt: 662,
    cacheRead: 0,
    generation: 3423,
    requests: 5,
    failures: 1,
    running: 1n,
    queue: { mean: 3 },
    histograms: { prompt: { le: ['10.22', '+Inf'], n: [4, 1], sum: 662 } },
  })
})

const T = 'model="tensorrt_llm",version="1"'
test('Triton with TensorRT-LLM: one name, a label for the quantity; totals of one iteration are no counters', () => {
  const hour = only(
    [`nv_trt_llm_request_metrics{${T},request_type="scheduled"}`, 4],
    [`nv_trt_llm_request_metrics{${T},request_type="active"}`, 9],
    [`nv_trt_llm_request_metrics{${T},request_type="max"}`, 512],
    [`nv_trt_llm_request_metrics{${T},request_type="waiting"}`, 5],
    [`nv_inference_pending_request_count{${T}}`, 7],
    [`nv_trt_llm_kv_cache_block_metrics{${T},kv_cache_block_type="fraction"}`, 0.25],
    [`nv_trt_llm_kv_cache_block_metrics{${T},kv_cache_block_type="max"}`, 6239],
    [`nv_trt_llm_inflight_batcher_metrics{${T},inflight_batcher_specific_metric="total_context_tokens"}`, 80],
  )
  expect(hour).toMatchObject({ engine: 'triton', running: 1n, runningLevel: { max: 4 }, queue: { max: 5 }, kv: { max: 0.25 } })
  expect([hour.prompt, hour.generation]).toEqual([null, null])
})

test('Triton: response metrics of newer backends, requests in microseconds’ neighbours, two versions of one model', () => {
  expect(
    only(
      [`nv_llm_input_token_len_sum{${T},response_metric_type="total_input_tokens"}`, 10, 40],
      [`nv_llm_output_token_len_sum{${T},response_metric_type="total_output_tokens"}`, 0, 20],
      [`nv_inference_request_success{${T}}`, 3, 5],
      ['nv_inference_request_success{model="tensorrt_llm",version="2"}', 0, 1],
      [`nv_inference_request_failure{${T},reason="REJECTED"}`, 0, 1],
      [`nv_inference_request_duration_us{${T}}`, 0, 1_327_965],
    ),
  ).toMatchObject({ prompt: 30, generation: 20, requests: 4, failures: 1 })
})

test('a GPU that an engine tells of is another exporter’s where there is one', () => {
  const { gpus } = served(['nv_gpu_utilization{gpu_uuid="GPU-1"}', 0.29], ['nv_energy_consumption{gpu_uuid="GPU-1"}', 3600])
  expect(gpus.map(({ gpu, hour }) => [gpu.uuid, gpu.byEngine, hour.utilMean])).toEqual([['GPU-1', true, 29]])
  const both = served(['nv_gpu_power_usage{gpu_uuid="GPU-1"}', 70], ['DCGM_FI_DEV_GPU_TEMP{UUID="GPU-1",gpu="0"}', 40]).gpus
  expect(both.map(({ gpu }) => gpu.byEngine)).toEqual([false])
})

test('TensorRT-LLM: requests and times, tokens unknown; bare names by its engine_type', () => {
  const labels = 'model_name="m",engine_type="trtllm"'
  for (const prefix of ['trtllm_', 'trtllm:', ''])
    expect(
      only(
        [`${prefix}request_success_total{${labels},finished_reason="stop"}`, 0, 3],
        [`${prefix}request_success_total{${labels},finished_reason="error"}`, 0, 1],
        [`${prefix}e2e_request_latency_seconds_bucket{${labels},le="+Inf"}`, 0, 4],
      ),
    ).toMatchObject({ engine: 'tensorrt-llm', requests: 4, failures: 1, prompt: null, generation: null, histograms: { e2e: { n: [4] } } })
  expect(only(['trtllm_num_requests_running{model_name="m"}', 2], ['trtllm_kv_cache_utilization{model_name="m"}', 0.5])).toMatchObject({
    running: 1n,
    kv: { max: 0.5 },
  })
})

test('llama.cpp: its prompt tokens are without the cached ones', () => {
  expect(
    only(
      ['llamacpp:prompt_tokens_total', 100, 300],
      ['llamacpp:prompt_tokens_cached_total', 1000, 1500],
      ['llamacpp:tokens_predicted_total', 0, 60],
      ['llamacpp:prompt_seconds_total', 0, 1.5],
      ['llamacpp:tokens_predicted_seconds_total', 0, 4],
      ['llamacpp:requests_processing', 0, 1],
      ['llamacpp:requests_deferred', 0, 2],
      ['llamacpp:predicted_tokens_seconds', 12, 13],
    ),
  ).toMatchObject({
    engine: 'llama.cpp',
    prompt: 200,
    cacheRead: 500,
    generation: 60,
    prefillS: 1.5,
    decodeS: 4,
    running: 1n,
    queue: { max: 2 },
  })
  expect(only(['llamacpp:prompt_tokens_total', 100, 300])).toMatchObject({ prompt: 200, cacheRead: 0 })
})

test('Ray Serve: several workers behind one agent, one of them restarted under another name', () => {
  const of = (worker: string) => `model_name="llama",engine="0",WorkerId="${worker}",ReplicaId="r-${worker}"`
  for (const prefix of ['ray_vllm:', 'ray_vllm_'])
    expect(
      only(
        [`${prefix}prompt_tokens_total{${of('a')}}`, 100, 150, 180],
        [`${prefix}prompt_tokens_total{${of('b')}}`, 1000, 1010],
        [`${prefix}prompt_tokens_total{${of('c')}}`, Number.NaN, 7, 12],
        [`${prefix}num_requests_running{${of('a')}}`, 1, 1, 1],
        [`${prefix}num_requests_running{${of('b')}}`, 2, 2],
      ),
    ).toMatchObject({ engine: 'ray-serve', prompt: 95, runningLevel: { mean: 3 }, labels: { model_name: 'llama' } })
})

test('NIM: vLLM’s families without a prefix, only with a model', () => {
  expect(
    only(
      ['prompt_tokens_total{model_name="meta/llama"}', 5, 25],
      ['generation_tokens_total{model_name="meta/llama"}', 0, 9],
      ['num_requests_running{model_name="meta/llama"}', 0, 1],
      ['gpu_cache_usage_perc{model_name="meta/llama"}', 0.5, 0.5],
      ['request_success_total{model_name="meta/llama",finished_reason="stop"}', 0, 2],
      ['request_finish_total{model_name="meta/llama",finished_reason="stop"}', 0, 2],
      ['request_failure_total{model_name="meta/llama"}', 0, 1],
      ['num_request_max{model_name="meta/llama"}', 256, 256],
    ),
  ).toMatchObject({ engine: 'nim', prompt: 20, generation: 9, running: 1n, kv: { max: 0.5 }, requests: 3, failures: 1 })
  expect(recognise('prompt_tokens_total', { job: 'something-else' })).toBe(null)
  expect(recognise('constructor', { model_name: 'x' })).toBe(null)
})

test('LiteLLM is a witness: what it says is kept apart, of no node, and nobody’s name with it', () => {
  const of = (key: string) => `model="llama",requested_model="chat",hashed_api_key="${key}",user="u-${key}",user_email="a@b",team="None"`
  const { serving } = served(
    [`litellm_input_tokens_total{${of('1')}}`, 100, 150],
    [`litellm_input_tokens_total{${of('2')}}`, 0, 30],
    [`litellm_output_tokens_metric_total{${of('1')}}`, 0, 7],
    [`litellm_requests_metric_total{${of('1')}}`, 0, 2],
    ['litellm_output_tokens_total', 0, 5],
  )
  expect(serving).toHaveLength(1)
  const { replica, hour, slot } = serving[0]!
  expect(hour).toMatchObject({ prompt: null, cacheRead: null, generation: null, requests: null, scraped: 0n, running: 0n, coveredS: 0 })
  expect(hour.witness).toEqual({ prompt: 80, generation: 7, requests: 2, failures: null })
  expect([slot.node, { ...replica.labels }]).toEqual([0, { model: 'llama', requested_model: 'chat' }])
})

test('whatever is kept is also asked for', () => {
  const asked = new RegExp(`^(?:${RECOGNISED_NAMES})$`)
  const kept =
    `DCGM_FI_DEV_GPU_UTIL dcgm_fi_dev_gpu_util nvidia_smi_utilization_gpu_ratio vllm:prompt_tokens_total vllm_generation_tokens_total
    vllm:prompt_tokens_by_source_total vllm:request_prefill_time_seconds_sum vllm:time_to_first_token_seconds_bucket vllm:request_prompt_tokens_sum
    ray_vllm:request_success_total ray_vllm_num_requests_running sglang:num_running_reqs sglang_cached_tokens_total
    sglang:e2e_request_latency_seconds_sum tgi_request_failure tgi_request_input_length_sum tgi_request_input_length_bucket tgi_queue_size
    tgi_request_duration_bucket nv_inference_request_failure nv_trt_llm_request_metrics nv_gpu_utilization nv_energy_consumption
    nv_llm_input_token_len_sum trtllm_request_success_total trtllm:kv_cache_utilization llamacpp:prompt_tokens_total
    litellm_input_tokens_metric_total num_requests_running request_finish_total time_to_first_token_seconds_sum`.split(/\s+/)
  expect(kept.filter((name) => !asked.test(name))).toEqual([])
  const others = [
    'vllm:iteration_tokens_total_bucket',
    'up',
    'go_goroutines',
    'tgi_batch_forward_duration_bucket',
    'xDCGM_FI_DEV',
    'litellm_spend_metric_total',
  ]
  expect(others.filter((name) => asked.test(name))).toEqual([])
})
