// Hand-written FOCUS files and a place to import them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { focus } from '#collectors/bills/focus/index.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { type FileCollectors, importFile, type ImportOptions, type ImportResult } from '#lib/services/import.ts'
import { freshDatabase } from './database.ts'

export type Cells = Record<string, string>

/** A Usage line of one dollar in one hour of 2026-06-01. */
export const USAGE: Cells = {
  BilledCost: '1.00',
  EffectiveCost: '0.50',
  BillingAccountId: 'acc-1',
  BillingCurrency: 'USD',
  BillingPeriodStart: '2026-06-01T00:00:00Z',
  BillingPeriodEnd: '2026-07-01T00:00:00Z',
  ChargePeriodStart: '2026-06-01T00:00:00Z',
  ChargePeriodEnd: '2026-06-01T01:00:00Z',
  ChargeCategory: 'Usage',
  ChargeClass: '',
  ChargeDescription: 'a GPU hour',
  ServiceName: 'Compute',
  ResourceId: 'i-1',
  ConsumedQuantity: '1',
  ConsumedUnit: 'Hours',
  InvoiceId: '',
  Tags: '',
}

/** The same line n times, told apart by its hour. */
export const hours = (count: number, more: Cells = {}): Cells[] =>
  Array.from({ length: count }, (_, i) => {
    const at = (hour: number) => new Date(Date.UTC(2026, 5, 1, hour)).toISOString().replace('.000', '')
    return { ...USAGE, ChargePeriodStart: at(i), ChargePeriodEnd: at(i + 1), ...more }
  })

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

export function csvOf(rows: readonly Cells[], columns: readonly string[] = Object.keys(rows[0] ?? USAGE)): string {
  return `${[columns, ...rows.map((row) => columns.map((name) => row[name] ?? ''))].map((cells) => cells.map(quoted).join(',')).join('\n')}\n`
}

export type Workshop = {
  context: ServiceContext
  dir: string
  /** Imports a file of this content into the source `bills`. */
  bring: (
    content: string | Buffer,
    more?: { name?: string; options?: ImportOptions; now?: string; settings?: unknown },
  ) => Promise<ImportResult[]>
  rows: <T = Record<string, unknown>>(sql: string, values?: unknown[]) => Promise<T[]>
  rules: (list: readonly [match: string, scope: string, layer: string][]) => Promise<void>
  close: () => Promise<void>
}

/** An empty database, a data folder and the source `bills` of this kind. */
export async function workshop(collector: FileCollectors & { facts: 'bills' } = focus): Promise<Workshop> {
  const { kind } = collector
  const db = await freshDatabase()
  const dir = mkdtempSync(path.join(os.tmpdir(), 'denominator-bills-'))
  const { sourceId } = await db.prisma.source.create({ data: { name: 'bills', kind } })
  const context: ServiceContext = {
    db,
    now: new Date('2026-07-02T00:00:00Z'),
    currency: 'USD',
    timezone: 'UTC',
    dataDir: path.join(dir, 'data'),
  }
  const rows: Workshop['rows'] = async (sql, values) => (await db.pool.query(sql, values)).rows
  return {
    context,
    dir,
    rows,
    bring: async (content, { name = 'bill.csv', options, now, settings = {} } = {}) => {
      const file = path.join(dir, name)
      writeFileSync(file, content)
      const at = now ? { ...context, now: new Date(now) } : context
      return importFile(LOCAL_ADMINISTRATOR, at, collector, { sourceId, name: 'bills', kind, settings }, { path: file }, options)
    },
    rules: async (list) => {
      await db.prisma.layerRule.deleteMany()
      await db.prisma.layerRule.createMany({ data: list.map(([match, scope, layer], ordinal) => ({ ordinal, match, scope, layer })) })
    },
    close: async () => {
      await db.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
