import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExposition } from '#collectors/telemetry/exposition/parse.ts'
import { ExpositionReader } from '#collectors/telemetry/exposition/reader.ts'
import { Counter } from '#lib/domain/telemetry/counter.ts'
import { decodeTarget, encodeTarget } from '#lib/ingest/telemetry/codec.ts'
import type { Target } from '#lib/domain/telemetry/target.ts'
import { emptyTarget, feed, rowTexts } from '#test/support/telemetry.ts'

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/)
const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/)
const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Infinity, -Infinity))
const sample = fc.record({
  name,
  labels: fc.dictionary(label, text, { maxKeys: 4 }),
  value,
  timeMs: fc.option(fc.integer({ min: -1e13, max: 1e13 })),
})

const escaped = (s: string) => s.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))
const shown = (n: number) =>
  Number.isNaN(n) ? 'NaN' : n === Infinity ? '+Inf' : n === -Infinity ? '-Inf' : Object.is(n, -0) ? '-0' : String(n)
type Written = { name: string; labels: Record<string, string>; value: number; timeMs: number | null }
const lineOf = (one: Written) =>
  `${one.name}{${Object.entries(one.labels)
    .map(([key, v]) => `${key}="${escaped(v)}"`)
    .join(',')}} ${shown(one.value)}${one.timeMs === null ? '' : ` ${one.timeMs}`}`
/** A series may stand once without a timestamp. */
const distinct = (samples: Written[]) => [...new Map(samples.map((one) => [lineOf({ ...one, value: 0, timeMs: null }), one])).values()]

test('what is written is read: names, labels, values to the bit, timestamps', () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 20 }), (samples) => {
      const written = distinct(samples)
      const { samples: found, rejects } = parseExposition(written.map(lineOf).join('\n'))
      expect(rejects).toEqual([])
      expect(found.map((one) => [one.series.name, Object.entries(one.series.labels), one.value, one.timeMs])).toEqual(
        written.map((one) => [one.name, Object.entries(one.labels), one.value, one.timeMs]),
      )
    }),
  )
})

test('a reader that remembers says the same as one that begins', () => {
  fc.assert(
    fc.property(fc.array(fc.array(sample, { maxLength: 12 }), { maxLength: 5 }), (scrapes) => {
      const values: [string, number][] = []
      const remembering = new ExpositionReader<string>({ open: (n, l) => JSON.stringify([n, l]), add: (key, v) => values.push([key, v]) })
      const fresh = scrapes.flatMap((samples) => {
        const body = distinct(samples).map(lineOf).join('\n')
        remembering.read(Buffer.from(body), 0)
        return parseExposition(body).samples.map(({ series, value: v }) => [JSON.stringify([series.name, series.labels]), v])
      })
      expect(values).toEqual(fresh)
    }),
  )
})

test('whatever bytes come: every line is a sample, a comment, blank or rejected, and nothing throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, openMetrics) => {
      const { rejected, rejects } = parseExposition(Buffer.from(bytes), { openMetrics })
      expect(rejects.length).toBe(rejected)
    }),
  )
})

// ── accumulators ──

const START = Date.parse('2026-06-01T20:00:00Z')
const GPU = '{gpu="0",UUID="GPU-a",Hostname="n1"}'
const SERIES = [
  [`DCGM_FI_DEV_GPU_UTIL${GPU}`, fc.constantFrom(0, 5, 10, 50, 100, 137, Number.NaN)],
  [`DCGM_FI_DEV_FB_USED${GPU}`, fc.constantFrom(0, 4, 5, 80)],
  [`DCGM_FI_DEV_FB_FREE${GPU}`, fc.constantFrom(95, 20)],
  [`DCGM_FI_DEV_XID_ERRORS${GPU}`, fc.constantFrom(0, 31, 79, 48)],
  [`DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION${GPU}`, fc.integer({ min: 0, max: 1_000_000 })],
  ['vllm:num_requests_running{model_name="m",engine="0"}', fc.constantFrom(0, 0, 3)],
  ['vllm:prompt_tokens_total{model_name="m",engine="0"}', fc.integer({ min: 0, max: 1000 })],
  ['vllm:prompt_tokens_total{model_name="m",engine="1"}', fc.integer({ min: 0, max: 1000 })],
  ['vllm:time_to_first_token_seconds_bucket{model_name="m",le="0.5"}', fc.integer({ min: 0, max: 50 })],
] as const
/** Samples over some nine hours in order of time, with gaps, resets and nonsense. */
const stream = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 20 }) }, { weight: 1, arbitrary: fc.integer({ min: 200, max: 900 }) }),
      fc.nat(SERIES.length - 1),
      fc.infiniteStream(fc.nat()),
      fc.noShrink(fc.nat()),
    ),
    {
      maxLength: 60,
    },
  )
  .chain((steps) => {
    let t = START
    return fc.tuple(
      ...steps.map(([quarters, which]) => {
        t += quarters * 30_000
        const at = t
        const [head, values] = SERIES[which]!
        return values.map((v) => ({ head, t: at, line: `${head} ${Number.isNaN(v) ? 'NaN' : v} ${at}\n` }))
      }),
    )
  })

const HOUR = 3_600_000
/** Hands the accumulators on through a checkpoint that keeps only so many hours. */
const through = (target: Target, retainMs: number): Target => {
  const bytes = encodeTarget(target, { horizon: target.nextHorizon(retainMs), nodeRef: (node) => node, written: () => '' })
  const next = emptyTarget()
  decodeTarget(next, bytes)
  return next
}

test('a stream cut anywhere, handed on through a checkpoint, gives the same hours', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(60), { maxLength: 6 }), fc.integer({ min: 0, max: 30 }), (samples, cuts, retained) => {
      const whole = emptyTarget()
      feed(whole, samples.map((one) => one.line).join(''))
      let target = emptyTarget()
      const stored = new Map<string, string>()
      const edges = [0, ...cuts.map((cut) => Math.min(cut, samples.length)).sort((a, b) => a - b), samples.length]
      for (let i = 1; i < edges.length; i++) {
        const part = samples.slice(edges[i - 1], edges[i])
        // A checkpoint may be taken before its samples came twice: what was taken is remembered.
        for (const delivered of [part, part]) feed(target, delivered.map((one) => one.line).join(''))
        for (const text of rowTexts(target)) stored.set(text.split(' ').slice(0, 4).join(' '), text)
        target = through(target, retained * HOUR)
        const again = part.filter((one) => one.t >= target.admission.horizon)
        feed(target, again.map((one) => one.line).join(''))
      }
      expect([...stored.values()].sort()).toEqual(rowTexts(whole))
      expect(target.admission.tally.late).toBe(0)
    }),
    { numRuns: 300 },
  )
})

test('a counter that never falls and gauges may come in any order at all', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 25 }), fc.infiniteStream(fc.nat(1_000_000)), (steps, random) => {
      let value = 0
      const lines = steps.flatMap((step, i) => {
        value += step
        const t = START + i * 400_000
        return [`vllm:prompt_tokens_total{model_name="m"} ${value} ${t}\n`, `DCGM_FI_DEV_GPU_UTIL${GPU} ${step} ${t}\n`]
      })
      const shuffled = lines.map((line) => [random.next().value ?? 0, line] as const).sort((a, b) => a[0] - b[0])
      const [whole, target] = [emptyTarget(), emptyTarget()]
      feed(whole, lines.join(''))
      for (const [, line] of shuffled) feed(target, line)
      expect(rowTexts(target)).toEqual(rowTexts(whole))
    }),
  )
})

test('delivered twice, or hour by hour in any order, the hours are the same', () => {
  fc.assert(
    fc.property(stream, fc.infiniteStream(fc.nat(1_000_000)), (samples, random) => {
      const whole = emptyTarget()
      feed(whole, samples.map((one) => one.line).join(''))
      const hours = [...Map.groupBy(samples, (one) => Math.floor(one.t / 3_600_000)).values()]
        .map((part) => [random.next().value ?? 0, part] as const)
        .sort((a, b) => a[0] - b[0])
      const target = emptyTarget()
      for (const [, part] of [...hours, ...hours]) feed(target, part.map((one) => one.line).join(''))
      expect(rowTexts(target)).toEqual(rowTexts(whole))
    }),
  )
})

test('a counter’s increases are those of its samples one by one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100), { maxLength: 30 }), fc.nat(30), (values, prune) => {
      const counter = new Counter<number>()
      const expected = new Map<number, number>()
      const found = new Map<number, number>()
      values.forEach((v, i) => {
        const slot = Math.floor(i / 4)
        counter.add(i, v, slot)
        const before = values[i - 1]
        if (slot * 4 >= prune) expected.set(slot, (expected.get(slot) ?? 0) + (before === undefined ? 0 : v >= before ? v - before : v))
      })
      Object.assign(
        counter,
        counter.retained((slot) => slot * 4 < prune),
      )
      counter.increases((slot, increase) => found.set(slot, (found.get(slot) ?? 0) + increase))
      expect(found).toEqual(expected)
    }),
  )
})
