import { Failure, messageOf } from '#lib/errors.ts'
import type { ScrapeCollector, ScrapeReject, ScrapeTarget } from '#lib/ingest/contract.ts'
import { emptyTally } from '#lib/domain/telemetry/admission.ts'
import { Claims, type Place } from '#lib/ingest/telemetry/claims.ts'
import { acquireLease, type Lease, releaseLease } from '#lib/ingest/telemetry/lease.ts'
import { recordScrapes, type TargetReport } from '#lib/ingest/telemetry/report.ts'
import { type Flushed, ShardSession } from '#lib/ingest/telemetry/session.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'
import { mapReplicasIn } from './map-replicas.ts'

export type TelemetrySource = { sourceId: number; name: string; settings: unknown }
/** `samples` were taken; `rejects` are malformed lines; `late`, `repeated` and `future` samples were not; `rows` are hours written. */
export type CollectedTelemetry = {
  targets: (TargetReport & { heldBy: string | null; rejectedLines: ScrapeReject[] })[]
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
  const claims = new Claims()
  const reports: CollectedTelemetry['targets'] = []
  for (let i = 0; i < targets.length; i += AT_ONCE) {
    const some = targets.slice(i, i + AT_ONCE).map((target, j) => new OneScrape(context, source, target, { claims, order: i + j }))
    // All are read before one is written, so that each knows which GPUs are its own.
    await Promise.all(some.map((one) => one.read(collector, settings, signal)))
    reports.push(...(await Promise.all(some.map((one) => one.write()))))
  }
  const held = reports.filter((report) => report.heldBy !== null)
  if (reports.length > 0 && held.length === reports.length)
    throw new Failure('unavailable', 'collected_elsewhere', reports.map((report) => report.error).join('; '), {
      place: { source: source.name },
      remedy: 'nothing to do: it is collected already',
    })
  // What another process has in its hands it reports itself.
  await recordScrapes(
    context.db.pool,
    source.sourceId,
    reports.filter((report) => report.heldBy === null),
    context.now,
  )
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

class OneScrape {
  readonly #context: ServiceContext
  readonly #source: TelemetrySource
  readonly #target: ScrapeTarget
  readonly #place: Place
  #lease: Lease | null = null
  #session: ShardSession | null = null
  #read: { rejected: number; rejects: ScrapeReject[] } = { rejected: 0, rejects: [] }
  #error: string | null = null
  #heldBy: string | null = null

  constructor(context: ServiceContext, source: TelemetrySource, target: ScrapeTarget, place: Place) {
    this.#context = context
    this.#source = source
    this.#target = target
    this.#place = place
  }

  /** Lease, checkpoint, scrape. What goes wrong is this target's gap. */
  async read<Settings>(collector: ScrapeCollector<Settings>, settings: Settings, signal: AbortSignal): Promise<void> {
    const { db, now } = this.#context
    try {
      const lease = await acquireLease(db.pool, leaseName(this.#source.sourceId, this.#target), now)
      if ('heldBy' in lease) {
        this.#heldBy = lease.heldBy
        this.#error = `${this.#target.url} is being collected by ${lease.heldBy}`
        return
      }
      this.#lease = lease
      const session = await ShardSession.open(db.pool, this.#source.sourceId, this.#target, lease, this.#place)
      session.at(now)
      const reader = collector.open(this.#target, settings, session.target)
      const scrape = await reader.fetch(now, signal)
      this.#read = reader.apply(scrape)
      session.target.lastScrapeMs = scrape.atMs
      session.claim()
      this.#session = session
    } catch (error) {
      this.#error = messageOf(error)
    }
  }

  async write(): Promise<CollectedTelemetry['targets'][number]> {
    const { db, now } = this.#context
    let flushed: Flushed = { rows: 0, tally: emptyTally(), newestMs: null, newReplicas: 0 }
    try {
      if (this.#session) flushed = await this.#session.flush({ now, rejected: this.#read.rejected, onNewReplicas: mapReplicasIn })
    } catch (error) {
      this.#error = messageOf(error)
    } finally {
      if (this.#lease) await releaseLease(db.pool, this.#lease)
    }
    return {
      instance: this.#target.instance,
      url: this.#target.url,
      up: this.#error === null,
      error: this.#error,
      heldBy: this.#heldBy,
      ...flushed.tally,
      rejects: this.#read.rejected,
      rejectedLines: this.#read.rejects,
      rows: flushed.rows,
      lastScrape: now.toISOString(),
      newest: flushed.newestMs === null ? null : new Date(flushed.newestMs).toISOString(),
    }
  }
}
