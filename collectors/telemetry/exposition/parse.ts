import type { Labels } from '#lib/domain/telemetry/reading.ts'
import { type ExpositionLimits, ExpositionReader, type ReadResult } from './reader.ts'

export type Series = { name: string; labels: Labels }
/** `timeMs` is null where the sample brought no timestamp. */
export type Sample = { series: Series; value: number; timeMs: number | null }

/** Every sample of one body, in its order. For scrape after scrape use ExpositionReader, which remembers the series. */
export function parseExposition(
  body: Buffer | string,
  options: { openMetrics?: boolean; limits?: Partial<ExpositionLimits> } = {},
): Omit<ReadResult, 'samples'> & { samples: Sample[] } {
  const samples: Sample[] = []
  const reader = new ExpositionReader<Series>(
    {
      open: (name, labels) => ({ name, labels }),
      add: (series, value, timeMs, explicit) => samples.push({ series, value, timeMs: explicit ? timeMs : null }),
    },
    options.limits,
  )
  const result = reader.read(typeof body === 'string' ? Buffer.from(body) : body, 0, options)
  return { ...result, samples }
}
