// One shard in the hands of one process: its accumulators as last checkpointed, what was read since, and the lease that lets it write.
import { createHash, randomBytes } from 'node:crypto'
import type pg from 'pg'
import { ulid } from '#lib/domain/id.ts'
import { emptyTally, type Tally } from '#lib/domain/telemetry/admission.ts'
import type { NodeLookup } from '#lib/domain/telemetry/node-lookup.ts'
import type { NodeRef } from '#lib/domain/telemetry/reading.ts'
import { type GpuRow, type ServeRow, Target } from '#lib/domain/telemetry/target.ts'
import type { Slot } from '#lib/domain/telemetry/timeline.ts'
import { dayOf, daysOf, HOUR_MS } from '#lib/domain/time.ts'
import type { ScrapeTarget } from '#lib/ingest/contract.ts'
import type { Cell } from '#lib/store/copy.ts'
import { markDirty } from '#lib/store/dirty.ts'
import { transaction } from '#lib/store/transaction.ts'
import { Claims, type Place } from './claims.ts'
import { decodeTarget, encodeTarget } from './codec.ts'
import { upsertGpus, upsertReplicas } from './entities.ts'
import { fence, type Lease } from './lease.ts'
import { createNodes, loadNodes } from './nodes.ts'
import { ensurePartitions } from './partitions.ts'
import { GPU_HOUR, gpuFacts, SERVE_HOUR, serveFacts } from './rows.ts'
import { upsertHours } from './upsert.ts'

/** Clocks differ, but not by more than this: later samples are from the future. */
const FUTURE_MS = 24 * HOUR_MS

export type FlushOptions = {
  now: Date
  /** Lines of scrapes since the last flush that could not be read. */
  rejected: number
  /** One batch a UTC hour instead of one a flush: for live scraping, which flushes every minute. */
  hourly?: boolean
  /** Hours before this instant (ms) were closed by an earlier reading: what differs in them is an amendment. */
  closedBefore?: number
  /** Called in the writing transaction when replicas appeared that were not there before. */
  onNewReplicas?: (client: pg.PoolClient) => Promise<unknown>
}
/** `rows`: hours that were new or different. `newestMs`: the newest sample of this shard, null before any. */
export type Flushed = { rows: number; tally: Tally; newestMs: number | null; newReplicas: number }

const digest = (facts: readonly Cell[]): string => createHash('md5').update(facts.join('\t')).digest('base64').slice(0, 16)

type Pending<Row> = { row: Row; facts: Cell[]; digest: string }
function pendingOf<Row extends { slot: Slot }>(rows: readonly Row[], factsOf: (row: Row) => Cell[]): Pending<Row>[] {
  return rows
    .map((row) => {
      const facts = factsOf(row)
      return { row, facts, digest: digest(facts) }
    })
    .filter((one) => one.digest !== one.row.slot.written)
}

export class ShardSession {
  readonly target: Target
  readonly shard: string
  readonly #sourceId: number
  readonly #pool: pg.Pool
  readonly #lease: Lease | null
  readonly #place: Place
  #nodes: NodeLookup
  #batch: { seq: string; hour: number } | null = null

  private constructor(pool: pg.Pool, sourceId: number, scraped: ScrapeTarget, nodes: NodeLookup, lease: Lease | null, place: Place) {
    this.#pool = pool
    this.#sourceId = sourceId
    this.#nodes = nodes
    this.#lease = lease
    this.#place = place
    this.shard = scraped.url
    this.target = new Target(scraped.instance, scraped.labels, (names, t) => this.#nodes.resolve(names, t))
  }

  /** Resumes the shard where its last checkpoint left it. Without a lease nothing fences the writes. */
  static async open(
    pool: pg.Pool,
    sourceId: number,
    scraped: ScrapeTarget,
    lease: Lease | null = null,
    place: Place = { claims: new Claims(), order: 0 },
  ): Promise<ShardSession> {
    const session = new ShardSession(pool, sourceId, scraped, await loadNodes(pool), lease, place)
    const { rows } = await pool.query<{ state: Buffer }>('SELECT state FROM open_hour WHERE source_id = $1 AND shard = $2', [
      sourceId,
      session.shard,
    ])
    if (rows[0]) decodeTarget(session.target, rows[0].state)
    session.claim()
    return session
  }

  /** Makes this target's GPUs known to its neighbours: before any of them writes. */
  claim(): void {
    this.#place.claims.claim(this.target.gpus.values(), this.#place.order)
  }

  /** Samples beyond what clocks go wrong are refused from here on. */
  at(now: Date): void {
    this.target.admission.limit = now.getTime() + FUTURE_MS
  }

  /** Inventory may have changed since the session began. */
  async reloadNodes(): Promise<void> {
    this.#nodes = await loadNodes(this.#pool)
  }

  /**
   * Writes the hours that changed, the checkpoint, replicas, GPUs and dirty days in one transaction. When it throws nothing was
   * written and nothing forgotten: flush again.
   */
  async flush(options: FlushOptions): Promise<Flushed> {
    const { target } = this
    const { tally } = target.admission
    this.claim()
    const { gpus: all, serving } = target.rows()
    const gpus = all.filter(({ gpu }) => this.#place.claims.owns(gpu, this.#place.order))
    const pending = { gpus: pendingOf(gpus, gpuFacts), serving: pendingOf(serving, serveFacts) }
    const read = Object.values(tally).some((count) => count > 0)
    const newestMs = Number.isFinite(target.admission.newest) ? target.admission.newest : null
    if (!read && pending.gpus.length + pending.serving.length === 0) return { rows: 0, tally: emptyTally(), newestMs, newReplicas: 0 }
    const gpuHours = pending.gpus.map((one) => one.row.slot.hourMs)
    await ensurePartitions(this.#pool, 'gpu_hour', gpuHours)
    await ensurePartitions(this.#pool, 'gpu_hour_old', gpuHours)
    await ensurePartitions(
      this.#pool,
      'serve_hour',
      pending.serving.map((one) => one.row.slot.hourMs),
    )
    const written = await transaction(this.#pool, (client) => this.#write(client, pending, options))
    this.#settle(pending, [...all, ...serving], written.nodeIds)
    if (written.nodeIds.size > 0) await this.reloadNodes()
    this.#batch = written.batch
    target.admission.tally = emptyTally()
    return { rows: written.rows, tally, newestMs, newReplicas: written.newReplicas }
  }

  async #write(
    client: pg.PoolClient,
    pending: { gpus: Pending<GpuRow>[]; serving: Pending<ServeRow>[] },
    options: FlushOptions,
  ): Promise<{ rows: number; newReplicas: number; nodeIds: Map<string, number>; batch: { seq: string; hour: number } }> {
    const { now } = options
    if (this.#lease) await fence(client, this.#lease, now)
    const all = [...pending.gpus, ...pending.serving]
    const nodeIds = await createNodes(
      client,
      all.flatMap(({ row }) => (typeof row.slot.node === 'string' ? [row.slot.node] : [])),
    )
    // A GPU that a neighbour has keeps the name: no row of it is written here.
    const refOf = (node: NodeRef): NodeRef => (typeof node === 'string' ? (nodeIds.get(node) ?? node) : node)
    const nodeId = (node: NodeRef): number => refOf(node) as number
    await upsertGpus(client, pending.gpus, nodeId)
    const replicas = await upsertReplicas(client, this.#sourceId, pending.serving, nodeId)
    const batch = await this.#batchRow(client, options)
    const hour = (slot: Slot) => new Date(slot.hourMs)
    const closedBefore = options.closedBefore ?? (this.target.admission.horizon === -Infinity ? null : this.#newestWritten())
    const gpuHours = await upsertHours(
      client,
      GPU_HOUR,
      pending.gpus.map(({ row: { gpu, slot }, facts }) => [nodeId(slot.node), hour(slot), gpu.uuid, gpu.mig, this.#sourceId, ...facts]),
      { seq: batch.seq, closedBefore },
    )
    const serveHours = await upsertHours(
      client,
      SERVE_HOUR,
      pending.serving.map(({ row: { replica, slot }, facts }) => [
        nodeId(slot.node),
        hour(slot),
        replicas.idOf(replica),
        this.#sourceId,
        ...facts,
      ]),
      { seq: batch.seq, closedBefore: null },
    )
    const cause = `scrape ${this.shard}`
    const days = (hours: Date[]) => hours.map((at) => dayOf(at.getTime()))
    await markDirty(client, ['capacity'], [...days(gpuHours), ...standingDays(pending.gpus, now), ...days(serveHours)], cause)
    await markDirty(client, ['tokens', 'equivalent'], days(serveHours), cause)
    await this.#checkpoint(client, pending, refOf, now)
    if (replicas.created > 0) await options.onNewReplicas?.(client)
    return { rows: gpuHours.length + serveHours.length, newReplicas: replicas.created, nodeIds, batch }
  }

  /** Hours before the newest one that was written are closed: what changes in them is an amendment. */
  #newestWritten(): number {
    let newest = -Infinity
    for (const gpu of this.target.gpus.values())
      for (const slot of gpu.timeline.all()) if (slot.written !== '' && slot.hourMs > newest) newest = slot.hourMs
    return newest
  }

  async #batchRow(client: pg.PoolClient, { now, rejected, hourly }: FlushOptions): Promise<{ seq: string; hour: number }> {
    const { samples, late, repeated, future } = this.target.admission.tally
    const hour = Math.floor(now.getTime() / HOUR_MS)
    const counts = [samples + late + repeated + future + rejected, samples, late + future + rejected, repeated]
    if (hourly && this.#batch?.hour === hour) {
      await client.query(
        `UPDATE batch SET rows_read = rows_read + $2, rows_accepted = rows_accepted + $3, rows_quarantined = rows_quarantined + $4,
                          rows_excluded = rows_excluded + $5, arrived_at = $6 WHERE seq = $1`,
        [this.#batch.seq, ...counts, now],
      )
      return this.#batch
    }
    const { rows } = await client.query<{ seq: string }>(
      `INSERT INTO batch (batch_id, source_id, kind, replacement_key, status, assembled_at, arrived_at,
                          rows_read, rows_accepted, rows_quarantined, rows_excluded, cause)
       VALUES ($1, $2, 'scrape', $3, 'final', $4, $4, $5, $6, $7, $8, 'scrape') RETURNING seq`,
      [ulid(now.getTime(), randomBytes(16)), this.#sourceId, this.shard, now, ...counts],
    )
    return { seq: rows[0]!.seq, hour }
  }

  async #checkpoint(
    client: pg.PoolClient,
    pending: { gpus: Pending<GpuRow>[]; serving: Pending<ServeRow>[] },
    nodeRef: (node: NodeRef) => NodeRef,
    now: Date,
  ): Promise<void> {
    const fresh = new Map<Slot, string>([...pending.gpus, ...pending.serving].map((one) => [one.row.slot, one.digest]))
    const state = encodeTarget(this.target, {
      horizon: this.target.nextHorizon(),
      nodeRef,
      written: (slot) => fresh.get(slot) ?? slot.written,
    })
    await client.query(
      `INSERT INTO open_hour (source_id, shard, state, updated_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (source_id, shard) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at`,
      [this.#sourceId, this.shard, state, now],
    )
  }

  #settle(
    pending: { gpus: Pending<GpuRow>[]; serving: Pending<ServeRow>[] },
    rows: readonly (GpuRow | ServeRow)[],
    nodeIds: ReadonlyMap<string, number>,
  ): void {
    for (const one of [...pending.gpus, ...pending.serving]) one.row.slot.written = one.digest
    for (const { slot } of rows) {
      slot.dirty = false
      if (typeof slot.node === 'string') slot.node = nodeIds.get(slot.node) ?? slot.node
    }
    this.target.settle(this.target.nextHorizon())
  }
}

/** A failure that stands at the end of a GPU's last row goes on until something ends it: later days follow from it. */
function standingDays(pending: readonly Pending<GpuRow>[], now: Date): string[] {
  const last = new Map<unknown, GpuRow>()
  for (const { row } of pending) if ((last.get(row.gpu)?.slot.hourMs ?? -Infinity) <= row.slot.hourMs) last.set(row.gpu, row)
  return [...last.values()]
    .filter(({ hour }) => (hour.xid.standing & (1n << 59n)) !== 0n)
    .flatMap(({ slot }) => daysOf({ start: slot.hourMs, end: Math.max(slot.hourMs + 1, now.getTime()) }))
}
