import type pg from 'pg'
import type { BillLine } from '#lib/domain/bill.ts'
import type { ImportOptions, ImportSource } from '../batch.ts'
import type { DeliveredFile, FileReading } from '../contract.ts'
import type { BillRules } from './rules.ts'

/** One bill to be imported: a delivered file, opened by its collector. */
export type BillImport = {
  pool: pg.Pool
  source: ImportSource
  file: DeliveredFile
  reading: FileReading<BillLine>
  now: Date
  scratchDir: string
  options: ImportOptions
  /** Where the bytes lie in the landing store, relative to the data folder. */
  landingPath: string
  /** How the file was read, so that the same bytes read the same way are recognised. */
  readingDigest: (rules: BillRules) => string
  /** A re-reading under new rules: which of its delivery's batches are meant, and that delivery. */
  again?: { deliveryId: string; keys: ReadonlySet<string> }
}
