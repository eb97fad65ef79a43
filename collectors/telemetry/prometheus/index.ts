// kind `prometheus`: raw samples from Prometheus, Thanos, Mimir, Cortex or VictoriaMetrics, of the families that are recognised here.
// Instant queries with a range selector return samples as they were scraped, so that no look-back makes one out of another.
import { HOUR_MS, MINUTE_MS } from '#lib/domain/time.ts'
import type { RawSeries, SampleSpan, SeriesCollector, SeriesPiece } from '#lib/ingest/contract.ts'
import { RECOGNISED_NAMES, recognise } from '../recognise.ts'
import { readLabelValues, readMatrix, type Series } from './answer.ts'
import { labelValues, query, TooMuch } from './client.ts'
import { type PrometheusSettings, prometheusSettings } from './schema.ts'
import { selector } from './selector.ts'

const SHORTEST_MS = MINUTE_MS
/** A server that answers no question in time is down rather than overburdened. */
const MOST_TIMEOUTS = 3

const nameOf = ({ labels }: Series): string =>
  Object.keys(labels)
    .sort()
    .map((label) => `${label}=${labels[label]}`)
    .join()

function rawSeries({ labels, times, values }: Series): RawSeries | null {
  const own: Record<string, string> = Object.assign(Object.create(null), labels)
  delete own.__name__
  const binding = recognise(labels.__name__ ?? '', own)
  return binding === null ? null : { instance: labels.instance ?? '', binding, times, values }
}

async function samples(
  settings: PrometheusSettings,
  instances: readonly string[],
  span: SampleSpan,
  signal: AbortSignal,
): Promise<SeriesPiece> {
  const range = `${selector(RECOGNISED_NAMES, settings.matchers, instances)}[${span.toMs - span.afterMs}ms]`
  const answer = await query(settings, range, span.toMs, signal)
  const found = readMatrix(settings.url, answer, span)
    .map((series) => ({ name: nameOf(series), series }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const series = found.flatMap((one) => rawSeries(one.series) ?? [])
  return { toMs: span.toMs, series, warnings: answer.warnings }
}

/** Where even the shortest stretch is too much, half of the instances at a time. */
async function divided(
  settings: PrometheusSettings,
  instances: readonly string[],
  span: SampleSpan,
  signal: AbortSignal,
): Promise<SeriesPiece> {
  try {
    return await samples(settings, instances, span, signal)
  } catch (error) {
    if (!(error instanceof TooMuch) || instances.length === 1) throw error
    const half = instances.length >> 1
    const parts = [
      await divided(settings, instances.slice(0, half), span, signal),
      await divided(settings, instances.slice(half), span, signal),
    ]
    return { toMs: span.toMs, series: parts.flatMap((part) => part.series), warnings: parts.flatMap((part) => part.warnings) }
  }
}

/** The end of the stretch of about `width` after `at`: hours are written whole, so no stretch goes beyond an hour's end in its middle. */
function endOf(at: number, width: number): number {
  const step = width < HOUR_MS ? width : Math.floor(width / HOUR_MS) * HOUR_MS
  const next = (size: number) => (Math.floor((at + 1) / size) + 1) * size - 1
  return Math.min(next(step), step < HOUR_MS ? next(HOUR_MS) : Infinity)
}

async function* pieces(
  settings: PrometheusSettings,
  instances: readonly string[],
  { afterMs, toMs }: SampleSpan,
  signal: AbortSignal,
): AsyncIterable<SeriesPiece> {
  let widest = settings.window
  let width = widest
  let timeouts = 0
  for (let at = afterMs; at < toMs; ) {
    const end = Math.min(toMs, endOf(at, width))
    const span = { afterMs: at, toMs: end }
    let piece: SeriesPiece
    try {
      piece = await (width > SHORTEST_MS ? samples(settings, instances, span, signal) : divided(settings, instances, span, signal))
    } catch (error) {
      if (!(error instanceof TooMuch) || width <= SHORTEST_MS || (error.timedOut && ++timeouts === MOST_TIMEOUTS)) throw error
      widest = Math.max(SHORTEST_MS, width / 2)
      width = Math.max(SHORTEST_MS, width / 4)
      continue
    }
    yield piece
    at = end
    timeouts = 0
    width = Math.min(widest, width * 2)
  }
}

export const prometheus: SeriesCollector<PrometheusSettings> = {
  kind: 'prometheus',
  facts: 'series',
  settings: prometheusSettings as SeriesCollector<PrometheusSettings>['settings'],
  open: (settings) => ({
    url: settings.url,
    lagMs: settings.lag,
    historyMs: settings.history,
    instances: async (span, signal) => {
      const answer = await labelValues(settings, 'instance', selector(RECOGNISED_NAMES, settings.matchers), span, signal)
      return { instances: ['', ...readLabelValues(settings.url, answer)], warnings: answer.warnings }
    },
    read: (instances, span, signal) => pieces(settings, instances, span, signal),
  }),
}
