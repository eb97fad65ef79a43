import { Failure } from '#lib/errors.ts'
import {
  AMOUNTS,
  type AmountColumn,
  curName,
  INDISPENSABLE,
  isUnstable,
  PLACED,
  PRODUCT,
  type ProductColumn,
  READ,
  type TextColumn,
} from './schema.ts'

type Column = { name: string; index: number }

/** Where the columns of one file stand. Some files spell one column in two ways, so a column may stand in several places. */
export type Layout = {
  dialect: 'legacy' | '2.0'
  header: readonly string[]
  text: Record<TextColumn, readonly number[]>
  amount: Record<AmountColumn, readonly number[]>
  product: Record<ProductColumn, readonly number[]>
  byName: ReadonlyMap<string, readonly number[]>
  /** Columns that hold one tag each, and the tag's key. */
  tags: readonly Column[]
  /** The maps of CUR 2.0; -1 where the file has none. */
  maps: { tags: number; product: number; category: number }
  /** Columns that are kept in `extra`, with `"name":` ready for JSON. */
  extra: readonly { json: string; index: number }[]
  /** Columns of a line's identity, in an order that does not depend on the file's. */
  identity: readonly Column[]
}

const FLAT_TAG = 'resource_tags_'
const tagOf = (name: string): string | undefined => {
  if (name.startsWith('resourceTags/')) return name.slice('resourceTags/'.length)
  return name.startsWith(FLAT_TAG) ? name.slice(FLAT_TAG.length) : undefined
}

/** Attributes of the product describe the price list, not the charge: they stay in the delivered file and out of `extra`. */
const describesProduct = (name: string): boolean => name === 'product' || name.startsWith('product_')

/** Reads a header. Refuses the file when it lacks a column without which it is no Cost and Usage Report (`not_cur`, `no_currency`). */
export function layoutOf(header: readonly string[], file: string, currency: string | undefined): Layout {
  const columns = header.map((raw, index) => ({ name: curName(raw), index }))
  const byName = new Map<string, number[]>()
  for (const { name, index } of columns) byName.set(name, [...(byName.get(name) ?? []), index])
  check(byName, file, currency)
  const at = <Key extends string>(names: Record<Key, string>) =>
    Object.fromEntries(Object.entries<string>(names).map(([key, name]) => [key, byName.get(name) ?? []])) as unknown as Record<
      Key,
      number[]
    >
  const text = at({ ...PLACED, ...READ })
  const tags = columns.flatMap(({ name, index }) => {
    const key = tagOf(name)
    return key === undefined ? [] : [{ name: key, index }]
  })
  const maps = { tags: first(byName, 'resource_tags'), product: first(byName, 'product'), category: first(byName, 'cost_category') }
  const placed = new Set([...Object.keys(PLACED).flatMap((key) => text[key as TextColumn]), ...tags.map(({ index }) => index), maps.tags])
  return {
    dialect: header.some((name) => name.includes('/')) || (tags.length > 0 && maps.tags < 0) ? 'legacy' : '2.0',
    header,
    text,
    amount: at(AMOUNTS),
    product: at(PRODUCT),
    byName,
    tags,
    maps,
    extra: columns
      .filter(({ name, index }) => !placed.has(index) && !describesProduct(name))
      .map(({ index }) => ({ index, json: `${JSON.stringify(header[index])}:` })),
    identity: columns.filter(({ name }) => !isUnstable(name)).sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

const first = (byName: ReadonlyMap<string, number[]>, name: string): number => byName.get(name)?.[0] ?? -1

function check(byName: ReadonlyMap<string, number[]>, file: string, currency: string | undefined): void {
  const place = { file, line: 1 }
  const missing = INDISPENSABLE.filter((name) => !byName.has(name))
  if (missing.length > 0) {
    const focus = byName.has('billedcost')
    throw new Failure('refused', 'not_cur', `this is no AWS Cost and Usage Report: it has no column ${missing.join(', ')}`, {
      place,
      remedy: focus ? 'it looks like a FOCUS export: declare the source with kind focus' : 'deliver a Cost and Usage Report, legacy or 2.0',
    })
  }
  if (!byName.has(PLACED.currency) && !currency)
    throw new Failure('refused', 'no_currency', `the file has no column ${PLACED.currency}`, {
      place,
      remedy: 'name the currency in the source: currency: USD',
    })
}

/** The name of a column as the file spells it, for messages. */
export const spelled = (layout: Layout, indexes: readonly number[], name: string): string => layout.header[indexes[0] ?? -1] ?? name

/** The text of the first of these places that holds one; '' where none does. */
export function textAt(cells: readonly string[], indexes: readonly number[]): string {
  for (const index of indexes) {
    const cell = cells[index]
    if (cell !== undefined && cell !== '' && cell !== 'NULL') return cell
  }
  return ''
}
