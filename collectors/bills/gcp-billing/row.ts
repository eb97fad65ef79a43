// One row of the export, whatever it came in: a value by its path, a list by its name, and everything it holds.
import { type Value, parseLiteral } from './literal.ts'
import { LISTS, type ListColumn, TEXTS, type TextColumn } from './schema.ts'

export type Item = Record<string, string>

export type GcpRow = {
  line: number
  /** Empty where the row has no such value. */
  text: (column: TextColumn) => string
  /** Undefined where the cell holds no list of records. */
  list: (column: ListColumn) => Item[] | undefined
  /** Every value by its name, in a fixed order, empty ones left out. `placed`: a bill line has a place for it. */
  all: () => { name: string; text: string; placed: boolean }[]
  /** Any value by the name that the file gives it. */
  own: (name: string) => string | undefined
}

const isRecord = (value: Value | undefined): value is { [name: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** PostgreSQL holds neither a NUL nor half of a surrogate pair: both come out of escapes, in JSON and in Python's notation. */
export const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed()

export const textOf = (value: Value | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? storable(value) : JSON.stringify(value)

/** Null and an empty cell are an empty list. */
export function itemsOf(value: Value | undefined): Item[] | undefined {
  if (value === undefined || value === null || value === '') return []
  if (!Array.isArray(value)) return undefined
  const items: Item[] = []
  for (const one of value) {
    if (!isRecord(one)) return undefined
    items.push(Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, textOf(inner)])))
  }
  return items
}

const PLACED = new Set<string>([...Object.values(TEXTS), 'labels', 'system_labels', 'tags'])

function flatten(value: { [name: string]: Value }, prefix: string, into: Map<string, string>): void {
  for (const [name, inner] of Object.entries(value)) {
    if (isRecord(inner)) flatten(inner, `${prefix}${name}.`, into)
    else if (!(Array.isArray(inner) && inner.length === 0)) into.set(storable(prefix + name), textOf(inner))
  }
}

/** A row that was an object. */
export function objectRow(value: { [name: string]: Value }, line: number): GcpRow {
  const at = (path: string): Value | undefined =>
    path.split('.').reduce<Value | undefined>((inner, name) => (isRecord(inner) ? inner[name] : undefined), value)
  return {
    line,
    text: (column) => textOf(at(TEXTS[column])),
    list: (column) => itemsOf(at(LISTS[column])),
    all() {
      const flat = new Map<string, string>()
      flatten(value, '', flat)
      return [...flat]
        .filter(([, text]) => text !== '')
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, text]) => ({ name, text, placed: PLACED.has(name) }))
    },
    own: (name) => textOf(at(name)) || undefined,
  }
}

/** Where a table keeps a value: in a column of its own, or inside a record that fills a column. */
type Spot = { index: number; inner?: string }

/** Columns of a table by the export's paths: `service.id`, `service_id`, or a column `service` with a record in it. */
export class TableColumns {
  readonly texts: Record<TextColumn, Spot>
  readonly lists: Record<ListColumn, Spot & { key?: number; fields: readonly { name: string; index: number }[] }>
  readonly byName: ReadonlyMap<string, number>
  readonly sorted: readonly { name: string; index: number; placed: boolean }[]

  constructor(header: readonly string[]) {
    this.byName = new Map(header.map((name, index) => [name.trim().toLowerCase(), index]))
    const entries = (Object.entries(TEXTS) as [TextColumn, string][]).map(([column, path]) => [column, this.spot(path)])
    this.texts = Object.fromEntries(entries) as Record<TextColumn, Spot>
    const lists = (Object.entries(LISTS) as [ListColumn, string][]).map(([column, name]) => [
      column,
      { index: this.byName.get(name) ?? -1, fields: this.fields(name) },
    ])
    this.lists = Object.fromEntries(lists) as TableColumns['lists']
    const placed = new Set<number>(
      [...Object.values(this.texts), this.lists.labels, this.lists.systemLabels, this.lists.tags].map(({ index }) => index),
    )
    this.sorted = header
      .map((name, index) => ({ name, index, placed: placed.has(index) }))
      .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  }

  private spot(path: string): Spot {
    const flat = this.byName.get(path) ?? this.byName.get(path.replaceAll('.', '_'))
    if (flat !== undefined) return { index: flat }
    const [record, inner] = path.split('.') as [string, string?]
    return inner === undefined ? { index: -1 } : { index: this.byName.get(record) ?? -1, inner }
  }

  /** A list that was flattened to one record a row: `credits_amount`, `credits_type`. */
  private fields(list: string): { name: string; index: number }[] {
    return [...this.byName].flatMap(([name, index]) => {
      const field = new RegExp(`^${list}[._](.+)$`).exec(name)?.[1]
      return field === undefined ? [] : [{ name: field, index }]
    })
  }
}

const isNull = (cell: string) => cell === '' || cell === 'NULL' || cell === 'null' || cell === 'None' || cell === 'nan'

/** A row of a table. */
export function tableRow(columns: TableColumns, cells: readonly string[], line: number): GcpRow {
  const records = new Map<number, Value | undefined>()
  const parsed = (index: number): Value | undefined => {
    if (!records.has(index)) records.set(index, parseLiteral(cells[index] ?? ''))
    return records.get(index)
  }
  const cell = (index: number): string => {
    const text = index < 0 ? '' : (cells[index] ?? '').trim()
    return isNull(text) ? '' : text
  }
  return {
    line,
    text(column) {
      const { index, inner } = columns.texts[column]
      if (inner === undefined) return cell(index)
      const record = cell(index) === '' ? undefined : parsed(index)
      return isRecord(record) ? textOf(record[inner]) : ''
    },
    list(column) {
      const { index, fields } = columns.lists[column]
      if (index >= 0) {
        const value = cell(index) === '' ? [] : parsed(index)
        return value === undefined ? undefined : itemsOf(value)
      }
      const item = Object.fromEntries(fields.map((field) => [field.name, cell(field.index)]).filter(([, text]) => text !== ''))
      return Object.keys(item).length === 0 ? [] : [item]
    },
    all: () =>
      columns.sorted.flatMap(({ name, index, placed }) => {
        const text = cell(index)
        return text === '' || text === '[]' ? [] : [{ name, text, placed }]
      }),
    own: (name) => cell(columns.byName.get(name.toLowerCase()) ?? -1) || undefined,
  }
}
