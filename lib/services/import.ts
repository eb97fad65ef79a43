import { hash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { z } from 'zod'
import type { BillLine } from '#lib/domain/bill.ts'
import type { TimeEntry } from '#lib/domain/people.ts'
import { Failure, messageOf } from '#lib/errors.ts'
import type { ImportOptions, ImportResult, ImportSource } from '#lib/ingest/batch.ts'
import { importBills } from '#lib/ingest/bills/import.ts'
import { type BillRules, billRules } from '#lib/ingest/bills/rules.ts'
import { replacedSince, sameDelivery, unchangedResult } from '#lib/ingest/bills/stored.ts'
import type { DeliveredFile, FileReading } from '#lib/ingest/contract.ts'
import { recordDelivery } from '#lib/ingest/delivery.ts'
import { type Input, type Landed, land } from '#lib/ingest/landing.ts'
import { writeTimeEntries } from '#lib/ingest/people/time.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

export type { ImportOptions, ImportResult, ImportSource } from '#lib/ingest/batch.ts'

type Opens<Fact> = (file: DeliveredFile, settings: never, context: { period?: string; scratchDir: string }) => Promise<FileReading<Fact>>
/** A collector of files, whatever its settings: they are checked against its schema before it is opened. */
export type FileCollectors =
  | { facts: 'bills'; kind: string; settings: z.ZodType; open: Opens<BillLine> }
  | { facts: 'time'; kind: string; settings: z.ZodType; open: Opens<TimeEntry> }

/** What a collector of bills is made to read: the file in the landing store and how. */
type Reading = { settings: never; scratchDir: string; digest: (rules: BillRules) => string }

async function reading(context: ServiceContext, collector: FileCollectors, source: ImportSource, options: ImportOptions): Promise<Reading> {
  const parsed = collector.settings.safeParse(source.settings ?? {})
  if (!parsed.success)
    throw new Failure('usage', 'bad_settings', parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '), {
      place: { source: source.name },
      remedy: 'correct the source in denominator.yaml',
    })
  const scratchDir = path.join(context.dataDir, 'scratch')
  await mkdir(scratchDir, { recursive: true })
  const how = [source.kind, parsed.data, options.period ?? null]
  return { settings: parsed.data as never, scratchDir, digest: (rules) => hash('sha256', JSON.stringify([how, rules.sha256])) }
}

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
 * that say the same stay as they are. Sources whose kind `collectorFor` does not know are left alone.
 */
export async function reimportAll(
  actor: Actor,
  context: ServiceContext,
  collectorFor: (kind: string) => { facts: string } | undefined,
): Promise<ImportResult[]> {
  authorise(actor, 'write')
  const { rows } = await context.db.pool.query<ReimportRow>(
    `SELECT d.delivery_id, d.file_name, d.sha256, d.bytes, d.landing_path, d.detail->>'period' AS told_period,
            s.source_id, s.name, s.kind, s.settings, array_agg(b.replacement_key) AS keys
     FROM batch b JOIN delivery d USING (delivery_id) JOIN source s ON s.source_id = b.source_id
     WHERE b.status IN ('provisional', 'final') AND b.period IS NOT NULL
     GROUP BY d.delivery_id, s.source_id ORDER BY min(b.seq)`,
  )
  const results: ImportResult[] = []
  for (const row of rows) {
    const collector = collectorFor(row.kind)
    if (collector?.facts === 'bills') results.push(...(await reimport(context, collector as FileCollectors & { facts: 'bills' }, row)))
  }
  return results
}

type ReimportRow = {
  delivery_id: string
  file_name: string
  sha256: string
  bytes: string
  landing_path: string
  told_period: string | null
  source_id: number
  name: string
  kind: string
  settings: unknown
  keys: string[]
}

async function reimport(
  context: ServiceContext,
  collector: FileCollectors & { facts: 'bills' },
  row: ReimportRow,
): Promise<ImportResult[]> {
  const source: ImportSource = { sourceId: row.source_id, name: row.name, kind: row.kind, settings: row.settings }
  const options: ImportOptions = { period: row.told_period ?? undefined }
  const { settings, scratchDir, digest: readingDigest } = await reading(context, collector, source, options)
  const file = { name: row.file_name, path: path.join(context.dataDir, row.landing_path), sha256: row.sha256, bytes: Number(row.bytes) }
  const opened = await collector.open(file, settings, { period: options.period, scratchDir })
  return importBills({
    pool: context.db.pool,
    source,
    file,
    reading: opened,
    now: context.now,
    scratchDir,
    options,
    landingPath: row.landing_path,
    readingDigest,
    again: { deliveryId: row.delivery_id, keys: new Set(row.keys) },
  })
}
