// Every exposition of the samples that belongs to an adapter here, with facts read from the files by hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseExposition } from '#collectors/telemetry/exposition/parse.ts'
import { recognise } from '#collectors/telemetry/recognise.ts'
import { fed, feed } from '#test/support/telemetry.ts'

const root = path.resolve(import.meta.dirname, '../../../shared/samples')
const missing = !existsSync(root)
if (missing && process.env.CI) throw new Error(`the samples are missing: ${root}`)

const AT = Date.parse('2026-06-01T10:00:30Z')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** GPUs of one scrape: model, index, utilisation, used MiB, W. */
const gpusOf = (file: string) =>
  fed(read(file), AT)
    .rows()
    .gpus.map(({ gpu, hour }) => ({
      model: gpu.model,
      index: gpu.index,
      util: hour.utilMean,
      usedMiB: hour.memUsedMean === null ? null : Math.round(hour.memUsedMean / 1024 / 1024),
      watts: hour.power.n > 0 ? hour.power.max : null,
      loaded: hour.memLoaded !== 0n,
      bad: hour.bad,
    }))

const gpu = (model: string, util: number | null, usedMiB: number | null, watts: number, loaded: boolean, index = 0) => ({
  model,
  index,
  util,
  usedMiB,
  watts,
  loaded,
  bad: 0,
})

const SMI: Record<string, { samples: number; gpus: ReturnType<typeof gpu>[] }> = {
  'demo__seeded_multi-gpu': {
    samples: 292,
    gpus: [gpu('NVIDIA H200', 100, 32362, 627.4, true), gpu('NVIDIA H200', 100, 32362, 627.4, true, 1)],
  },
  'linux-x86_64__nvidia-geforce-rtx-4080-super__595.71.05__idle': {
    samples: 100,
    gpus: [gpu('NVIDIA GeForce RTX 4080 SUPER', 0, 596, 26.2, false)],
  },
  'linux-x86_64__nvidia-geforce-rtx-4080-super__595.71.05__load': {
    samples: 104,
    gpus: [gpu('NVIDIA GeForce RTX 4080 SUPER', 7, 1474, 84.24, true)],
  },
  'linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01__idle': { samples: 132, gpus: [gpu('NVIDIA H100 80GB HBM3', 0, 0, 69.85, false)] },
  'linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01__load': { samples: 138, gpus: [gpu('NVIDIA H100 80GB HBM3', 100, 19818, 631.95, true)] },
  // Under MIG utilisation does not exist: unknown, not zero.
  'linux-x86_64__nvidia-h100-mig__590.48.01__idle': { samples: 122, gpus: [gpu('NVIDIA H100 80GB HBM3', null, 59, 71.15, false)] },
  'linux-x86_64__nvidia-h100-mig__590.48.01__load': { samples: 128, gpus: [gpu('NVIDIA H100 80GB HBM3', null, 11125, 433.78, true)] },
  'linux-x86_64__nvidia-l40s__595.80__idle': { samples: 130, gpus: [gpu('NVIDIA L40S', 100, 0, 144.97, false)] },
  'linux-x86_64__nvidia-l40s__595.80__load': { samples: 134, gpus: [gpu('NVIDIA L40S', 9, 1235, 110.23, false)] },
  'windows-x86_64__nvidia-geforce-rtx-2080-super__591.86__idle': {
    samples: 90,
    gpus: [gpu('NVIDIA GeForce RTX 2080 SUPER', 0, 702, 38.92, true)],
  },
  'windows-x86_64__nvidia-geforce-rtx-2080-super__591.86__load': {
    samples: 92,
    gpus: [gpu('NVIDIA GeForce RTX 2080 SUPER', 7, 1296, 97.43, true)],
  },
}

describe.skipIf(missing)('expositions of ../shared/samples (skipped: the folder is missing)', () => {
  const smi = missing ? [] : readdirSync(path.join(root, 'gpu/nvidia_gpu_exporter')).filter((name) => name.endsWith('.metrics'))

  test.each(smi.map((name) => name.replace('.metrics', '')))('nvidia_gpu_exporter: %s', (name) => {
    const file = `gpu/nvidia_gpu_exporter/${name}.metrics`
    expect(SMI, 'a new sample needs its facts here').toHaveProperty([name])
    const { samples, rejects } = parseExposition(read(file))
    expect([samples.length, rejects]).toEqual([SMI[name]!.samples, []])
    expect(gpusOf(file)).toEqual(SMI[name]!.gpus)
  })

  test('DCGM, eight H100 on a Kubernetes node', () => {
    const file = 'gpu/dcgm-exporter/h100x8-eks-sampled.prom'
    const { samples, rejects } = parseExposition(read(file))
    expect([samples.length, rejects]).toEqual([30, []])
    const target = fed(read(file), AT)
    const { gpus } = target.rows()
    expect(gpus.map((row) => [row.gpu.model, row.gpu.index])).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => ['NVIDIA H100 80GB HBM3', i]))
    expect(gpus[0]!.gpu.uuid).toBe('GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005')
    expect(gpus.map(({ hour }) => hour.utilMean)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(gpus.reduce((sum, { hour }) => sum + hour.power.sum, 0)).toBeCloseTo(583.767, 6)
    expect(gpus.map(({ slot }) => slot.pods)).toEqual([['dynamo-workload/vllm-agg-0-vllmdecodeworker-s65j5'], [], [], [], [], [], [], []])
    // The capture stops before the memory fields: unknown.
    expect(gpus.every(({ hour }) => hour.memKnown === 0n && hour.utilKnown === 1n)).toBe(true)
  })

  test('DCGM of driver 460: two hosts with a T4 each, and metrics that name no GPU', () => {
    const text = read('gpu/dcgm-exporter/tesla-t4-driver460.prom')
    const { samples, rejects } = parseExposition(text)
    expect([samples.length, rejects]).toEqual([38, []])
    expect(samples.filter(({ series }) => recognise(series.name, series.labels) === null)).toHaveLength(15)
    const { gpus } = fed(text, AT).rows()
    expect(
      gpus.map(({ gpu: one, hour }) => [one.uuid, one.model, one.names.hostname, hour.utilMean, hour.temp.max, hour.power.max]),
    ).toEqual([
      ['GPU-20c56d28-0da5-6d26-a36a-e7af1ce2586e', 'Tesla T4', '424773df46e0', 0, 25, 8.969],
      ['GPU-9ef1b6d0-3643-5dd7-b823-c0ec20dcf2d5', 'Tesla T4', '551bdf382151', null, -Infinity, -Infinity],
    ])
    expect(gpus[0]!.hour).toMatchObject({ memKnown: 1n, memLoaded: 0n, memTotal: 15109 * 1024 * 1024 })
  })

  test('vLLM V0: one scrape is a baseline, the second from zero is 5 and 7 tokens of one request', () => {
    const text = read('inference/vllm/vllm-v0_2024.prom')
    expect(parseExposition(text)).toMatchObject({ rejects: [], samples: { length: 120 } })
    const zero = text.replace(/ [0-9.e+-]+$/gm, ' 0.0')
    const target = fed(zero, AT)
    feed(target, text, AT + 15_000)
    const { serving } = target.rows()
    expect(
      serving.map(({ replica, hour }) => [replica.model, hour.prompt, hour.cacheRead, hour.generation, hour.requests, hour.failures]),
    ).toEqual([['facebook/opt-125m', 5, 0, 7, 1, 0]])
    expect(serving[0]!.hour).toMatchObject({ running: 0n, scraped: 1n, kv: { mean: 0, max: 0 } })
    const { ttft, tpot, e2e } = serving[0]!.hour.histograms
    expect([ttft?.sum, tpot?.n.reduce((a, b) => a + b), e2e?.sum]).toEqual([0.31326723098754883, 6, 0.5034303665161133])
  })

  test('vLLM V1: of 3,675,428 prompt tokens 3,241,216 came from the cache', () => {
    const text = read('inference/vllm/vllm-v1_2026_partial.prom')
    expect(parseExposition(text)).toMatchObject({ rejects: [], samples: { length: 154 } })
    const target = fed(text.replace(/ [0-9.e+-]+$/gm, ' 0.0'), AT)
    feed(target, text, AT + 15_000)
    const { serving } = target.rows()
    expect(
      serving.map(({ replica, hour }) => [replica.model, hour.prompt, hour.cacheRead, hour.generation, hour.requests, hour.failures]),
    ).toEqual([['deepseek-v4-flash-vision-exp-ablit-dual', 434212, 3241216, 44995, 26, 0]])
    expect(serving[0]!.hour.histograms.prompt?.sum).toBe(3675428)
  })

  test('Prometheus’ own test data: 410 samples, none malformed, none ours', () => {
    const { samples, rejects } = parseExposition(read('prometheus-api/exposition_testdata.txt'))
    expect([samples.length, rejects]).toEqual([410, []])
    expect(samples.find(({ series }) => series.name === 'go_memstats_alloc_bytes_total')?.value).toBe(830622960)
    expect(samples.some(({ series }) => recognise(series.name, series.labels) !== null)).toBe(false)
  })
})
