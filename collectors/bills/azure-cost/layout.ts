import { Failure } from '#lib/errors.ts'
import { ALSO_EXTRA, type AzureSettings, azureName, PLACED, type PlacedColumn } from './schema.ts'

/** Where the columns of one file stand. */
export type Layout = {
  /** Index of each column that has a place; -1 where the file has none. */
  at: Record<PlacedColumn, number>
  /** How the file spells each column, for a reject to name it. */
  header: readonly string[]
  byName: ReadonlyMap<string, number>
  extra: readonly { json: string; index: number }[]
  /** Columns of a line's identity, in an order that does not depend on the file's. */
  identity: readonly { name: string; index: number }[]
  agreement: 'EA' | 'MCA' | 'pay-as-you-go'
}

const INDISPENSABLE = [
  ['cost', 'Cost, CostInBillingCurrency or PreTaxCost'],
  ['date', 'Date or UsageDateTime'],
] as const

function agreementOf(byName: ReadonlyMap<string, number>): Layout['agreement'] {
  if (byName.has('usagedatetime') && !byName.has('billingaccountid')) return 'pay-as-you-go'
  return byName.has('pricingcurrency') || byName.has('costinusd') ? 'MCA' : 'EA'
}

/** Reads a header. Refuses the file when it lacks a column without which it is no Azure bill (`not_azure`, `no_currency`). */
export function layoutOf(header: readonly string[], file: string, settings: AzureSettings): Layout {
  const place = { file, line: 1 }
  const renamed = new Map(Object.entries(settings.columns ?? {}).map(([name, theirs]) => [theirs, azureName(name)]))
  const names = header.map((name) => renamed.get(name.trim()) ?? azureName(name))
  const byName = new Map(names.map((name, index) => [name, index]))
  if (byName.size < names.length) {
    const twice = header[names.findIndex((name, index) => names.indexOf(name) !== index)]
    throw new Failure('refused', 'bad_header', `the column ${twice} occurs twice`, { place })
  }
  const find = (column: PlacedColumn) => PLACED[column].map((name) => byName.get(name) ?? -1).find((index) => index >= 0) ?? -1
  const columns = Object.keys(PLACED) as PlacedColumn[]
  const at = Object.fromEntries(columns.map((column) => [column, find(column)])) as Record<PlacedColumn, number>
  const missing = INDISPENSABLE.filter(([column]) => at[column] < 0).map(([, spelt]) => spelt)
  if (missing.length > 0)
    throw new Failure('refused', 'not_azure', `this is no Azure cost file: it has no column ${missing.join(', nor ')}`, {
      place,
      remedy: 'deliver a cost details export; if its headers are in other words, name them in the source: columns: { Cost: "…" }',
    })
  if (at.currency < 0 && !settings.currency)
    throw new Failure('refused', 'no_currency', 'the file has no column BillingCurrency, BillingCurrencyCode or Currency', {
      place,
      remedy: 'name the currency in the source: currency: USD',
    })
  const kept = new Set(columns.filter((column) => !ALSO_EXTRA.has(column)).map((column) => at[column]))
  return {
    at,
    header,
    byName,
    extra: header.map((name, index) => ({ json: `${JSON.stringify(name)}:`, index })).filter(({ index }) => !kept.has(index)),
    identity: names.map((name, index) => ({ name, index })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    agreement: agreementOf(byName),
  }
}

/** A cell; a column that the file lacks reads as empty, and so does a literal null. */
export function cellAt(layout: Layout, cells: readonly string[], column: PlacedColumn): string {
  const index = layout.at[column]
  const cell = index < 0 ? '' : (cells[index] ?? '').trim()
  return cell === 'NULL' || cell === 'null' ? '' : cell
}
