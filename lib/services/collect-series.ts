// History and the living present of telemetry that a Prometheus keeps, into hours. Where it stops it goes on.
import { Failure, messageOf } from '#lib/errors.ts'
import { emptyTally, type Tally } from '#lib/domain/telemetry/admission.ts'
import { type HistoryRun, type HistoryWindow, historyRuns } from '#lib/domain/telemetry/history.ts'
import { hourOf } from '#lib/domain/telemetry/timeline.ts'
import type { SeriesCollector, SeriesReader } from '#lib/ingest/contract.ts'
import { Claims } from '#lib/ingest/telemetry/claims.ts'
import { acquireLease, type Lease, releaseLease, renewLeases } from '#lib/ingest/telemetry/lease.ts'
import { closeReplay, loadPosition, savePosition } from '#lib/ingest/telemetry/position.ts'
import { recordScrapes, type TargetReport } from '#lib/ingest/telemetry/report.ts'
import { type Actor, authorise } from './actor.ts'
import type { TelemetrySource } from './collect-telemetry.ts'
import type { ServiceContext } from './context.ts'
import { InstanceReading } from './series-instance.ts'

/** `from` and `to` are what was read, null when there was nothing new; `rows` are hours written, `position` how far the source was read. */
export type CollectedSeries = Tally & {
  from: string | null
  to: string | null
  instances: number
  pieces: number
  rows: number
  warnings: string[]
  position: string | null
}

/** Read together, in one question: what they hold must fit into memory. */
const AT_ONCE = 8
const MOST_WARNINGS = 20
const LONGEST_HISTORY_MS = 10 * 366 * 86_400_000

/**
 * Reads the window of the source's server, or without one what came since the last reading. Complete hours are written as they are
 * read; when it fails, or is stopped, the next call goes on from there. Throws `unavailable`, with nothing of an incomplete answer taken.
 */
export async function collectSeries<Settings>(
  actor: Actor,
  context: ServiceContext,
  collector: SeriesCollector<Settings>,
  source: TelemetrySource,
  window: { from?: Date; to?: Date } = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<CollectedSeries> {
  authorise(actor, 'write')
  const wanted = windowOf(window, context.now)
  const reader = collector.open(collector.settings.parse(source.settings))
  const { pool } = context.db
  const lease = await acquireLease(pool, `series ${source.sourceId} ${reader.url}`, context.now)
  if ('heldBy' in lease)
    throw new Failure('unavailable', 'source_busy', `${reader.url} is being collected by ${lease.heldBy}`, {
      place: { source: source.name },
      remedy: 'wait until it is done',
    })
  const reading = new Reading(context, source, reader, lease, signal)
  let failure: unknown = null
  try {
    await reading.run(wanted)
  } catch (error) {
    failure = error
  }
  // Being stopped says nothing about the source.
  await (signal.aborted ? Promise.resolve() : reading.record(failure)).finally(() => releaseLease(pool, lease))
  if (failure !== null) throw failure
  return reading.result()
}

function windowOf({ from, to }: { from?: Date; to?: Date }, now: Date): HistoryWindow {
  if (from && to && to <= from)
    throw new Failure('usage', 'bad_window', `the window ends at ${to.toISOString()}, not after its beginning`, {
      remedy: 'swap --from and --to',
    })
  if (from && now.getTime() - from.getTime() > LONGEST_HISTORY_MS)
    throw new Failure('usage', 'bad_window', `${from.toISOString()} is more than ten years ago`, {
      remedy: 'begin where your history begins',
    })
  return { fromMs: from?.getTime(), toMs: to?.getTime() }
}

class Reading {
  readonly #context: ServiceContext
  readonly #source: TelemetrySource
  readonly #reader: SeriesReader
  readonly #lease: Lease
  readonly #signal: AbortSignal
  readonly #started = performance.now()
  readonly #claims = new Claims()
  readonly #warnings = new Set<string>()
  readonly #reports = new Map<string, TargetReport>()
  #pieces = 0
  #position: number | null = null
  #read: { afterMs: number; toMs: number } | null = null

  constructor(context: ServiceContext, source: TelemetrySource, reader: SeriesReader, lease: Lease, signal: AbortSignal) {
    this.#context = context
    this.#source = source
    this.#reader = reader
    this.#lease = lease
    this.#signal = signal
  }

  /** Months of history take hours: the lease must not stand still at the beginning. */
  #now(): Date {
    return new Date(this.#context.now.getTime() + Math.round(performance.now() - this.#started))
  }

  async run(window: HistoryWindow): Promise<void> {
    const { pool } = this.#context.db
    const { url, lagMs, historyMs } = this.#reader
    this.#position = await loadPosition(pool, this.#source.sourceId, url)
    const state = { positionMs: this.#position, endMs: this.#context.now.getTime() - lagMs, historyMs }
    for (const run of historyRuns(state, window)) {
      await this.#run(run)
      this.#read = { afterMs: Math.min(run.afterMs, this.#read?.afterMs ?? Infinity), toMs: run.toMs }
      if (run.replay) continue
      this.#position = run.toMs
      await savePosition(pool, this.#source.sourceId, url, run.toMs, this.#now())
    }
  }

  async #run(run: HistoryRun): Promise<void> {
    const { instances, warnings } = await this.#reader.instances(run, this.#signal)
    this.#warn(warnings)
    const living = (instance: string) => `${this.#reader.url} ${instance}`
    const mark = run.replay ? ` ${new Date(run.afterMs + 1).toISOString()}/${new Date(run.toMs).toISOString()}` : ''
    const sorted = [...new Set(instances)].sort()
    for (let i = 0; i < sorted.length; i += AT_ONCE) {
      const group = sorted.slice(i, i + AT_ONCE)
      await this.#group(
        await Promise.all(
          group.map((instance, j) =>
            InstanceReading.open(this.#context.db.pool, this.#source.sourceId, {
              instance,
              name: instance === '' ? new URL(this.#reader.url).host : instance,
              shard: `${living(instance)}${mark}`,
              run,
              lease: this.#lease,
              place: { claims: this.#claims, order: i + j },
              closedBefore: run.replay && this.#position !== null ? hourOf(this.#position) : undefined,
            }),
          ),
        ),
        run,
      )
    }
    if (run.replay) {
      const names = sorted.map((instance) => ({ replayed: `${living(instance)}${mark}`, living: living(instance) }))
      await closeReplay(this.#context.db.pool, this.#source.sourceId, names, run.adopt)
    }
  }

  /** Instances that stand at the same instant are asked for together. */
  async #group(readings: InstanceReading[], run: HistoryRun): Promise<void> {
    const fresh = readings.filter((one) => one.needsBaseline)
    if (fresh.length > 0) await this.#pieceByPiece(fresh, { afterMs: fresh[0]!.baselineFrom, toMs: run.afterMs })
    for (const one of fresh) one.begin()
    const cohorts = Map.groupBy(readings, (one) => one.afterMs)
    for (const [afterMs, some] of cohorts) if (afterMs < run.toMs) await this.#pieceByPiece(some, { afterMs, toMs: run.toMs })
  }

  async #pieceByPiece(readings: readonly InstanceReading[], span: { afterMs: number; toMs: number }): Promise<void> {
    const names = readings.map((one) => one.instance)
    for await (const piece of this.#reader.read(names, span, this.#signal)) {
      this.#pieces++
      this.#warn(piece.warnings)
      const now = this.#now()
      const own = Map.groupBy(piece.series, (series) => series.instance)
      for (const one of readings) one.take(own.get(one.instance) ?? [], piece.toMs, now)
      // Neighbours know of each other's GPUs before any of them writes.
      for (const one of readings) await one.flushWhenDue(piece.toMs === span.toMs, now)
      for (const one of readings) this.#reports.set(one.instance, one.report(this.#reader.url, now))
      await renewLeases(this.#context.db.pool, [this.#lease], this.#now())
      this.#signal.throwIfAborted()
    }
  }

  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) if (this.#warnings.size < MOST_WARNINGS) this.#warnings.add(warning)
  }

  #targets(): TargetReport[] {
    return [...this.#reports.values()].filter((report) => report.samples > 0 || report.newest !== null)
  }

  async record(failure: unknown): Promise<void> {
    const now = this.#now()
    const { url } = this.#reader
    const server: TargetReport = {
      instance: new URL(url).host,
      url,
      up: failure === null,
      error: failure === null ? null : messageOf(failure),
      ...emptyTally(),
      rejects: 0,
      rows: 0,
      lastScrape: now.toISOString(),
      newest: null,
    }
    const more = {
      server,
      warnings: [...this.#warnings],
      position: this.#position === null ? null : new Date(this.#position).toISOString(),
    }
    // The server is what is up or down; its instances are reported as it was last heard of them.
    const targets = failure === null ? this.#targets() : [server]
    await recordScrapes(this.#context.db.pool, this.#source.sourceId, targets.length > 0 ? targets : [server], now, more)
  }

  result(): CollectedSeries {
    const reports = this.#targets()
    const total = (count: (report: TargetReport) => number) => reports.reduce((sum, report) => sum + count(report), 0)
    const instant = (ms: number | undefined | null) => (ms === undefined || ms === null ? null : new Date(ms).toISOString())
    return {
      from: instant(this.#read && this.#read.afterMs + 1),
      to: instant(this.#read?.toMs),
      instances: reports.length,
      pieces: this.#pieces,
      samples: total((report) => report.samples),
      late: total((report) => report.late),
      repeated: total((report) => report.repeated),
      future: total((report) => report.future),
      bad: total((report) => report.bad),
      rows: total((report) => report.rows),
      warnings: [...this.#warnings],
      position: instant(this.#position),
    }
  }
}
