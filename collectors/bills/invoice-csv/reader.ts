import { Failure } from '#lib/errors.ts'
import { isLineId } from '../focus/schema.ts'
import { type InvoiceSettings, ROLES, type Role } from './schema.ts'

// The file itself is a table of texts like a FOCUS file: CSV, gzip'd CSV or Parquet, told apart by the first bytes.
export { readTable } from '../focus/reader.ts'

/** Where the declared columns of one file stand; -1 where a role has none. */
export type Layout = {
  header: readonly string[]
  at: Record<Role, number>
  /** The billing currency of rows that name none. */
  currency: string
  /** Columns without a role, kept as they came. */
  extra: readonly number[]
  /** Columns of a line's identity, in an order that does not depend on the file's. */
  identity: readonly number[]
}

const CURRENCY = /^[A-Z]{3}$/

/** Finds the declared columns. Throws `refused` (`no_column`, `no_currency`) with what the file has instead. */
export function layoutOf(header: readonly string[], file: string, { columns, defaults }: InvoiceSettings): Layout {
  const place = { file, line: 1 }
  const find = (name: string) => {
    const exact = header.indexOf(name)
    return exact >= 0 ? exact : header.findIndex((other) => other.trim().toLowerCase() === name.toLowerCase())
  }
  const at = Object.fromEntries(ROLES.map((role) => [role, columns[role] === undefined ? -1 : find(columns[role])])) as Layout['at']
  // `currency: USD` in the map is the currency itself, unless the file has a column of that name.
  const named = at.currency < 0 && CURRENCY.test(columns.currency ?? '') ? columns.currency : undefined
  for (const role of ROLES)
    if (columns[role] !== undefined && at[role] < 0 && !(role === 'currency' && named))
      throw new Failure('refused', 'no_column', `the file has no column ${columns[role]}, which is declared as ${role}`, {
        place,
        remedy: `correct the source's column map; the file has ${header.slice(0, 30).join(', ')}`,
      })
  const currency = named ?? defaults.currency ?? ''
  if (at.currency < 0 && !CURRENCY.test(currency))
    throw new Failure('refused', 'no_currency', currency === '' ? 'no currency is declared' : `\`${currency}\` is not a currency code`, {
      place,
      remedy: 'declare the column of the currency, or the currency itself: defaults: { currency: USD }',
    })
  const taken = new Set(Object.values(at))
  const indexes = header.map((_, index) => index)
  return {
    header,
    at,
    currency,
    extra: indexes.filter((index) => !taken.has(index)),
    identity: indexes
      .filter((index) => !isLineId(header[index] as string))
      .sort((a, b) => ((header[a] as string) < (header[b] as string) ? -1 : 1)),
  }
}
