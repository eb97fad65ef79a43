// Live scraping: every target on its own, written once a minute; what was read is on disk before it counts as read.
import { systemClock } from '#lib/clock.ts'
import { messageOf } from '#lib/errors.ts'
import { Claims } from '#lib/ingest/telemetry/claims.ts'
import { type TargetReport, recordScrapes } from '#lib/ingest/telemetry/report.ts'
import { log } from '#lib/log.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import type { TelemetrySource } from '#lib/services/collect-telemetry.ts'
import { scrape } from './index.ts'
import { pause } from './pause.ts'
import { scrapeSettings } from './schema.ts'
import { TargetWorker } from './worker.ts'

const RECORD_EVERY_MS = 15_000

/** Scrapes the source's targets until the signal stops it; then writes what is left and gives the shards back. */
export async function runScrapeLoop(context: ServiceContext, source: TelemetrySource, signal: AbortSignal): Promise<void> {
  const settings = scrapeSettings.parse(source.settings)
  const claims = new Claims()
  const workers = scrape
    .targets(settings)
    .map((target, order) => new TargetWorker(context, source.sourceId, target, settings, { claims, order }))
  const record = async () => {
    const reports: TargetReport[] = workers.flatMap((worker) => (worker.report ? [worker.report] : []))
    if (reports.length > 0) await recordScrapes(context.db.pool, source.sourceId, reports, systemClock())
  }
  const failed = (error: unknown) => log.error({ source: source.name, error: messageOf(error) }, 'scraping: will try again')
  const each = workers.map(async (worker, i) => {
    // Spread over the interval, so that targets and database are not asked all at once.
    await pause((settings.interval * i) / workers.length, signal)
    while (!signal.aborted) {
      const started = performance.now()
      await worker.tick(systemClock(), signal).catch(failed)
      await pause(settings.interval - (performance.now() - started), signal)
    }
    await worker.stop(systemClock()).catch(failed)
  })
  const recording = (async () => {
    while (!signal.aborted) {
      await pause(Math.min(RECORD_EVERY_MS, settings.interval), signal)
      await record().catch(failed)
    }
  })()
  await Promise.all([...each, recording])
  await record().catch(failed)
}
