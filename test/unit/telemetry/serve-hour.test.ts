import { expect, test } from 'vitest'
import type { ServeHour } from '#lib/domain/telemetry/serve-hour.ts'
import { type Point, series, steps } from '#test/support/exposition.ts'
import { fed } from '#test/support/telemetry.ts'

const HOUR = '2026-06-01T10:00:00Z'
const minutes = (mask: bigint): number[] => Array.from({ length: 60 }, (_, m) => m).filter((m) => ((mask >> BigInt(m)) & 1n) === 1n)
const every = (stepS: number, ...values: (number | string)[]): Point[] => steps(HOUR, stepS, values)
const vllm = (name: string, points: readonly Point[], more = '', prefix = 'vllm:') =>
  series(`${prefix}${name}{model_name="m"${more && `,${more}`}}`, points)
const only = (body: string): ServeHour => {
  const { serving } = fed(body).rows()
  expect(serving).toHaveLength(1)
  return serving[0]!.hour
}

test('running: any sample above 0 on any rank; scraped: any series of the engine (rule 5)', () => {
  const hour = only(
    vllm('num_requests_running', every(30, 0, 3, 0, 0, 0, 0), 'engine="0"') +
      vllm('num_requests_running', every(60, 0, 0, 0.5), 'engine="1"') +
      vllm('num_preemptions_total', [['2026-06-01T10:09:00Z', 0]]),
  )
  expect([minutes(hour.scraped), minutes(hour.running)]).toEqual([
    [0, 1, 2, 9],
    [0, 2],
  ])
  // Means of the ranks are added: 3 of 6 and 0.5 of 3; the greatest minute is the first.
  expect(hour.runningLevel).toEqual({ mean: 3 / 6 + 0.5 / 3, max: 3 })
  expect(hour.coveredS).toBe(240)
})

test('classes are disjoint: prompt less what was read from the cache (rule 7)', () => {
  const body = vllm('prompt_tokens_total', every(60, 100, 400)) + vllm('generation_tokens_total', every(60, 7, 57))
  expect(only(body)).toMatchObject({ prompt: 300, cacheRead: 0, cacheWrite: 0, generation: 50 })
  expect(only(body + vllm('prompt_tokens_cached_total', every(60, 10, 130)))).toMatchObject({ prompt: 180, cacheRead: 120 })
})

test('cached tokens by source stand in for their sum, and are never added to it', () => {
  const source = (name: string, values: number[]) => vllm('prompt_tokens_by_source_total', every(60, ...values), `source="${name}"`)
  const body =
    vllm('prompt_tokens_total', every(60, 0, 100)) +
    source('local_compute', [0, 60]) +
    source('local_cache_hit', [0, 30]) +
    source('external_kv_transfer', [0, 10])
  expect(only(body)).toMatchObject({ prompt: 60, cacheRead: 40 })
  expect(only(body + vllm('prompt_tokens_cached_total', every(60, 0, 25)))).toMatchObject({ prompt: 75, cacheRead: 25 })
})

test('a counter that is not there is unknown, not zero', () => {
  expect(only(vllm('num_requests_running', every(60, 1)))).toMatchObject({
    prompt: null,
    cacheRead: null,
    generation: null,
    requests: null,
  })
})

test('ranks have their own resets: increases are taken before they are added', () => {
  const rank = (n: number, ...values: number[]) => vllm('generation_tokens_total', every(60, ...values), `engine="${n}"`)
  expect(only(rank(0, 1000, 1010, 5) + rank(1, 10, 500, 600)).generation).toBe(10 + 5 + 590)
})

test('requests by reason: aborts and errors fail', () => {
  const finished = (reason: string, value: number) => vllm('request_success_total', every(60, 0, value), `finished_reason="${reason}"`)
  expect(only(finished('stop', 5) + finished('length', 3) + finished('abort', 2) + finished('error', 1))).toMatchObject({
    requests: 11,
    failures: 3,
  })
})

test('latency under its old and its new name at once is one histogram', () => {
  const histogram = (name: string, counts: [le: string, n: number][], sum: number) =>
    counts.map(([le, n]) => vllm(`${name}_bucket`, every(60, 1, 1 + n), `le="${le}"`)).join('') + vllm(`${name}_sum`, every(60, 0, sum))
  const old = histogram(
    'time_per_output_token_seconds',
    [
      ['0.1', 2],
      ['+Inf', 9],
    ],
    4,
  )
  const fresh = histogram(
    'inter_token_latency_seconds',
    [
      ['0.5', 7],
      ['0.1', 2],
      ['+Inf', 8],
    ],
    2.5,
  )
  expect(only(old + fresh).histograms).toEqual({ tpot: { le: ['0.1', '0.5', '+Inf'], n: [2, 5, 1], sum: 2.5 } })
  expect(only(old).histograms.tpot).toEqual({ le: ['0.1', '+Inf'], n: [2, 7], sum: 4 })
  expect(
    only(
      histogram(
        'time_to_first_token_seconds',
        [
          ['1.0', 0],
          ['+Inf', 0],
        ],
        0,
      ),
    ).histograms,
  ).toEqual({})
})

test('prefill and decode seconds; decode is not time per output token', () => {
  const hour = only(
    vllm('request_prefill_time_seconds_sum', every(60, 1, 3.5)) +
      vllm('request_decode_time_seconds_sum', every(60, 1, 11)) +
      vllm('request_time_per_output_token_seconds_sum', every(60, 0, 99)),
  )
  expect([hour.prefillS, hour.decodeS, hour.histograms]).toEqual([2.5, 10, {}])
})

test('KV cache under both names, queue, and behind Ray', () => {
  const hour = only(
    vllm('gpu_cache_usage_perc', every(60, 0.9), '', 'ray_vllm:') +
      vllm('kv_cache_usage_perc', every(60, 0.5), '', 'ray_vllm:') +
      vllm('num_requests_waiting', every(60, 4, 2), '', 'ray_vllm:'),
  )
  expect([hour.kv, hour.queue]).toEqual([
    { mean: 0.5, max: 0.5 },
    { mean: 3, max: 4 },
  ])
})

test('replicas: one for each model, namespace and pod of an instance; ranks and reasons make none', () => {
  const target = fed(
    'vllm:num_requests_running{model_name="a",engine="0",pod="p-0",namespace="llm"} 1\n' +
      'vllm:num_requests_running{model_name="a",engine="1",pod="p-0",namespace="llm"} 1\n' +
      'vllm:request_success_total{model_name="b",finished_reason="stop"} 1\n' +
      'vllm:generation_tokens_total{model_name="b",instance="10.0.0.9:8000"} 1\n' +
      'vllm:cache_config_info{block_size="16"} 1\n',
  )
  const found = [...target.replicas.values()].map(({ instance, model, namespace, pod, labels }) => [
    instance,
    model,
    namespace,
    pod,
    { ...labels },
  ])
  expect(found).toEqual([
    ['h:9400', 'a', 'llm', 'p-0', { engine: '0', model_name: 'a', namespace: 'llm', pod: 'p-0' }],
    ['h:9400', 'b', '', '', { model_name: 'b' }],
    ['10.0.0.9:8000', 'b', '', '', { model_name: 'b', instance: '10.0.0.9:8000' }],
  ])
})
