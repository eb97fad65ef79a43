import type { BillLine } from '#lib/domain/bill.ts'
import { type Day, monthOf } from '#lib/domain/time.ts'
import type { Reject, Row } from '#lib/ingest/contract.ts'
import { detached } from '#lib/ingest/csv.ts'
import { amountText, type CellReaders, cellReaders, type Instant } from '../focus/cells.ts'
import { CellFault } from '../mapped-line.ts'
import { type Charge, chargeOf } from './charge.ts'
import { type Layout, spelled, textAt } from './layout.ts'
import { CurLine } from './line.ts'
import { Negations } from './negation.ts'
import { AMOUNT_COLUMNS, AMOUNTS, type Amounts, PLACED, READ, type TextColumn } from './schema.ts'

export type Defaults = { file: string; currency: string | undefined; period: Day | undefined }

const CURRENCY = /^[A-Z]{3}$/
const SECOND_MS = 1000
const NO_TAGS = { values: {}, text: '{}' }

/** Turns the rows of one file into lines of a bill, or into rejects that say where and why. */
export class CurMapper {
  private readonly layout: Layout
  private readonly defaults: Defaults
  private readonly read: CellReaders = cellReaders()
  /** A memory of its own: products are many, and must not push the tags out. */
  private readonly maps: CellReaders = cellReaders()
  private readonly net: boolean
  readonly negations = new Negations()

  constructor(layout: Layout, defaults: Defaults) {
    this.layout = layout
    this.defaults = defaults
    this.net = layout.amount.netUnblended.length > 0
  }

  /** The charges of a row: one, or two where it states the unused part of a commitment beside the fee. */
  map(cells: string[], line: number): Row<BillLine>[] | Reject {
    const fact = this.fact(cells)
    if (fact instanceof CellFault) return this.reject(cells, line, fact)
    const place = { file: this.defaults.file, line }
    const { line: own, charge } = fact
    if (charge.neutral === 'cancels') this.negations.negated(own, place)
    else if (own.fileBilled !== own.stored.billed && charge.neutral === null) this.negations.covered(own)
    if (charge.unused === null) return [{ ...place, fact: own }]
    const kind: Charge = { ...charge, category: 'Usage', frequency: 'Usage-Based', billed: '0', effective: charge.unused, unused: null }
    return [
      { ...place, fact: own },
      { ...place, fact: own.beside('unused', kind), part: true },
    ]
  }

  private text(cells: string[], column: TextColumn): string {
    return textAt(cells, this.layout.text[column])
  }

  private named(column: TextColumn): string {
    return spelled(this.layout, this.layout.text[column], { ...PLACED, ...READ }[column])
  }

  private instant(cells: string[], column: TextColumn): Instant | CellFault {
    const cell = this.text(cells, column)
    const instant = cell === '' ? 'empty' : this.read.instant(cell)
    return typeof instant === 'string' ? new CellFault(this.named(column), cell, instant) : instant
  }

  private amounts(cells: string[]): (Amounts & { unblended: string }) | CellFault {
    const amounts = {} as Amounts
    for (const column of AMOUNT_COLUMNS) {
      const places = this.layout.amount[column]
      const cell = places.length === 0 ? '' : textAt(cells, places)
      const text = cell === '' ? null : amountText(cell)
      if (text === undefined) return new CellFault(spelled(this.layout, places, AMOUNTS[column]), cell, 'not a decimal number')
      amounts[column] = text
    }
    const { unblended } = amounts
    if (unblended === null) return new CellFault(spelled(this.layout, this.layout.amount.unblended, AMOUNTS.unblended), '', 'empty')
    return { ...amounts, unblended }
  }

  private charge(cells: string[], type: string, amounts: Amounts & { unblended: string }): Charge {
    return chargeOf(type, {
      amounts,
      net: this.net,
      reserved: this.text(cells, 'reservation') !== '',
      split: this.text(cells, 'splitParent') !== '',
      productCode: this.text(cells, 'productCode'),
      description: this.text(cells, 'description'),
    })
  }

  private fact(cells: string[]): { line: CurLine; charge: Charge } | CellFault {
    const amounts = this.amounts(cells)
    if (amounts instanceof CellFault) return amounts
    const type = this.text(cells, 'type')
    if (type === '') return new CellFault(this.named('type'), '', 'empty')
    const start = this.instant(cells, 'start')
    if (start instanceof CellFault) return start
    const end = this.end(cells, start)
    if (end instanceof CellFault) return end
    const currency = this.currency(cells)
    if (!CURRENCY.test(currency))
      return new CellFault(this.named('currency'), currency, currency === '' ? 'empty' : 'not a currency code of three capital letters')
    const billingPeriod = this.period(cells, start)
    if (billingPeriod instanceof CellFault) return billingPeriod
    const { tags: tagCell, product: productCell, category: categoryCell } = this.layout.maps
    const tags = this.tags(cells, tagCell)
    const product = this.mapAt(cells, productCell)
    const categories = this.mapAt(cells, categoryCell)
    for (const map of [tags, product, categories]) if (map instanceof CellFault) return map
    const charge = this.charge(cells, type, amounts)
    const usage = charge.category === 'Usage' && charge.neutral === null
    const quantity = usage ? (charge.reprices ? '0' : amounts.usage) : null
    const line = new CurLine(this.layout, cells, {
      stored: {
        billed: charge.billed,
        effective: charge.effective,
        list: usage ? amounts.onDemand : null,
        contracted: usage && type !== 'DiscountedUsage' ? (amounts.netUnblended ?? amounts.unblended) : null,
        consumedQuantity: quantity,
        pricingQuantity: quantity,
        chargeStart: start.text,
        chargeEnd: new Date(end).toISOString(),
        tags: (tags as Texts).text,
        extra: null,
      },
      charge: { start: start.ms, end },
      billingPeriod,
      currency,
      kind: charge,
      unblended: amounts.unblended,
      tags: (tags as Texts).values,
      product: (product as Texts).values,
      categories: (categories as Texts).values,
    })
    return { line, charge }
  }

  /** Exclusive. AWS writes the end of some spans as their last second, and one-time charges as an instant. */
  private end(cells: string[], start: Instant): number | CellFault {
    const end = this.instant(cells, 'end')
    if (end instanceof CellFault) return end
    const ms = end.ms % 60_000 === 59_000 || end.ms === start.ms ? end.ms + SECOND_MS : end.ms
    return ms > start.ms ? ms : new CellFault(this.named('end'), this.text(cells, 'end'), `before ${this.named('start')}`)
  }

  private currency(cells: string[]): string {
    const cell = this.text(cells, 'currency')
    return cell === '' ? (this.defaults.currency ?? '') : cell
  }

  /** The billing period as the row says, else the one that the import was told, else the calendar month of the charge. */
  private period(cells: string[], start: Instant): { start: number; end: number } | CellFault {
    if (this.layout.text.periodStart.length === 0) return monthSpan(this.defaults.period ?? start.month)
    const from = this.instant(cells, 'periodStart')
    return from instanceof CellFault ? from : monthSpan(from.month)
  }

  private mapAt(cells: string[], index: number): Texts | CellFault {
    const cell = index < 0 ? '' : (cells[index] as string)
    if (cell === '' || cell === '{}' || cell === 'NULL') return NO_TAGS
    const read = this.maps.tags(cell)
    return typeof read === 'string' ? new CellFault(this.layout.header[index] as string, cell, read) : read
  }

  private tags(cells: string[], index: number): Texts | CellFault {
    const map = this.mapAt(cells, index)
    if (map instanceof CellFault || this.layout.tags.length === 0) return map
    const values = { ...map.values }
    for (const { name, index: at } of this.layout.tags) {
      const cell = cells[at] as string
      if (cell !== '') values[name] = cell
    }
    return { values, text: JSON.stringify(values) }
  }

  private reject(cells: string[], line: number, { column, value, reason }: CellFault): Reject {
    const amounts = this.amounts(cells)
    const known = amounts instanceof CellFault ? null : this.charge(cells, this.text(cells, 'type'), amounts)
    const billed = amountText(textAt(cells, this.layout.amount.unblended) || '?') ?? null
    const period = this.instant(cells, this.layout.text.periodStart.length === 0 ? 'start' : 'periodStart')
    const month = period instanceof CellFault ? null : period.month
    return {
      file: this.defaults.file,
      line,
      column,
      value: detached(value.slice(0, 200)),
      reason,
      currency: detached(this.currency(cells)) || null,
      billed: billed === null ? null : detached(billed),
      effective: known === null ? null : (known.unused ?? known.effective),
      billingAccount: detached(this.text(cells, 'payer')),
      billingPeriod: this.layout.text.periodStart.length === 0 ? (this.defaults.period ?? month) : month,
    }
  }
}

type Texts = { values: Record<string, string>; text: string }

/** A billing period is a calendar month, however the report writes its end. */
function monthSpan(first: Day): { start: number; end: number } {
  const start = Date.parse(`${monthOf(first)}T00:00:00Z`)
  const date = new Date(start)
  return { start, end: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) }
}
