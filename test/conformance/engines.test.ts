// Engines beyond vLLM, and the Prometheus API, on the real captures of the samples, with numbers read from the files by hand.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readAnswer, readMatrix } from '#collectors/telemetry/prometheus/answer.ts'
import { parseExposition } from '#collectors/telemetry/exposition/parse.ts'
import { recognise } from '#collectors/telemetry/recognise.ts'
import { fed, feed } from '#test/support/telemetry.ts'

const root = path.resolve(import.meta.dirname, '../../../shared/samples')
const missing = !existsSync(root)
if (missing && process.env.CI) throw new Error(`the samples are missing: ${root}`)

const AT = Date.parse('2026-06-01T10:00:30Z')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** The rows after two scrapes, everything being zero at the first: so that each increase is the number in the file. */
function fromZero(file: string) {
  const text = read(file)
  const target = fed(text.replace(/ [0-9.e+-]+$/gm, ' 0'), AT)
  feed(target, text, AT + 15_000)
  return target.rows()
}

describe.skipIf(missing)('captures of ../shared/samples/inference (skipped: the folder is missing)', () => {
  test('SGLang under heavy load', () => {
    const { serving } = fromZero('inference/sglang/sglang-docs_llama31-8b.prom')
    expect(serving.map(({ replica }) => [replica.engine, replica.model])).toEqual([['sglang', 'meta-llama/Llama-3.1-8B-Instruct']])
    const { hour } = serving[0]!
    expect(hour).toMatchObject({ prompt: 8_128_902, cacheRead: 0, generation: 7_557_572, requests: null, running: 1n })
    expect([hour.runningLevel?.max, hour.queue?.max, hour.kv?.max]).toEqual([162, 2826, 0.28])
    const { ttft, tpot, e2e } = hour.histograms
    expect([ttft, tpot, e2e].map((one) => [one?.sum, one?.n.reduce((a, b) => a + b)])).toEqual([
      [2351897.9474117756, 11_008],
      [866964.5791549598, 7_400_757],
      [3116093.850019932, 11_228],
    ])
  })

  test('TGI: 109 requests of 662 and 3,423 tokens, two refused', () => {
    const { serving } = fromZero('inference/tgi/tgi_payload.prom')
    expect(serving.map(({ replica }) => [replica.engine, replica.model])).toEqual([['tgi', '']])
    const { hour } = serving[0]!
    expect(hour).toMatchObject({ prompt: 662, cacheRead: 0, generation: 3423, requests: 111, failures: 2, running: 0n, scraped: 1n })
    expect([hour.histograms.e2e?.sum, hour.histograms.tpot?.sum]).toEqual([541.2140316159999, 8.643160945])
    expect(hour.histograms.prompt).toMatchObject({ sum: 662 })
    expect(hour.histograms.prompt?.n.slice(0, 3)).toEqual([0, 109, 0])
  })

  test('Triton: eight models, and the GPU that it uses', () => {
    const { serving, gpus } = fromZero('inference/triton/triton_openmetrics.prom')
    expect(
      serving
        .map(({ replica, hour }) => [replica.model, hour.requests, hour.failures, hour.prompt])
        .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    ).toEqual([
      ['densenet_onnx', 3, 0, null],
      ...['inception_graphdef', 'simple', 'simple_dyna_sequence', 'simple_identity', 'simple_int8', 'simple_sequence', 'simple_string'].map(
        (model) => [model, 0, 0, null],
      ),
    ])
    const uuid = 'GPU-951eeeeb-d284-d263-688e-d98a5306389b'
    expect(gpus.map(({ gpu, hour }) => [gpu.uuid, gpu.byEngine, hour.energyWh])).toEqual([[uuid, true, 4879631.328000044 / 3600]])
    const once = fed(read('inference/triton/triton_openmetrics.prom'), AT).rows().gpus
    expect(once.map(({ hour }) => [hour.power.max, hour.utilMean, hour.memTotal, hour.memUsedMean, hour.memLoaded])).toEqual([
      [32.09, 0, 16_106_127_360, 266_338_304, 0n],
    ])
  })

  test('an idle LiteLLM proxy has nothing to witness', () => {
    const text = read('inference/litellm-proxy/litellm_2025-06.prom')
    const { samples, rejects } = parseExposition(text)
    expect(rejects).toEqual([])
    expect(samples.length).toBeGreaterThan(150)
    expect(fed(text, AT).rows()).toEqual({ gpus: [], serving: [] })
  })

  test('every family of vLLM 0.26 shows that its replica was scraped', () => {
    const names = read('inference/vllm/metric-families_v0.26.0.txt').match(/vllm:\w+/g) ?? []
    expect(names.length).toBeGreaterThan(30)
    expect(names.filter((name) => recognise(name, { model_name: 'm', engine: '0' }) === null)).toEqual([])
  })
})

describe.skipIf(missing)('answers of ../shared/samples/prometheus-api (skipped: the folder is missing)', () => {
  const bounds = { afterMs: -Infinity, toMs: Infinity }

  test('the documentation’s range answer: two series of three samples', () => {
    const answer = readAnswer('here', read('prometheus-api/range-query_docs-example.json'), false)
    const series = readMatrix('here', answer, bounds)
    expect(series.map(({ labels, times, values }) => [labels.instance, [...times], [...values]])).toEqual([
      ['localhost:9090', [1435781430781, 1435781445781, 1435781460781], [1, 1, 1]],
      ['localhost:9091', [1435781430781, 1435781445781, 1435781460781], [0, 0, 1]],
    ])
  })

  test.each(['GPU_UTIL', 'FB_USED'])('%s of sixteen H100: instant values are refused, their series are recognised', (field) => {
    const text = read(`prometheus-api/instant-query_DCGM_FI_DEV_${field}_h100x16.json`)
    const answer = readAnswer('here', text, false)
    expect(() => readMatrix('here', answer, bounds)).toThrow(/expected raw samples/)
    const { result } = answer.data as { result: { metric: Record<string, string> }[] }
    const gpus = result.map(({ metric: { __name__, ...labels } }) => recognise(__name__ ?? '', labels))
    expect(gpus).toHaveLength(16)
    expect(new Set(gpus.map((one) => (one?.fact === 'gpu' ? one.gpu.uuid : null))).size).toBe(16)
    expect(gpus[0]).toMatchObject({ fact: 'gpu', gpu: { hostname: 'gpu-node-1', instance: '10.0.172.246:9400', index: 1 } })
  })
})
