import type pg from 'pg'
import type { LineagePredicate } from '../lineage-id.ts'

export type SourceKind = 'bill_line' | 'time_entry' | 'engagement' | 'shift' | 'node_day' | 'serve_hour' | 'price'

/** One row behind an amount, in one shape whatever its kind. Amounts are in the row's own currency, with every digit. */
export type SourceRow = {
  kind: SourceKind
  what: string
  /** A UTC day, or an instant. */
  when: string
  /** The part of the row that is in the amount, of the basis asked for; null where the row is evidence and not a summand. */
  amount: string | null
  currency: string | null
  quantity: string | null
  unit: string | null
  file: string | null
  line: string | null
  batch: string | null
  detail: Record<string, string>
}

export type Page = { rows: SourceRow[]; next: string | null }
/** One kind of source rows. `at` is the section's own cursor, '' at its start; `next` null: it is exhausted. */
export type Section = (
  client: pg.ClientBase,
  predicate: LineagePredicate,
  page: { at: string; limit: number; persons: boolean },
) => Promise<Page>

export const texts = (wanted: string | readonly string[] | undefined): string[] | null =>
  wanted === undefined ? null : typeof wanted === 'string' ? [wanted] : [...wanted]

/** A page by offset: `rows` holds one more than the limit when there are more. */
export function pageOf(rows: SourceRow[], at: string, limit: number): Page {
  const offset = Number(at || 0)
  return rows.length > limit ? { rows: rows.slice(0, limit), next: String(offset + limit) } : { rows, next: null }
}

/** Drops what is not known. */
export const details = (values: Record<string, string | null | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] != null && entry[1] !== ''))
