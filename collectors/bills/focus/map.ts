import type { BillLine } from '#lib/domain/bill.ts'
import { type Day, monthOf } from '#lib/domain/time.ts'
import type { Reject, Row } from '#lib/ingest/contract.ts'
import { detached } from '#lib/ingest/csv.ts'
import { amountText, type CellReaders, cellReaders, type Instant, isNull, type Tags } from './cells.ts'
import type { Layout } from './layout.ts'
import { FocusLine } from './line.ts'
import { CATEGORIES, FREQUENCIES, PLACED, type PlacedColumn } from './schema.ts'

const CATEGORY = new Map<string, string>(CATEGORIES.flatMap((name) => [[name, name] as const, [name.toLowerCase(), name] as const]))
const FREQUENCY = new Map<string, string>(FREQUENCIES.map((name) => [name.toLowerCase(), name] as const))
const CURRENCY = /^[A-Z]{3}$/
const AMOUNTS = ['billed', 'effective', 'list', 'contracted', 'consumed', 'pricing'] as const
const NO_TAGS: Tags = { values: {}, text: '{}' }

/** Why a row cannot be taken: the column at fault, and what it held. */
class Unreadable {
  readonly column: string
  readonly value: string
  readonly reason: string
  constructor(column: string, value: string, reason: string) {
    this.column = column
    this.value = value
    this.reason = reason
  }
}

export type Defaults = { file: string; currency: string | undefined; period: Day | undefined }

/** Turns the rows of one file into lines of a bill, or into rejects that say where and why. */
export class FocusMapper {
  private readonly layout: Layout
  private readonly defaults: Defaults
  private readonly read: CellReaders = cellReaders()
  private readonly known = new Set<string>()
  /** The billing period of the row before: nearly every row says the same. */
  private lastPeriod = { from: '', to: '', span: { start: 0, end: 0 } }

  constructor(layout: Layout, defaults: Defaults) {
    this.layout = layout
    this.defaults = defaults
  }

  map(cells: string[], line: number): Row<BillLine> | Reject {
    const fact = this.fact(cells)
    if (fact instanceof Unreadable) return this.reject(cells, line, fact)
    return { file: this.defaults.file, line, fact }
  }

  private cell(cells: string[], column: PlacedColumn): string {
    const index = this.layout.at[column]
    const cell = index < 0 ? '' : (cells[index] ?? '')
    return isNull(cell) ? '' : cell
  }

  /** The cell as the file has it: what a reject quotes. */
  private raw(cells: string[], column: PlacedColumn): string {
    return cells[this.layout.at[column]] ?? ''
  }

  private instant(cells: string[], column: PlacedColumn): Instant | Unreadable {
    const cell = this.cell(cells, column)
    const instant = cell === '' ? 'empty' : this.read.instant(cell)
    return typeof instant === 'string' ? new Unreadable(PLACED[column], this.raw(cells, column), instant) : instant
  }

  private currency(cells: string[]): string {
    const cell = this.cell(cells, 'currency')
    return cell === '' ? (this.defaults.currency ?? '') : cell
  }

  private fact(cells: string[]): FocusLine | Unreadable {
    const amounts: (string | null)[] = []
    for (const column of AMOUNTS) {
      const cell = this.cell(cells, column)
      const text = cell === '' ? null : amountText(cell)
      if (text === undefined) return new Unreadable(PLACED[column], cell, 'not a decimal number')
      amounts.push(text)
    }
    const [billed, effective, list, contracted, consumedQuantity, pricingQuantity] = amounts as [string, ...(string | null)[]]
    if (billed === null) return new Unreadable(PLACED.billed, this.raw(cells, 'billed'), 'empty')
    const start = this.instant(cells, 'chargeStart')
    if (start instanceof Unreadable) return start
    const end = this.instant(cells, 'chargeEnd')
    if (end instanceof Unreadable) return end
    if (end.ms <= start.ms) return new Unreadable(PLACED.chargeEnd, this.raw(cells, 'chargeEnd'), 'not after ChargePeriodStart')
    const rawCategory = this.cell(cells, 'category')
    const category = CATEGORY.get(rawCategory) ?? CATEGORY.get(rawCategory.toLowerCase())
    if (!category) return new Unreadable(PLACED.category, rawCategory, rawCategory === '' ? 'empty' : 'not a charge category')
    const currency = this.currency(cells)
    if (!this.known.has(currency)) {
      if (!CURRENCY.test(currency))
        return new Unreadable(PLACED.currency, currency, currency === '' ? 'empty' : 'not a currency code of three capital letters')
      if (this.known.size < 1000) this.known.add(detached(currency))
    }
    const period = this.period(cells, start)
    if (period instanceof Unreadable) return period
    const tagCell = this.cell(cells, 'tags')
    const tags = tagCell === '' ? NO_TAGS : this.read.tags(tagCell)
    if (typeof tags === 'string') return new Unreadable(PLACED.tags, tagCell, tags)
    const frequency = this.cell(cells, 'frequency')
    return new FocusLine(this.layout, cells, {
      stored: {
        billed,
        effective: effective ?? null,
        list: list ?? null,
        contracted: contracted ?? null,
        consumedQuantity: consumedQuantity ?? null,
        pricingQuantity: pricingQuantity ?? null,
        chargeStart: start.text,
        chargeEnd: end.text,
        tags: tags.text,
        extra: null,
      },
      charge: { start: start.ms, end: end.ms },
      billingPeriod: period,
      currency,
      category,
      frequency: frequency === '' ? null : (FREQUENCY.get(frequency.toLowerCase()) ?? frequency),
      tags: tags.values,
    })
  }

  /** The billing period as the row says, else the one that the import was told, else the calendar month of the charge. */
  private period(cells: string[], start: Instant): { start: number; end: number } | Unreadable {
    if (this.layout.at.periodStart < 0) return month(this.defaults.period ?? start.month)
    const { lastPeriod } = this
    const cell = this.cell(cells, 'periodStart')
    const endCell = this.cell(cells, 'periodEnd')
    if (cell === lastPeriod.from && endCell === lastPeriod.to && cell !== '') return lastPeriod.span
    const from = this.instant(cells, 'periodStart')
    if (from instanceof Unreadable) return from
    let span = month(from.month)
    if (this.layout.at.periodEnd >= 0) {
      const to = this.instant(cells, 'periodEnd')
      if (to instanceof Unreadable) return to
      if (to.ms <= from.ms) return new Unreadable(PLACED.periodEnd, to.text, 'not after BillingPeriodStart')
      span = { start: from.ms, end: to.ms }
    }
    this.lastPeriod = { from: detached(cell), to: detached(endCell), span }
    return span
  }

  private reject(cells: string[], line: number, { column, value, reason }: Unreadable): Reject {
    const money = (name: 'billed' | 'effective') => amountText(this.cell(cells, name) || '?') ?? null
    const period = this.layout.at.periodStart < 0 ? this.instant(cells, 'chargeStart') : this.instant(cells, 'periodStart')
    const months = period instanceof Unreadable ? null : period.month
    return {
      file: this.defaults.file,
      line,
      column: column === '' ? null : column,
      value: detached(value.slice(0, 200)),
      reason,
      currency: detached(this.currency(cells)) || null,
      billed: copied(money('billed')),
      effective: copied(money('effective')),
      billingAccount: detached(this.cell(cells, 'account')),
      billingPeriod: this.layout.at.periodStart < 0 ? (this.defaults.period ?? months) : months,
    }
  }
}

const copied = (text: string | null) => (text === null ? null : detached(text))

const months = new Map<Day, { start: number; end: number }>()

function month(first: Day): { start: number; end: number } {
  const key = monthOf(first)
  let span = months.get(key)
  if (!span) {
    const [year, number] = [Number(key.slice(0, 4)), Number(key.slice(5, 7))]
    span = { start: Date.UTC(year, number - 1, 1), end: Date.UTC(year, number, 1) }
    months.set(key, span)
  }
  return span
}
