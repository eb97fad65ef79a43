// What the HTTP API answers, checked: https://prometheus.io/docs/prometheus/latest/querying/api/. Nothing of an answer is used
// before all of it was read.
import { z } from 'zod'
import { Failure } from '#lib/errors.ts'

const envelope = z.object({
  status: z.enum(['success', 'error']),
  errorType: z.string().optional(),
  error: z.string().optional(),
  data: z.unknown().optional(),
  warnings: z.array(z.string()).nullish(),
  /** VictoriaMetrics' cluster version, when some of its storage did not answer. */
  isPartial: z.boolean().nullish(),
})
/**
 * `marks`: NaN is no value but the mark of a target that went away. VictoriaMetrics returns its marks among raw samples and stores no
 * other NaN; Prometheus leaves them out and keeps NaN as a value.
 */
export type Answer = { data: unknown; warnings: string[]; marks: boolean }

/** `values` may be absent: a series of native histograms alone. */
const matrix = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.unknown()).optional() })),
})
export type Series = { labels: Record<string, string>; times: Float64Array; values: Float64Array }

const strange = (url: string, what: string): Failure =>
  new Failure('unavailable', 'prometheus_answer', `${url}: ${what}`, {
    remedy: 'check that `url` is the address under which /api/v1/query answers, proxies and path prefix included',
  })

const excerpt = (text: string): string => JSON.stringify(text.replace(/\s+/g, ' ').trim().slice(0, 120))

/** The server's own words for an error, where there are any. */
export function errorIn(text: string): string {
  try {
    const read = envelope.safeParse(JSON.parse(text))
    if (read.success && read.data.error) return `${read.data.errorType ?? 'error'}: ${read.data.error}`
  } catch {
    // Not JSON: a proxy's page. Its beginning is what can be told.
  }
  return text.trim() === '' ? 'no explanation' : excerpt(text)
}

/** Throws `unavailable` for what is no answer of the API, and for one that lacks a part of the data. */
export function readAnswer(url: string, text: string, marks: boolean): Answer {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw strange(url, `what it answers is no JSON, or was cut off: ${excerpt(text)}`)
  }
  const read = envelope.safeParse(json)
  if (!read.success) throw strange(url, `what it answers is not of the Prometheus API: ${excerpt(text)}`)
  const { status, data, warnings, isPartial } = read.data
  if (status === 'error') throw strange(url, errorIn(text))
  if (isPartial)
    throw new Failure('unavailable', 'prometheus_partial', `${url}: a part of its storage did not answer`, {
      remedy: 'nothing of the answer was taken; it is asked again next time',
    })
  return { data, warnings: warnings ?? [], marks }
}

export function readLabelValues(url: string, { data }: Answer): string[] {
  const read = z.array(z.string()).safeParse(data)
  if (!read.success) throw strange(url, 'the values of a label are no list of texts')
  return read.data
}

const SPECIAL = new Map([
  ['NaN', Number.NaN],
  ['+Inf', Infinity],
  ['Inf', Infinity],
  ['-Inf', -Infinity],
])
const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/

function sampleValue(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  return NUMBER.test(text) ? Number(text) : SPECIAL.get(text)
}

function seriesOf(url: string, labels: Record<string, string>, points: readonly unknown[], { afterMs, toMs, marks }: Reading): Series {
  const times = new Float64Array(points.length)
  const values = new Float64Array(points.length)
  let n = 0
  for (const point of points) {
    const [at, text] = Array.isArray(point) ? (point as unknown[]) : []
    const value = sampleValue(text)
    if (typeof at !== 'number' || value === undefined) throw strange(url, `${JSON.stringify(point).slice(0, 80)} is no sample`)
    const ms = Math.round(at * 1000)
    // Range selectors are closed at their left end before version 3.0.
    if (ms <= afterMs || ms > toMs || (marks && Number.isNaN(value))) continue
    if (n > 0 && ms <= times[n - 1]!) throw strange(url, `samples of ${labels.__name__ ?? 'a series'} are not in the order of time`)
    times[n] = ms
    values[n++] = value
  }
  return { labels, times: times.subarray(0, n), values: values.subarray(0, n) }
}

type Bounds = { afterMs: number; toMs: number }
type Reading = Bounds & { marks: boolean }

/** Raw samples, of each series by time. Throws `unavailable` when any of them cannot be read. */
export function readMatrix(url: string, { data, marks }: Answer, bounds: Bounds): Series[] {
  const read = matrix.safeParse(data)
  if (!read.success) throw strange(url, `expected raw samples: ${z.prettifyError(read.error).slice(0, 160)}`)
  return read.data.result
    .map(({ metric, values }) => seriesOf(url, metric, values ?? [], { ...bounds, marks }))
    .filter((series) => series.times.length > 0)
}
