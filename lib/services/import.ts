import path from 'node:path'
import type { BillLine } from '#lib/domain/bill.ts'
import type { TimeEntry } from '#lib/domain/people.ts'
import { messageOf } from '#lib/errors.ts'
import type { ImportOptions, ImportResult, ImportSource } from '#lib/ingest/batch.ts'
import { importBills } from '#lib/ingest/bills/import.ts'
import { billRules } from '#lib/ingest/bills/rules.ts'
import { replacedSince, sameDelivery, storedBatches, unchangedResult } from '#lib/ingest/bills/stored.ts'
import type { DeliveredFile } from '#lib/ingest/contract.ts'
import { recordDelivery } from '#lib/ingest/delivery.ts'
import { type Input, type Landed, land } from '#lib/ingest/landing.ts'
import { writeTimeEntries } from '#lib/ingest/people/time.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'
import {
  type BillFiles,
  type CurrentDelivery,
  currentDeliveries,
  type FileCollectors,
  isLanded,
  type Opens,
  openLanded,
  reading,
  type Reading,
} from './landed.ts'

export type { ImportOptions, ImportResult, ImportSource } from '#lib/ingest/batch.ts'

export type { FileCollectors } from './landed.ts'

/**
 * One delivery of a file source: kept in the landing store, read, and written in one transaction. One result a batch. The same bytes
 * again, read the same way, write nothing. Throws `refused` when the file is not what it claims; then nothing of it is imported.
 */
export async function importFile(
  actor: Actor,
  context: ServiceContext,
  collector: FileCollectors,
  source: ImportSource,
  input: Input,
  options: ImportOptions = {},
): Promise<ImportResult[]> {
  authorise(actor, 'write')
  try {
    const how = await reading(context, collector, source, options)
    const landed = await land(context.dataDir, input, (bytes) => sizeSeen(context, bytes))
    const file = {
      name: 'path' in input ? path.basename(input.path) : input.name,
      ...landed,
      path: path.join(context.dataDir, landed.path),
    }
    const results =
      collector.facts === 'bills'
        ? await bills(context, collector.open, source, { file, landed, how, options })
        : await time(context, collector.open, source, { file, landed, how, options })
    await succeeded(context, source)
    return results
  } catch (error) {
    await sourceFailed(context, source, error)
    throw error
  }
}

async function sizeSeen({ db }: ServiceContext, bytes: number): Promise<boolean> {
  const { rowCount } = await db.pool.query('SELECT 1 FROM delivery WHERE bytes = $1 LIMIT 1', [bytes])
  return rowCount !== 0
}

type Delivered = { file: DeliveredFile; landed: Landed; how: Reading; options: ImportOptions }

async function bills(
  context: ServiceContext,
  open: Opens<BillLine>,
  source: ImportSource,
  { file, landed, how, options }: Delivered,
): Promise<ImportResult[]> {
  const { pool } = context.db
  const known = await sameDelivery(pool, source.sourceId, landed.sha256, how.digest(await billRules(pool)))
  if (known) return Promise.all(known.map((batch) => unchangedResult(pool, source, batch)))
  if (options.found && (await replacedSince(pool, source.sourceId, landed.sha256))) return []
  const { scratchDir, settings, digest: readingDigest } = how
  const opened = await open(file, settings, { period: options.period, scratchDir })
  const job = { pool, source, file, reading: opened, now: context.now, scratchDir, options, landingPath: landed.path, readingDigest }
  return importBills(job)
}

async function time(
  context: ServiceContext,
  open: Opens<TimeEntry>,
  source: ImportSource,
  { file, landed, how, options }: Delivered,
): Promise<ImportResult[]> {
  const opened = await open(file, how.settings, { period: options.period, scratchDir: how.scratchDir })
  const client = await context.db.pool.connect()
  let deliveryId: string
  try {
    const { rows } = await client.query<{ delivery_id: string }>('SELECT delivery_id FROM delivery WHERE source_id = $1 AND sha256 = $2', [
      source.sourceId,
      landed.sha256,
    ])
    const record = { sourceId: source.sourceId, file, landingPath: landed.path, now: context.now, detail: {}, deliveryId: null }
    deliveryId = rows[0]?.delivery_id ?? (await recordDelivery(client, record))
  } finally {
    client.release()
  }
  return [await writeTimeEntries(context, source, { deliveryId, fileName: file.name, sha256: landed.sha256 }, opened, options)]
}

async function succeeded({ db, now }: ServiceContext, { sourceId }: ImportSource): Promise<void> {
  await db.pool.query(
    `UPDATE source SET last_attempt_at = $2, last_success_at = $2, last_error = NULL, last_error_at = NULL WHERE source_id = $1`,
    [sourceId, now],
  )
}

/** Turns the source red: what went wrong stays on it until something of it succeeds. */
export async function sourceFailed({ db, now }: ServiceContext, { sourceId }: ImportSource, error: unknown): Promise<void> {
  await db.pool
    .query('UPDATE source SET last_attempt_at = $2, last_error = $3, last_error_at = $2 WHERE source_id = $1', [
      sourceId,
      now,
      messageOf(error),
    ])
    .catch(() => {}) // what made the import fail is what the caller must hear
}

/**
 * Reads every current bill of the landing store again after rules changed. Lines whose scope or layer changed get a new version; bills
 * that say the same stay as they are, and so do those whose file the landing store no longer has. Sources whose kind `collectorFor`
 * does not know are left alone.
 */
export async function reimportAll(
  actor: Actor,
  context: ServiceContext,
  collectorFor: (kind: string) => { facts: string } | undefined,
): Promise<ImportResult[]> {
  authorise(actor, 'write')
  const results: ImportResult[] = []
  for (const delivery of await currentDeliveries(context.db.pool)) {
    const collector = collectorFor(delivery.kind)
    if (collector?.facts === 'bills') results.push(...(await reimport(context, collector as BillFiles, delivery)))
  }
  return results
}

async function reimport(context: ServiceContext, collector: BillFiles, delivery: CurrentDelivery): Promise<ImportResult[]> {
  if (!(await isLanded(context, delivery))) return stays(context, delivery)
  const { source, file, options, reading: opened, scratchDir, digest: readingDigest } = await openLanded(context, collector, delivery)
  return importBills({
    pool: context.db.pool,
    source,
    file,
    reading: opened,
    now: context.now,
    scratchDir,
    options,
    landingPath: delivery.landingPath,
    readingDigest,
    again: { deliveryId: delivery.deliveryId, keys: new Set(delivery.keys) },
  })
}

async function stays({ db }: ServiceContext, { source, deliveryId, keys }: CurrentDelivery): Promise<ImportResult[]> {
  const batches = (await storedBatches(db.pool, source.sourceId)).filter((one) => one.deliveryId === deliveryId && keys.includes(one.key))
  const results = await Promise.all(batches.map((batch) => unchangedResult(db.pool, source, batch)))
  const message = 'the landing store no longer has this file: it stays as it was read until it is delivered again'
  return results.map((result) => ({ ...result, message }))
}
