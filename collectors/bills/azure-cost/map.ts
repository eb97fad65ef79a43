import type { BillLine } from '#lib/domain/bill.ts'
import { Money } from '#lib/domain/money.ts'
import { DAY_MS, type Day } from '#lib/domain/time.ts'
import type { Reject, Row } from '#lib/ingest/contract.ts'
import { detached } from '#lib/ingest/csv.ts'
import { amountText, cellReaders, type Instant, type Tags } from '../focus/cells.ts'
import { CellFault, mappedLine, ownOf } from '../mapped-line.ts'
import { monthSpan } from '../month.ts'
import { type Charge, chargeOf } from './charge.ts'
import { isoDate } from './dates.ts'
import { cellAt, type Layout } from './layout.ts'
import { rowFacts, type Survey } from './reader.ts'
import { azureName, type PlacedColumn } from './schema.ts'
import { infoOf, periodEnd, regionOf, resourceTypeOf, unitOf } from './values.ts'

/** A bill names no currency that is none: but what Azure's own test tenants write is kept as billed, and stays unconverted. */
const CURRENCY = /^[A-Z]{2,5}$/
const FREQUENCY: Readonly<Record<string, string>> = { usagebased: 'Usage-Based', onetime: 'One-Time', recurring: 'Recurring' }
const NO_TAGS: Tags = { values: {}, text: '{}' }
/** Facts hold at most this many fractional digits. */
const FRACTION = 30

export type Defaults = { file: string; currency: string | undefined; period: Day | undefined; both: boolean }

/** Turns the rows of one file into lines of a bill, or into rejects that say where and why. */
export class AzureMapper {
  private readonly layout: Layout
  private readonly survey: Survey
  private readonly defaults: Defaults
  private readonly read = cellReaders()

  constructor(layout: Layout, survey: Survey, defaults: Defaults) {
    this.layout = layout
    this.survey = survey
    this.defaults = defaults
  }

  map(cells: string[], line: number): Row<BillLine> | Reject {
    const { file } = this.defaults
    const fact = this.fact(cells)
    return fact instanceof CellFault ? this.reject(cells, line, fact) : { file, line, fact }
  }

  private cell(cells: readonly string[], column: PlacedColumn): string {
    return cellAt(this.layout, cells, column)
  }
  private text(cells: readonly string[], column: PlacedColumn): string | null {
    return this.cell(cells, column) || null
  }
  private fault(column: PlacedColumn, value: string, reason: string): CellFault {
    return new CellFault(this.layout.header[this.layout.at[column]] ?? column, value, value === '' ? 'empty' : reason)
  }

  private instant(cells: readonly string[], column: PlacedColumn): Instant | CellFault {
    const cell = this.cell(cells, column)
    const instant = cell === '' ? '' : this.read.instant(isoDate(cell, this.survey.dates))
    if (typeof instant !== 'string') return instant
    return this.fault(column, cell, this.survey.dates === 'day-first' ? `${instant} (day/month/year)` : instant)
  }

  /** An amount that a row may lack. */
  private amount(cells: readonly string[], column: PlacedColumn): string | null | CellFault {
    const cell = this.cell(cells, column)
    if (cell === '') return null
    return amountText(cell) ?? this.fault(column, cell, 'not a decimal number')
  }

  private currency(cells: readonly string[]): string {
    return this.cell(cells, 'currency') || (this.defaults.currency ?? '')
  }

  private account(cells: readonly string[]): string {
    return this.cell(cells, 'account') || this.cell(cells, 'subscription')
  }

  private fact(cells: string[]): BillLine | CellFault {
    const cost = this.amount(cells, 'cost')
    if (cost instanceof CellFault) return cost
    if (cost === null) return this.fault('cost', '', '')
    const quantity = this.amount(cells, 'quantity')
    if (quantity instanceof CellFault) return quantity
    const day = this.instant(cells, 'date')
    if (day instanceof CellFault) return day
    const facts = rowFacts(this.layout, cells, cost)
    const charge = chargeOf(facts, this.survey.view, this.defaults.both)
    if (!charge) return this.fault('chargeType', facts.chargeType, 'not a charge type of Azure')
    const currency = this.currency(cells)
    if (!CURRENCY.test(currency)) return this.fault('currency', currency, 'not a currency code of capital letters')
    const billingPeriod = this.period(cells, day)
    if (billingPeriod instanceof CellFault) return billingPeriod
    const tagCell = this.cell(cells, 'tags')
    const tags = tagCell === '' ? NO_TAGS : this.read.tags(tagCell)
    if (typeof tags === 'string') return this.fault('tags', tagCell, tags)
    return this.line(cells, { cost, quantity, day, charge, currency, billingPeriod, tags, commitment: facts.commitment })
  }

  private line(cells: string[], read: ReadCells): BillLine {
    const { charge, day, currency, tags, quantity } = read
    const text = (column: PlacedColumn) => this.text(cells, column)
    const info = infoOf(this.cell(cells, 'info'))
    const resource = this.resource(cells, info.vmName)
    const measured = charge.category === 'Usage' && charge.status !== 'Unused'
    const span = { start: day.ms, end: day.ms + DAY_MS }
    const frequency = this.cell(cells, 'frequency')
    return mappedLine({
      billingPeriod: read.billingPeriod,
      billingAccount: this.account(cells),
      subAccount: text('subscription'),
      invoiceId: text('invoice'),
      provider: 'Microsoft',
      currency,
      chargeCategory: charge.category,
      chargeClass: charge.correction ? 'Correction' : null,
      chargeFrequency: frequency === '' ? null : (ownOf(FREQUENCY, frequency.toLowerCase().replaceAll(/[^a-z]/g, '')) ?? frequency),
      charge: span,
      description: text('product') ?? text('meter'),
      serviceName: text('service'),
      serviceCategory: text('family'),
      region: regionOf(this.cell(cells, 'location')),
      resourceId: resource,
      resourceName: info.vmName !== null && resource !== null ? info.vmName : text('resourceName'),
      resourceType: resource === null ? null : resourceTypeOf(resource),
      instanceType: info.serviceType,
      skuId: text('sku'),
      commitmentId: charge.status !== null || charge.category === 'Purchase' ? read.commitment || null : null,
      commitmentStatus: charge.status,
      consumedUnit: measured ? unitOf(this.cell(cells, 'unit')) : null,
      pricingUnit: text('unit'),
      fileBilled: charge.fileBilled,
      tags: tags.values,
      canonical: this.canonical(cells),
      stored: {
        billed: charge.billed,
        effective: charge.effective,
        list: this.listed(cells, quantity, currency),
        contracted: this.priced(cells, 'unitPrice', quantity, currency),
        consumedQuantity: measured ? quantity : null,
        pricingQuantity: quantity,
        chargeStart: day.text,
        chargeEnd: new Date(span.end).toISOString(),
        tags: tags.text,
        extra: this.extra(cells),
      },
      own: (name) => this.own(cells, name),
    })
  }

  /** Resource ids differ in case from file to file. A node of a scale set has no id of its own: the set's and its name make one. */
  private resource(cells: readonly string[], vmName: string | null): string | null {
    const id = this.cell(cells, 'resource').toLowerCase().replace(/\/+$/, '')
    if (id === '') return null
    return vmName !== null && /\/virtualmachinescalesets\/[^/]+$/.test(id) ? `${id}/virtualmachines/${vmName.toLowerCase()}` : id
  }

  private listed(cells: readonly string[], quantity: string | null, currency: string): string | null {
    const given = amountText(this.cell(cells, 'listCost') || '?')
    return given ?? this.priced(cells, 'listPrice', quantity, currency)
  }

  /** Price × quantity, where the price is in the currency of the bill; a price of 0 is none. */
  private priced(cells: readonly string[], column: PlacedColumn, quantity: string | null, currency: string): string | null {
    const pricing = this.cell(cells, 'pricingCurrency')
    const price = amountText(this.cell(cells, column) || '?')
    if (price === undefined || quantity === null || (pricing !== '' && pricing !== currency)) return null
    const amount = new Money(price).times(quantity)
    return amount.isZero() || amount.e >= 26 ? null : amount.toDecimalPlaces(FRACTION).toFixed()
  }

  private period(cells: readonly string[], day: Instant): { start: number; end: number } | CellFault {
    if (this.cell(cells, 'periodStart') === '') return monthSpan(this.defaults.period ?? day.month)
    const from = this.instant(cells, 'periodStart')
    if (from instanceof CellFault) return from
    if (this.cell(cells, 'periodEnd') === '') return monthSpan(from.month)
    const to = this.instant(cells, 'periodEnd')
    if (to instanceof CellFault) return to
    const end = periodEnd(to.ms)
    return end > from.ms ? { start: from.ms, end } : this.fault('periodEnd', this.cell(cells, 'periodEnd'), 'before the period starts')
  }

  /** The view is part of a line's identity: the two exports of a bill share most of their rows. */
  private canonical(cells: readonly string[]): string {
    const parts: string[] = [this.survey.view]
    for (const { name, index } of this.layout.identity) {
      const cell = cells[index] ?? ''
      if (cell !== '' && cell !== 'NULL') parts.push(name, index === this.layout.at.resource ? cell.toLowerCase() : cell)
    }
    return parts.join('\0')
  }

  private extra(cells: readonly string[]): string | null {
    const parts: string[] = []
    for (const { json, index } of this.layout.extra) {
      const cell = cells[index] ?? ''
      if (cell !== '' && cell !== 'NULL') parts.push(json + JSON.stringify(cell))
    }
    return parts.length === 0 ? null : `{${parts.join(',')}}`
  }

  private own(cells: readonly string[], name: string): string | undefined {
    const index = this.layout.byName.get(azureName(name))
    return index === undefined ? undefined : cells[index] || undefined
  }

  private reject(cells: string[], line: number, { column, value, reason }: CellFault): Reject {
    const cost = this.amount(cells, 'cost')
    const readable = cost === null || cost instanceof CellFault ? null : cost
    const facts = rowFacts(this.layout, cells, readable ?? '')
    const charge = readable === null ? undefined : chargeOf(facts, this.survey.view, this.defaults.both)
    const day = this.instant(cells, 'date')
    const period = this.instant(cells, 'periodStart')
    const month = period instanceof CellFault ? (day instanceof CellFault ? null : (this.defaults.period ?? day.month)) : period.month
    const copied = (text: string | null) => (text === null ? null : detached(text))
    return {
      file: this.defaults.file,
      line,
      column,
      value: detached(value.slice(0, 200)),
      reason,
      currency: detached(this.currency(cells)) || null,
      billed: copied(readable),
      effective: copied(charge?.effective ?? null),
      billingAccount: detached(this.account(cells)),
      billingPeriod: month,
    }
  }
}

type ReadCells = {
  cost: string
  quantity: string | null
  day: Instant
  charge: Charge
  currency: string
  billingPeriod: { start: number; end: number }
  tags: Tags
  commitment: string
}
