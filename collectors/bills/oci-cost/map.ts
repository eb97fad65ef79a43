import type { BillLine } from '#lib/domain/bill.ts'
import type { Day } from '#lib/domain/time.ts'
import type { Reject, Row } from '#lib/ingest/contract.ts'
import { detached } from '#lib/ingest/csv.ts'
import { amountText, cellReaders, type Instant, isNull } from '../focus/cells.ts'
import { CellFault, mappedLine } from '../mapped-line.ts'
import { monthSpan } from '../month.ts'
import type { Layout } from './layout.ts'
import { PLACED, type PlacedColumn } from './schema.ts'

const CURRENCY = /^[A-Z]{3}$/
/** Units that count machines. GPUs and cores are counted one by one, and the report does not say how many a machine has. */
const MACHINE_HOURS = /^(?:(?:node|instance|host|server)s? per )?hours?$/i

export type Defaults = { file: string; currency: string | undefined; period: Day | undefined }

/** Turns the rows of one file into lines of a bill, or into rejects that say where and why. */
export class OciMapper {
  private readonly layout: Layout
  private readonly defaults: Defaults
  private readonly read = cellReaders()

  constructor(layout: Layout, defaults: Defaults) {
    this.layout = layout
    this.defaults = defaults
  }

  map(cells: string[], line: number): Row<BillLine> | Reject {
    const { file } = this.defaults
    const fact = this.fact(cells)
    return fact instanceof CellFault ? this.reject(cells, line, fact) : { file, line, fact }
  }

  private cell(cells: readonly string[], column: PlacedColumn): string {
    const index = this.layout.at[column]
    const cell = index < 0 ? '' : (cells[index] ?? '').trim()
    return isNull(cell) ? '' : cell
  }

  private fault(column: PlacedColumn, value: string, reason: string): CellFault {
    return new CellFault(PLACED[column], value, value === '' ? 'empty' : reason)
  }

  private instant(cells: readonly string[], column: 'start' | 'end'): Instant | CellFault {
    const cell = this.cell(cells, column)
    const instant = cell === '' ? '' : this.read.instant(cell)
    return typeof instant === 'string' ? this.fault(column, cell, instant) : instant
  }

  private amount(cells: readonly string[], column: 'cost' | 'quantity'): string | null | CellFault {
    const cell = this.cell(cells, column)
    return cell === '' ? null : (amountText(cell) ?? this.fault(column, cell, 'not a decimal number'))
  }

  private currency(cells: readonly string[]): string {
    return this.cell(cells, 'currency') || (this.defaults.currency ?? '')
  }

  private fact(cells: string[]): BillLine | CellFault {
    const cost = this.amount(cells, 'cost')
    if (cost instanceof CellFault) return cost
    if (cost === null) return this.fault('cost', '', '')
    const quantity = this.amount(cells, 'quantity')
    if (quantity instanceof CellFault) return quantity
    const start = this.instant(cells, 'start')
    if (start instanceof CellFault) return start
    const end = this.instant(cells, 'end')
    if (end instanceof CellFault) return end
    if (end.ms <= start.ms) return this.fault('end', end.text, 'not after lineItem/intervalUsageStart')
    const currency = this.currency(cells)
    if (!CURRENCY.test(currency)) return this.fault('currency', currency, 'not a currency code of three capital letters')
    const correction = this.cell(cells, 'correction').toLowerCase()
    if (correction !== '' && correction !== 'true' && correction !== 'false')
      return this.fault('correction', correction, 'neither true nor false')
    return this.line(cells, { cost, quantity, start, end, currency, correction: correction === 'true' })
  }

  private line(cells: string[], { cost, quantity, start, end, currency, correction }: ReadCells): BillLine {
    const text = (column: PlacedColumn) => this.cell(cells, column) || null
    const unit = text('unit') ?? text('oldUnit')
    const tags = this.tags(cells)
    const own = (name: string) => cells[this.layout.byName.get(name.toLowerCase()) ?? -1] || undefined
    return mappedLine({
      billingPeriod: monthSpan(this.defaults.period ?? start.month),
      billingAccount: this.cell(cells, 'tenant'),
      subAccount: text('compartment'),
      invoiceId: null,
      provider: 'Oracle',
      currency,
      chargeCategory: 'Usage',
      chargeClass: correction ? 'Correction' : null,
      chargeFrequency: 'Usage-Based',
      charge: { start: start.ms, end: end.ms },
      description: text('description'),
      serviceName: text('service'),
      serviceCategory: null,
      region: text('region'),
      resourceId: text('resource'),
      resourceName: null,
      // ocid1.instance.oc1.phx.…
      resourceType: /^ocid1\.([^.]+)\./.exec(this.cell(cells, 'resource'))?.[1] ?? null,
      instanceType: null,
      skuId: text('sku'),
      commitmentId: null,
      commitmentStatus: null,
      consumedUnit: unit !== null && MACHINE_HOURS.test(unit) ? 'Hours' : unit,
      pricingUnit: unit,
      tags,
      canonical: this.canonical(cells),
      stored: {
        billed: cost,
        effective: cost,
        list: null,
        contracted: cost,
        consumedQuantity: quantity,
        pricingQuantity: quantity,
        chargeStart: start.text,
        chargeEnd: end.text,
        tags: JSON.stringify(tags),
        extra: this.extra(cells),
      },
      own,
      focus: { AvailabilityZone: own('product/availabilityDomain') ?? null, InvoiceIssuerName: 'Oracle', PublisherName: 'Oracle' },
    })
  }

  private tags(cells: readonly string[]): Record<string, string> {
    const tags: Record<string, string> = {}
    for (const { key, index } of this.layout.tags) {
      const cell = cells[index] ?? ''
      if (!isNull(cell)) tags[key] = cell.toWellFormed()
    }
    return tags
  }

  private canonical(cells: readonly string[]): string {
    const parts: string[] = []
    for (const { name, index } of this.layout.identity) {
      const cell = cells[index] ?? ''
      if (!isNull(cell)) parts.push(name, cell)
    }
    return parts.join('\0')
  }

  private extra(cells: readonly string[]): string | null {
    const parts: string[] = []
    for (const { json, index } of this.layout.extra) {
      const cell = cells[index] ?? ''
      if (!isNull(cell)) parts.push(json + JSON.stringify(cell))
    }
    return parts.length === 0 ? null : `{${parts.join(',')}}`
  }

  private reject(cells: string[], line: number, { column, value, reason }: CellFault): Reject {
    const cost = this.amount(cells, 'cost')
    const readable = typeof cost === 'string' ? detached(cost) : null
    const start = this.instant(cells, 'start')
    return {
      file: this.defaults.file,
      line,
      column,
      value: detached(value.slice(0, 200)),
      reason,
      currency: detached(this.currency(cells)) || null,
      billed: readable,
      effective: readable,
      billingAccount: detached(this.cell(cells, 'tenant')),
      billingPeriod: this.defaults.period ?? (start instanceof CellFault ? null : start.month),
    }
  }
}

type ReadCells = { cost: string; quantity: string | null; start: Instant; end: Instant; currency: string; correction: boolean }
