import { Failure } from '#lib/errors.ts'
import { focusName, IDENTITY_CODES, INDISPENSABLE, isLineId, PLACED, type PlacedColumn } from './schema.ts'

/** Where the columns of one file stand. */
export type Layout = {
  /** Index of each column that has a place of its own; -1 where the file has none. */
  at: Record<PlacedColumn, number>
  /** Every column by its FOCUS name. */
  byName: ReadonlyMap<string, number>
  /** Columns that are kept in `extra`, with `"name":` ready for JSON. */
  extra: readonly { name: string; json: string; index: number }[]
  /** Columns of a line's identity, in an order that does not depend on the file's. */
  identity: readonly { code: string; index: number }[]
  /** Columns that may name the instance type. */
  instanceType: number
  skuDetails: number
}

/** Reads a header. Refuses the file when it lacks a column without which it is no bill (`not_focus`, `no_currency`). */
export function layoutOf(header: readonly string[], file: string, currency: string | undefined): Layout {
  const names = header.map(focusName)
  const byName = new Map(names.map((name, index) => [name, index]))
  if (byName.size < names.length) {
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    throw new Failure('refused', 'bad_header', `the column ${twice} occurs twice`, { place: { file, line: 1 } })
  }
  const missing = INDISPENSABLE.filter((name) => !byName.has(name))
  if (missing.length > 0)
    throw new Failure('refused', 'not_focus', `this is no FOCUS file: it has no column ${missing.join(', ')}`, {
      place: { file, line: 1 },
      remedy: 'deliver a FOCUS 1.0 to 1.2 export, or choose the kind of source that fits',
    })
  if (!byName.has(PLACED.currency) && !currency)
    throw new Failure('refused', 'no_currency', `the file has no column ${PLACED.currency}`, {
      place: { file, line: 1 },
      remedy: 'name the currency in the source: currency: USD',
    })
  const at = Object.fromEntries(Object.entries(PLACED).map(([key, name]) => [key, byName.get(name) ?? -1])) as Record<PlacedColumn, number>
  if (at.provider < 0) at.provider = byName.get('ServiceProviderName') ?? -1
  const placed = new Set(Object.values(at))
  const columns = names.map((name, index) => ({ name, index }))
  return {
    at,
    byName,
    extra: columns.filter(({ index }) => !placed.has(index)).map(({ name, index }) => ({ name, index, json: `${JSON.stringify(name)}:` })),
    identity: columns
      .filter(({ name }) => !isLineId(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, index }) => ({ code: IDENTITY_CODES.get(name) ?? name, index })),
    instanceType: byName.get('x_InstanceType') ?? -1,
    skuDetails: byName.get('SkuPriceDetails') ?? -1,
  }
}
