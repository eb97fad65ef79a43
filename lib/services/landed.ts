// Files that arrived once, opened again by their collectors: what importing, reading again and previewing have in common.
import { hash } from 'node:crypto'
import { access, mkdir } from 'node:fs/promises'
import path from 'node:path'
import type pg from 'pg'
import type { z } from 'zod'
import type { BillLine } from '#lib/domain/bill.ts'
import type { TimeEntry } from '#lib/domain/people.ts'
import { Failure } from '#lib/errors.ts'
import type { ImportOptions, ImportSource } from '#lib/ingest/batch.ts'
import type { BillRules } from '#lib/ingest/bills/rules.ts'
import type { DeliveredFile, FileReading } from '#lib/ingest/contract.ts'
import type { ServiceContext } from './context.ts'

export type Opens<Fact> = (
  file: DeliveredFile,
  settings: never,
  context: { period?: string; scratchDir: string },
) => Promise<FileReading<Fact>>
/** A collector of files, whatever its settings: they are checked against its schema before it is opened. */
export type FileCollectors =
  | { facts: 'bills'; kind: string; settings: z.ZodType; open: Opens<BillLine> }
  | { facts: 'time'; kind: string; settings: z.ZodType; open: Opens<TimeEntry> }
export type BillFiles = FileCollectors & { facts: 'bills' }
/** The registry of collectors, as services are handed it. */
export type CollectorFor = (kind: string) => { facts: string } | undefined

/** What a collector of bills is made to read: the file in the landing store and how. */
export type Reading = { settings: never; scratchDir: string; digest: (rules: BillRules) => string }

export async function reading(
  context: ServiceContext,
  collector: FileCollectors,
  source: ImportSource,
  options: ImportOptions,
): Promise<Reading> {
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

/** A delivery of bills of which something is current: `keys` are the replacement keys of what is. */
export type CurrentDelivery = {
  deliveryId: string
  fileName: string
  sha256: string
  bytes: number
  landingPath: string
  toldPeriod: string | null
  kind: string
  source: ImportSource
  keys: string[]
}
type Row = Omit<CurrentDelivery, 'source' | 'bytes'> & { bytes: string; source_id: number; name: string; settings: unknown }

/** In the order in which they were made current. */
export async function currentDeliveries(client: pg.ClientBase | pg.Pool): Promise<CurrentDelivery[]> {
  const { rows } = await client.query<Row>(
    `SELECT d.delivery_id AS "deliveryId", d.file_name AS "fileName", d.sha256, d.bytes, d.landing_path AS "landingPath",
            d.detail->>'period' AS "toldPeriod", s.source_id, s.name, s.kind, s.settings, array_agg(b.replacement_key) AS keys
     FROM batch b JOIN delivery d USING (delivery_id) JOIN source s ON s.source_id = b.source_id
     WHERE b.status IN ('provisional', 'final') AND b.period IS NOT NULL
     GROUP BY d.delivery_id, s.source_id ORDER BY min(b.seq)`,
  )
  return rows.map(({ source_id: sourceId, name, settings, bytes, ...row }) => ({
    ...row,
    bytes: Number(bytes),
    source: { sourceId, name, kind: row.kind, settings },
  }))
}

const pathOf = ({ dataDir }: ServiceContext, { landingPath }: CurrentDelivery) => path.join(dataDir, landingPath)

/** Whether its bytes are still in the landing store. */
export const isLanded = (context: ServiceContext, delivery: CurrentDelivery): Promise<boolean> =>
  access(pathOf(context, delivery)).then(
    () => true,
    () => false,
  )

export type Opened = {
  source: ImportSource
  file: DeliveredFile
  options: ImportOptions
  reading: FileReading<BillLine>
  scratchDir: string
  digest: Reading['digest']
}

/** Opens a landed file as it was opened when it arrived. */
export async function openLanded(context: ServiceContext, collector: BillFiles, delivery: CurrentDelivery): Promise<Opened> {
  const { source, fileName: name, sha256, bytes } = delivery
  const options: ImportOptions = { period: delivery.toldPeriod ?? undefined }
  const { settings, scratchDir, digest } = await reading(context, collector, source, options)
  const file = { name, path: pathOf(context, delivery), sha256, bytes }
  return {
    source,
    file,
    options,
    reading: await collector.open(file, settings, { period: options.period, scratchDir }),
    scratchDir,
    digest,
  }
}
