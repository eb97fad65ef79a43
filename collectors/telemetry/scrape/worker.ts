// One target under live scraping: lease, checkpoint, spool and accumulators, through outages of the target and of the database.
import { Failure, messageOf } from '#lib/errors.ts'
import { emptyTally, type Tally } from '#lib/domain/telemetry/admission.ts'
import type { Scrape, ScrapeTarget, TargetReader } from '#lib/ingest/contract.ts'
import type { Place } from '#lib/ingest/telemetry/claims.ts'
import { acquireLease, type Lease, LEASE_MS, releaseLease, renewLeases } from '#lib/ingest/telemetry/lease.ts'
import type { TargetReport } from '#lib/ingest/telemetry/report.ts'
import { ShardSession } from '#lib/ingest/telemetry/session.ts'
import { ScrapeSpool } from '#lib/ingest/telemetry/spool.ts'
import { leaseName } from '#lib/services/collect-telemetry.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { mapReplicasIn } from '#lib/services/map-replicas.ts'
import { fetchFrom, scrape as collector } from './index.ts'
import type { ScrapeSettings } from './schema.ts'

const FLUSH_EVERY_MS = 60_000

type Open = { lease: Lease; session: ShardSession; reader: TargetReader }

export class TargetWorker {
  report: TargetReport | null = null
  readonly #context: ServiceContext
  readonly #sourceId: number
  readonly #target: ScrapeTarget
  readonly #settings: ScrapeSettings
  readonly #spool: ScrapeSpool
  readonly #place: Place
  #open: Open | null = null
  #renewedMs = 0
  #flushedMs = 0
  #rejected = 0

  constructor(context: ServiceContext, sourceId: number, target: ScrapeTarget, settings: ScrapeSettings, place: Place) {
    this.#place = place
    this.#context = context
    this.#sourceId = sourceId
    this.#target = target
    this.#settings = settings
    this.#spool = new ScrapeSpool(context.dataDir, sourceId, target.url)
  }

  /** One scrape; a flush when a minute has passed. Never throws for a target that is down: that is a gap in its report. */
  async tick(now: Date, signal: AbortSignal): Promise<void> {
    const holder = await this.#resume(now).catch(() => null)
    if (holder !== null) {
      // Whoever has the shard reports on it.
      this.report = null
      return
    }
    let scrape: Scrape
    try {
      scrape = await fetchFrom(this.#target, this.#settings, now, signal)
    } catch (error) {
      if (!signal.aborted) this.#say(now, emptyTally(), 0, messageOf(error))
      return this.#flushWhenDue(now)
    }
    await this.#spool.append(scrape)
    this.#apply(scrape, now)
    await this.#flushWhenDue(now)
  }

  /** Takes the lease and goes on from the checkpoint and the spool. Returns who else has it, else null. Throws when the database is away. */
  async #resume(now: Date): Promise<string | null> {
    const { pool } = this.#context.db
    if (this.#open) {
      if (now.getTime() - this.#renewedMs < LEASE_MS / 3) return null
      await renewLeases(pool, [this.#open.lease], now)
      this.#renewedMs = now.getTime()
      return null
    }
    const lease = await acquireLease(pool, leaseName(this.#sourceId, this.#target), now)
    if ('heldBy' in lease) return lease.heldBy
    try {
      const session = await ShardSession.open(pool, this.#sourceId, this.#target, lease, this.#place)
      this.#open = { lease, session, reader: collector.open(this.#target, this.#settings, session.target) }
    } catch (error) {
      await releaseLease(pool, lease)
      throw error
    }
    this.#renewedMs = this.#flushedMs = now.getTime()
    for (const scrape of await this.#spool.read()) this.#apply(scrape, now)
    return null
  }

  #apply(scrape: Scrape, now: Date): void {
    if (!this.#open) {
      this.#say(now, emptyTally(), 0, 'the database is away: scrapes are kept on disk')
      return
    }
    const { session, reader } = this.#open
    // What the checkpoint already holds was left in the spool by a process that ended between commit and clearing.
    if (scrape.atMs <= session.target.lastScrapeMs) return
    session.at(now)
    const before = { ...session.target.admission.tally }
    session.target.lastScrapeMs = scrape.atMs
    let rejected = 0
    let error: string | null = null
    try {
      ;({ rejected } = reader.apply(scrape))
    } catch (failure) {
      // What is no exposition stays none, also when the spool says it again.
      error = messageOf(failure)
    }
    session.claim()
    this.#rejected += rejected
    this.#say(now, difference(session.target.admission.tally, before), rejected, error)
  }

  async #flushWhenDue(now: Date): Promise<void> {
    if (this.#open && now.getTime() - this.#flushedMs >= FLUSH_EVERY_MS) await this.#flush(now)
  }

  async #flush(now: Date): Promise<void> {
    const { session, lease } = this.#open!
    try {
      await session.reloadNodes()
      const { rows } = await session.flush({ now, rejected: this.#rejected, hourly: true, onNewReplicas: mapReplicasIn })
      if (this.report) this.report = { ...this.report, rows }
    } catch (error) {
      // Another process went on from the last checkpoint: what is here is no longer the truth.
      if (error instanceof Failure && error.code === 'lease_lost') {
        this.#open = null
        await releaseLease(this.#context.db.pool, lease)
      }
      throw error
    }
    this.#rejected = 0
    this.#flushedMs = now.getTime()
    await this.#spool.clear()
  }

  /** Writes what is left and lets another process take the shard at once. */
  async stop(now: Date): Promise<void> {
    if (this.#open) {
      await this.#flush(now).finally(async () => {
        if (this.#open) await releaseLease(this.#context.db.pool, this.#open.lease)
        this.#open = null
      })
    }
    await this.#spool.close()
  }

  #say(now: Date, tally: Tally, rejects: number, error: string | null): void {
    const newest = this.#open?.session.target.admission.newest ?? -Infinity
    this.report = {
      instance: this.#target.instance,
      url: this.#target.url,
      up: error === null,
      error,
      ...tally,
      rejects,
      rows: this.report?.rows ?? 0,
      lastScrape: now.toISOString(),
      newest: Number.isFinite(newest) ? new Date(newest).toISOString() : null,
    }
  }
}

const difference = (after: Tally, before: Tally): Tally => ({
  samples: after.samples - before.samples,
  late: after.late - before.late,
  repeated: after.repeated - before.repeated,
  future: after.future - before.future,
  bad: after.bad - before.bad,
})
