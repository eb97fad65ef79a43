// kind `scrape`: reads Prometheus expositions of GPU exporters and inference engines, recognised by their metrics.
import type { Cell } from '#lib/domain/telemetry/gpu.ts'
import { Failure } from '#lib/errors.ts'
import type { Scrape, ScrapeCollector, ScrapeTarget } from '#lib/ingest/contract.ts'
import { ExpositionReader } from '../exposition/reader.ts'
import { recognise } from '../recognise.ts'
import { fetchExposition } from './client.ts'
import { type ScrapeSettings, scrapeSettings } from './schema.ts'

/** The scrape instance as Prometheus would name it: host and port, the scheme's own port included. */
function instanceOf(address: string): string {
  const { host, port, protocol } = new URL(address)
  return port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host
}

/** Throws `unavailable`: a gap. */
export const fetchFrom = (target: ScrapeTarget, settings: ScrapeSettings, now: Date, signal: AbortSignal): Promise<Scrape> =>
  fetchExposition(target, { timeoutMs: settings.timeout, maxBytes: settings.max_bytes, token: settings.token, now, signal })

export const scrape: ScrapeCollector<ScrapeSettings> = {
  kind: 'scrape',
  facts: 'telemetry',
  settings: scrapeSettings,
  targets: (settings): ScrapeTarget[] =>
    settings.targets.map((target) => {
      const { url, labels } = typeof target === 'string' ? { url: target, labels: {} } : target
      const all = { ...settings.labels, ...labels }
      return { url, instance: all.instance ?? instanceOf(url), labels: { ...all, instance: all.instance ?? instanceOf(url) } }
    }),
  open: (target, settings, into) => {
    const reader = new ExpositionReader<Cell>(
      {
        open: (name, labels) => {
          // Prometheus' order: what the target is said to be yields to what its series say of themselves.
          const binding = recognise(name, Object.assign(Object.create(null), target.labels, labels))
          return binding === null ? null : into.open(binding)
        },
        add: (cell, value, timeMs, explicit) => cell.add(value, timeMs, explicit),
      },
      { bytes: settings.max_bytes },
    )
    return {
      fetch: (now, signal) => fetchFrom(target, settings, now, signal),
      apply: ({ body, atMs, openMetrics }) => {
        const read = reader.read(body, atMs, { openMetrics })
        const [first] = read.rejects
        if (read.samples > 0 || !first) return read
        throw new Failure('unavailable', 'no_exposition', `${target.url}: what it answers is no exposition: ${first.reason}`, {
          place: { source: target.url, line: first.line, column: String(first.column) },
          remedy: 'check the address: exporters mostly answer at /metrics',
        })
      },
    }
  },
}
