// One scrape instance of a kept history, as it is read: its open hours, and when they are written.
import type pg from 'pg'
import { emptyTally, type Tally } from '#lib/domain/telemetry/admission.ts'
import type { HistoryRun } from '#lib/domain/telemetry/history.ts'
import { HOUR_MS } from '#lib/domain/time.ts'
import type { RawSeries } from '#lib/ingest/contract.ts'
import type { Place } from '#lib/ingest/telemetry/claims.ts'
import { feedSeries } from '#lib/ingest/telemetry/feed.ts'
import type { Lease } from '#lib/ingest/telemetry/lease.ts'
import type { TargetReport } from '#lib/ingest/telemetry/report.ts'
import { ShardSession } from '#lib/ingest/telemetry/session.ts'
import { mapReplicasIn } from './map-replicas.ts'

/** So many hours of history are written at once: a transaction costs more than an hour's rows. */
const FLUSH_HOURS = 6

export type InstanceOptions = {
  instance: string
  /** What it is called where the series name no instance: the server. */
  name: string
  shard: string
  run: HistoryRun
  lease: Lease
  place: Place
  closedBefore?: number
}

export class InstanceReading {
  readonly instance: string
  readonly #name: string
  readonly #session: ShardSession
  readonly #run: HistoryRun
  readonly #closedBefore: number | undefined
  #flushedMs: number
  #tally: Tally = emptyTally()
  #rows = 0

  private constructor(session: ShardSession, { instance, name, run, closedBefore }: InstanceOptions) {
    this.instance = instance
    this.#name = name
    this.#session = session
    this.#run = run
    this.#closedBefore = closedBefore
    this.#flushedMs = this.afterMs
  }

  static async open(pool: pg.Pool, sourceId: number, options: InstanceOptions): Promise<InstanceReading> {
    const { shard, name, lease, place } = options
    return new InstanceReading(await ShardSession.open(pool, sourceId, { url: shard, instance: name, labels: {} }, lease, place), options)
  }

  /** Samples up to and including this instant are in the accumulators, or were before this run. */
  get afterMs(): number {
    return Math.max(this.#run.afterMs, this.#session.target.lastScrapeMs)
  }

  /** What counters and XID codes stood at before the run is known to nobody here yet: the server may have it. */
  get needsBaseline(): boolean {
    return this.#session.target.lastScrapeMs === -Infinity
  }

  get baselineFrom(): number {
    return this.#run.afterMs - HOUR_MS
  }

  /** What was read so far was before the run: kept as that from which increases are counted, not as hours. */
  begin(): void {
    const { target } = this.#session
    target.settle(this.#run.afterMs + 1)
    target.admission.tally = emptyTally()
    this.#flushedMs = this.#run.afterMs
  }

  /** All of this instance's samples up to `toMs`. */
  take(series: readonly RawSeries[], toMs: number, now: Date): void {
    const { target } = this.#session
    this.#session.at(now)
    feedSeries(target, series)
    target.lastScrapeMs = toMs
    this.#session.claim()
  }

  /**
   * Writes when hours are complete, or at the end of what is read. In between rows would be replaced by parts of themselves, and
   * before the run nothing is to be written.
   */
  async flushWhenDue(last: boolean, now: Date): Promise<void> {
    const readMs = this.#session.target.lastScrapeMs
    if (readMs <= this.#run.afterMs) return
    const complete = (readMs + 1) % HOUR_MS === 0 && readMs - this.#flushedMs >= FLUSH_HOURS * HOUR_MS
    if (!last && !complete) return
    const { rows, tally } = await this.#session.flush({
      now,
      rejected: 0,
      hourly: true,
      onNewReplicas: mapReplicasIn,
      closedBefore: this.#closedBefore,
    })
    this.#flushedMs = readMs
    this.#rows += rows
    for (const key of Object.keys(tally) as (keyof Tally)[]) this.#tally[key] += tally[key]
  }

  report(url: string, now: Date): TargetReport {
    const { newest } = this.#session.target.admission
    return {
      instance: this.#name,
      url,
      up: true,
      error: null,
      ...this.#tally,
      rejects: 0,
      rows: this.#rows,
      lastScrape: now.toISOString(),
      newest: Number.isFinite(newest) ? new Date(newest).toISOString() : null,
    }
  }
}
