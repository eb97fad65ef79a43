import type { TimeCollector } from '#lib/ingest/contract.ts'
import { openTimeCsv } from './reader.ts'
import { type TimeCsvSettings, timeCsvSettings } from './schema.ts'

/**
 * Denominator's own time file (CONTRACT.md): one work entry a row, either hours on a local date or start and end, tags separated by `;`.
 * Comma-separated UTF-8, plain or gzip, read as a stream.
 */
export const timeCsv: TimeCollector<TimeCsvSettings> = {
  kind: 'time-csv',
  facts: 'time',
  settings: timeCsvSettings,
  open: (file) => openTimeCsv(file),
}
