import type { BillLine } from '#lib/domain/bill.ts'
import { DAY_MS, type Day, HOUR_MS, monthOf } from '#lib/domain/time.ts'
import type { Reject, Row } from '#lib/ingest/contract.ts'
import { detached } from '#lib/ingest/csv.ts'
import { amountText, cellReaders, type Instant, isNull } from '../focus/cells.ts'
import { CATEGORIES } from '../focus/schema.ts'
import { CellFault, mappedLine } from '../mapped-line.ts'
import type { Layout } from './reader.ts'
import type { InvoiceSettings, Role } from './schema.ts'

const CURRENCY = /^[A-Z]{3}$/
const CATEGORY = new Map<string, string>(CATEGORIES.map((name) => [name.toLowerCase(), name]))
/** A day without a time of day, as `instant` reads them. */
const DATE_ONLY = /^(?:\d{4}-\d{2}-\d{2}|\d{1,2}\/\d{1,2}\/\d{2,4})$/

export type Defaults = { file: string; period: Day | undefined }

function nextMonth(ms: number): number {
  const date = new Date(ms)
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 2, 0)).getUTCDate()
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, Math.min(date.getUTCDate(), last)) + (ms % DAY_MS)
}
const LATER = { hour: (ms: number) => ms + HOUR_MS, day: (ms: number) => ms + DAY_MS, month: nextMonth } as const

/** Turns the rows of one invoice into lines of a bill, or into rejects that say where and why. */
export class InvoiceMapper {
  private readonly layout: Layout
  private readonly settings: InvoiceSettings
  private readonly defaults: Defaults
  private readonly read = cellReaders()
  private readonly declared: string

  constructor(layout: Layout, settings: InvoiceSettings, defaults: Defaults) {
    this.layout = layout
    this.settings = settings
    this.defaults = defaults
    const { columns, defaults: fixed, span, end_inclusive } = settings
    this.declared = JSON.stringify([columns, fixed, span, end_inclusive])
  }

  map(cells: string[], line: number): Row<BillLine> | Reject {
    const fact = this.fact(cells)
    return fact instanceof CellFault ? this.reject(cells, line, fact) : { file: this.defaults.file, line, fact }
  }

  /** The cell of a role, else its declared default; '' where there is neither. */
  private text(cells: readonly string[], role: Role): string {
    const cell = (cells[this.layout.at[role]] ?? '').trim()
    if (!isNull(cell)) return cell
    return role === 'currency' ? this.layout.currency : ((this.settings.defaults as Partial<Record<Role, string>>)[role] ?? '')
  }

  private fault(role: Role, value: string, reason: string): CellFault {
    return new CellFault(this.layout.header[this.layout.at[role]] ?? role, value, value === '' ? 'empty' : reason)
  }

  private amount(cells: readonly string[], role: Role): string | null | CellFault {
    const cell = this.text(cells, role)
    if (cell === '') return null
    return amountText(cell) ?? this.fault(role, cell, 'not a decimal number')
  }

  private instant(cells: readonly string[], role: Role): Instant | CellFault {
    const cell = this.text(cells, role)
    const instant = cell === '' ? '' : this.read.instant(cell)
    return typeof instant === 'string' ? this.fault(role, cell, instant) : instant
  }

  /** Exclusive. A charge whose two days are the same lasts that day. */
  private end(cells: readonly string[], start: Instant): number | CellFault {
    const cell = this.text(cells, 'charge_end')
    if (cell === '') return LATER[this.settings.span](start.ms)
    const end = this.instant(cells, 'charge_end')
    if (end instanceof CellFault) return end
    const day = DATE_ONLY.test(cell) && (this.settings.end_inclusive || end.ms === start.ms)
    const ms = day ? end.ms + DAY_MS : end.ms
    return ms > start.ms ? ms : this.fault('charge_end', cell, 'not after the start of the charge')
  }

  private fact(cells: string[]): BillLine | CellFault {
    const billed = this.amount(cells, 'cost')
    if (billed instanceof CellFault) return billed
    if (billed === null) return this.fault('cost', '', '')
    const declared = this.amount(cells, 'effective')
    if (declared instanceof CellFault) return declared
    const quantity = this.amount(cells, 'quantity')
    if (quantity instanceof CellFault) return quantity
    const start = this.instant(cells, 'charge_start')
    if (start instanceof CellFault) return start
    const end = this.end(cells, start)
    if (end instanceof CellFault) return end
    const currency = this.text(cells, 'currency')
    if (!CURRENCY.test(currency)) return this.fault('currency', currency, 'not a currency code of three capital letters')
    const categoryCell = this.text(cells, 'category')
    const category = categoryCell === '' ? 'Usage' : CATEGORY.get(categoryCell.toLowerCase())
    if (!category) return this.fault('category', categoryCell, 'not a charge category')
    // A bill by use is its own amortised cost. What a prepayment costs by day, only the file could say.
    const effective = declared ?? (this.layout.at.effective < 0 && category !== 'Purchase' ? billed : null)
    return this.line(cells, { billed, effective, quantity, start, end, currency, category })
  }

  private line(cells: string[], { billed, effective, quantity, start, end, currency, category }: ReadCells): BillLine {
    const text = (role: Role) => this.text(cells, role) || null
    return mappedLine({
      billingPeriod: monthSpan(this.defaults.period ?? start.month),
      billingAccount: this.text(cells, 'account'),
      subAccount: null,
      invoiceId: text('invoice'),
      provider: this.settings.defaults.provider ?? null,
      currency,
      chargeCategory: category,
      chargeClass: null,
      chargeFrequency: null,
      charge: { start: start.ms, end },
      description: text('description'),
      serviceName: text('service'),
      serviceCategory: null,
      region: text('region'),
      resourceId: text('resource'),
      resourceName: null,
      resourceType: null,
      instanceType: null,
      skuId: null,
      commitmentId: null,
      commitmentStatus: null,
      consumedUnit: text('unit'),
      pricingUnit: text('unit'),
      tags: {},
      canonical: this.canonical(cells, currency),
      stored: {
        billed,
        effective,
        list: null,
        contracted: null,
        consumedQuantity: quantity,
        pricingQuantity: quantity,
        chargeStart: start.text,
        chargeEnd: new Date(end).toISOString(),
        tags: '{}',
        extra: this.extra(cells),
      },
      own: (name) => this.own(cells, name),
    })
  }

  /** What is declared for the whole file is part of what a line says: it may change without the file. */
  private canonical(cells: readonly string[], currency: string): string {
    const parts: string[] = [currency, this.declared]
    for (const index of this.layout.identity) {
      const cell = cells[index] as string
      if (!isNull(cell)) parts.push(this.layout.header[index] as string, cell)
    }
    return parts.join('\0')
  }

  private extra(cells: readonly string[]): string | null {
    const kept = this.layout.extra.filter((index) => !isNull(cells[index] as string))
    if (kept.length === 0) return null
    return JSON.stringify(Object.fromEntries(kept.map((index) => [this.layout.header[index], cells[index]])))
  }

  private own(cells: readonly string[], name: string): string | undefined {
    const cell = cells[this.layout.header.indexOf(name)]
    return cell === undefined || isNull(cell) ? undefined : cell
  }

  private reject(cells: string[], line: number, { column, value, reason }: CellFault): Reject {
    const money = (role: 'cost' | 'effective') => {
      const text = amountText(this.text(cells, role) || '?')
      return text === undefined ? null : detached(text)
    }
    const start = this.instant(cells, 'charge_start')
    const billed = money('cost')
    return {
      file: this.defaults.file,
      line,
      column,
      value: detached(value.slice(0, 200)),
      reason,
      currency: detached(this.text(cells, 'currency')) || null,
      billed,
      effective: this.layout.at.effective < 0 ? billed : money('effective'),
      billingAccount: detached(this.text(cells, 'account')),
      billingPeriod: this.defaults.period ?? (start instanceof CellFault ? null : start.month),
    }
  }
}

type ReadCells = {
  billed: string
  effective: string | null
  quantity: string | null
  start: Instant
  end: number
  currency: string
  category: string
}

function monthSpan(first: Day): { start: number; end: number } {
  const start = Date.parse(`${monthOf(first)}T00:00:00Z`)
  return { start, end: nextMonth(start) }
}
