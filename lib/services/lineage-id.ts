// A lineage id is the predicate of a report's amount, encoded: it needs no table and stays valid (DESIGN.md section 8).
import { Failure } from '#lib/errors.ts'
import { type Day, isDay } from '#lib/domain/time.ts'
import { LEDGER_DIMENSIONS, type LedgerFilter } from './report/query.ts'

export const LINEAGE_REPORTS = ['tco', 'capacity', 'labour', 'tokens', 'compare'] as const
export type LineageReport = (typeof LINEAGE_REPORTS)[number]

export type LineagePredicate = {
  report: LineageReport
  /** UTC days [from, to). */
  from: Day
  to: Day
  /** Which amount: effective when left out. */
  basis?: 'effective' | 'billed'
  asOf?: Date
  /** Dimensions of the ledger; what is left out is not restricted. */
  where?: LedgerFilter
  /** Measures of the ledger; the report's own when left out. */
  measures?: readonly string[]
}

type Short = { r: LineageReport; f: Day; t: Day; b?: 'b'; a?: string; m?: readonly string[]; w?: LedgerFilter }

/** Base64url text: the same predicate gives the same id. */
export function lineageId({ report, from, to, basis, asOf, where, measures }: LineagePredicate): string {
  const short: Short = { r: report, f: from, t: to }
  if (basis === 'billed') short.b = 'b'
  if (asOf) short.a = asOf.toISOString()
  if (measures) short.m = measures
  const sorted = LEDGER_DIMENSIONS.filter((name) => name !== 'day' && name !== 'month' && where?.[name] !== undefined)
  if (where && sorted.length > 0) short.w = Object.fromEntries(sorted.map((name) => [name, where[name as keyof LedgerFilter]]))
  return Buffer.from(JSON.stringify(short)).toString('base64url')
}

// PostgreSQL's texts hold no NUL.
const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0')
const texts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)

const valid = (short: Short): boolean =>
  LINEAGE_REPORTS.includes(short.r) &&
  isDay(short.f) &&
  isDay(short.t) &&
  short.f < short.t &&
  (short.a === undefined || !Number.isNaN(Date.parse(short.a))) &&
  (short.m === undefined || texts(short.m)) &&
  Object.entries(short.w ?? {}).every(
    ([name, value]) =>
      name !== 'day' && name !== 'month' && LEDGER_DIMENSIONS.some((known) => known === name) && (isText(value) || texts(value)),
  )

/** Throws `missing` for a text that is no lineage id. */
export function readLineageId(id: string): LineagePredicate {
  try {
    const short = JSON.parse(Buffer.from(id, 'base64url').toString('utf8')) as Short
    if (valid(short))
      return {
        report: short.r,
        from: short.f,
        to: short.t,
        basis: short.b === 'b' ? 'billed' : 'effective',
        asOf: short.a === undefined ? undefined : new Date(short.a),
        where: short.w,
        measures: short.m,
      }
  } catch {
    // not base64url JSON: the same answer as for a predicate that is none
  }
  throw new Failure('missing', 'no_lineage', 'this is no lineage id', { remedy: 'take the `id` of a row of a report' })
}
