import { Failure } from '#lib/errors.ts'
import { INDISPENSABLE, LINE_ID, type OciSettings, PLACED, type PlacedColumn, TAG_PREFIX } from './schema.ts'

/** Where the columns of one file stand. */
export type Layout = {
  at: Record<PlacedColumn, number>
  byName: ReadonlyMap<string, number>
  tags: readonly { key: string; index: number }[]
  extra: readonly { json: string; index: number }[]
  identity: readonly { name: string; index: number }[]
}

/** Reads a header. Refuses the file when it lacks a column without which it is no Oracle bill (`not_oci`, `no_currency`). */
export function layoutOf(header: readonly string[], file: string, settings: OciSettings): Layout {
  const place = { file, line: 1 }
  const names = header.map((name) => name.trim().toLowerCase())
  const byName = new Map(names.map((name, index) => [name, index]))
  if (byName.size < names.length) {
    const twice = header[names.findIndex((name, index) => names.indexOf(name) !== index)]
    throw new Failure('refused', 'bad_header', `the column ${twice} occurs twice`, { place })
  }
  const at = Object.fromEntries(
    Object.entries(PLACED).map(([column, name]) => [column, byName.get(name.toLowerCase()) ?? -1]),
  ) as Layout['at']
  const missing = INDISPENSABLE.filter((column) => at[column] < 0).map((column) => PLACED[column])
  if (missing.length > 0)
    throw new Failure('refused', 'not_oci', `this is no Oracle cost report: it has no column ${missing.join(', ')}`, {
      place,
      remedy: 'deliver a cost report (reports/cost-csv), not a usage report; Oracle’s FOCUS reports belong to a source of kind focus',
    })
  if (at.currency < 0 && !settings.currency)
    throw new Failure('refused', 'no_currency', `the file has no column ${PLACED.currency}`, {
      place,
      remedy: 'name the currency in the source: currency: USD',
    })
  const columns = header.map((name, index) => ({ header: name.trim(), name: names[index] as string, index }))
  const isTag = (name: string) => name.startsWith(TAG_PREFIX)
  const placed = new Set(Object.values(at))
  return {
    at,
    byName,
    tags: columns.filter(({ name }) => isTag(name)).map(({ header: name, index }) => ({ key: name.slice(TAG_PREFIX.length), index })),
    extra: columns
      .filter(({ name, index }) => !placed.has(index) && !isTag(name))
      .map(({ header: name, index }) => ({ json: `${JSON.stringify(name)}:`, index })),
    identity: columns.filter(({ name }) => name !== LINE_ID).sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
