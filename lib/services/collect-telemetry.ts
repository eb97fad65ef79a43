import { Failure, messageOf } from '#lib/errors.ts'
import type { ScrapeCollector, ScrapeReject, ScrapeTarget } from '#lib/ingest/contract.ts'
import { acquireLease, releaseLease } from '#lib/ingest/telemetry/lease.ts'
import { recordScrapes, type TargetReport } from '#lib/ingest/telemetry/report.ts'
import { ShardSession } from '#lib/ingest/telemetry/session.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'
import { mapReplicasIn } from './map-replicas.ts'

export type TelemetrySource = { sourceId: number; name: string; settings: unknown }
/** `samples` were taken; `rejects` are malformed lines; `late`, `repeated` and `future` samples were not; `rows` are hours written. */
export type CollectedTelemetry = {
  targets: (TargetReport & { rejectedLines: ScrapeReject[] })[]
  samples: number
  rejects: number
  late: number
  rows: number
}

const AT_ONCE = 4
export const leaseName = (sourceId: number, target: ScrapeTarget): string => `scrape ${sourceId} ${target.url}`

/** One scrape of every target of the source, into hours. A target that is down is a gap; when all are, throws `unavailable`. */
export async function collectTelemetry<Settings>(
  actor: Actor,
  context: ServiceContext,
  collector: ScrapeCollector<Settings>,
  source: TelemetrySource,
  signal: AbortSignal = new AbortController().signal,
): Promise<CollectedTelemetry> {
  authorise(actor, 'write')
  const settings = collector.settings.parse(source.settings)
  const targets = collector.targets(settings)
  const reports: CollectedTelemetry['targets'] = []
  for (let i = 0; i < targets.length; i += AT_ONCE)
    reports.push(
      ...(await Promise.all(
        targets.slice(i, i + AT_ONCE).map((target) => collectTarget(context, collector, settings, source, target, signal)),
      )),
    )
  await recordScrapes(context.db.pool, source.sourceId, reports, context.now)
  if (reports.length > 0 && reports.every((report) => !report.up))
    throw new Failure('unavailable', 'source_down', reports.map((report) => report.error).join('; '), { place: { source: source.name } })
  const total = (count: (report: TargetReport) => number) => reports.reduce((sum, report) => sum + count(report), 0)
  return {
    targets: reports,
    samples: total((report) => report.samples),
    rejects: total((report) => report.rejects),
    late: total((report) => report.late),
    rows: total((report) => report.rows),
  }
}

async function collectTarget<Settings>(
  context: ServiceContext,
  collector: ScrapeCollector<Settings>,
  settings: Settings,
  source: TelemetrySource,
  target: ScrapeTarget,
  signal: AbortSignal,
): Promise<CollectedTelemetry['targets'][number]> {
  const { pool } = context.db
  const report = { instance: target.instance, url: target.url, lastScrape: context.now.toISOString(), newest: null }
  const nothing = { samples: 0, rejects: 0, late: 0, repeated: 0, future: 0, bad: 0, rows: 0, rejectedLines: [] }
  const lease = await acquireLease(pool, leaseName(source.sourceId, target), context.now)
  if ('heldBy' in lease) return { ...report, ...nothing, up: false, error: `${target.url} is being collected by ${lease.heldBy}` }
  try {
    const session = await ShardSession.open(pool, source.sourceId, target, lease)
    session.at(context.now)
    const reader = collector.open(target, settings, session.target)
    const scraped = await reader.fetch(context.now, signal)
    const read = reader.apply(scraped)
    session.target.lastScrapeMs = scraped.atMs
    const flushed = await session.flush({ now: context.now, rejected: read.rejected, onNewReplicas: mapReplicasIn })
    return {
      ...report,
      up: true,
      error: null,
      ...flushed.tally,
      rejects: read.rejected,
      rejectedLines: read.rejects,
      rows: flushed.rows,
      newest: flushed.newestMs === null ? null : new Date(flushed.newestMs).toISOString(),
    }
  } catch (error) {
    return { ...report, ...nothing, up: false, error: messageOf(error) }
  } finally {
    await releaseLease(pool, lease)
  }
}
