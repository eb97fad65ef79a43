import type { BillLine } from '#lib/domain/bill.ts'
import { Money } from '#lib/domain/money.ts'
import { type Day, HOUR_MS } from '#lib/domain/time.ts'
import type { Reject, Row } from '#lib/ingest/contract.ts'
import { detached } from '#lib/ingest/csv.ts'
import { amountText, cellReaders, type Instant } from '../focus/cells.ts'
import { CellFault, type LineValues, mappedLine, ownOf } from '../mapped-line.ts'
import { monthSpan } from '../month.ts'
import { isCommitmentFee, isFeeOffset, isRateCredit } from './credit.ts'
import { type GcpRow, type Item, storable } from './row.ts'
import { LISTS, type ListColumn, MACHINE_SPEC, TEXTS, type TextColumn } from './schema.ts'
import { hoursOf } from './usage.ts'

const CURRENCY = /^[A-Z]{3}$/
const MONTH = /^(\d{4})-?(\d{2})$/

export type Defaults = { file: string; currency: string | undefined; period: Day | undefined; resourceLabel: string | undefined }

type Kind = Pick<LineValues, 'chargeCategory' | 'chargeClass'>
/** `roundoff` stands in Google's own example of the export; its reference says rounding_error. */
const KINDS: Readonly<Record<string, Kind>> = {
  '': { chargeCategory: 'Usage', chargeClass: null },
  regular: { chargeCategory: 'Usage', chargeClass: null },
  tax: { chargeCategory: 'Tax', chargeClass: null },
  adjustment: { chargeCategory: 'Adjustment', chargeClass: 'Correction' },
  rounding_error: { chargeCategory: 'Adjustment', chargeClass: 'Correction' },
  roundoff: { chargeCategory: 'Adjustment', chargeClass: 'Correction' },
}

type Priced = { net: string; own: { amount: string; credit: Item }[]; offset: boolean }

/** Turns the rows of one file into lines of a bill, or into rejects that say where and why. */
export class GcpMapper {
  private readonly defaults: Defaults
  private readonly read = cellReaders()

  constructor(defaults: Defaults) {
    this.defaults = defaults
  }

  /** The row's charge first, then each credit that is none of its price. */
  map(row: GcpRow): Row<BillLine>[] | Reject {
    const { file } = this.defaults
    const lines = this.lines(row)
    if (lines instanceof CellFault) return this.reject(row, lines)
    return lines.map((fact, i) => (i === 0 ? { file, line: row.line, fact } : { file, line: row.line, fact, part: true }))
  }

  private fault(column: TextColumn | ListColumn, value: string, reason: string): CellFault {
    const name = { ...TEXTS, ...LISTS }[column]
    return new CellFault(name, value, value === '' ? 'empty' : reason)
  }

  private instant(row: GcpRow, column: 'start' | 'end'): Instant | CellFault {
    const text = row.text(column)
    const instant = text === '' ? '' : this.read.instant(text)
    return typeof instant === 'string' ? this.fault(column, text, instant) : instant
  }

  private amount(row: GcpRow, column: TextColumn): string | null | CellFault {
    const text = row.text(column)
    return text === '' ? null : (amountText(text) ?? this.fault(column, text, 'not a decimal number'))
  }

  private currency(row: GcpRow): string {
    return row.text('currency') || (this.defaults.currency ?? '')
  }

  /** What the row comes to: its cost and the credits that are part of its price (net), and the others. */
  private priced(row: GcpRow): Priced | CellFault {
    const cost = this.amount(row, 'cost')
    if (cost instanceof CellFault) return cost
    if (cost === null) return this.fault('cost', '', '')
    const credits = row.list('credits')
    if (!credits) return this.fault('credits', row.own('credits') ?? '?', 'neither a JSON nor a Python list of records')
    let net = new Money(cost)
    const own: Priced['own'] = []
    let changed = false
    for (const credit of credits) {
      const amount = amountText(credit.amount ?? '')
      if (amount === undefined)
        return new CellFault('credits.amount', credit.amount ?? '', credit.amount ? 'not a decimal number' : 'empty')
      if (!isRateCredit(credit)) {
        if (!new Money(amount).isZero()) own.push({ amount, credit })
      } else {
        net = net.plus(amount)
        changed = true
      }
    }
    return { net: changed ? net.toFixed() : cost, own, offset: credits.some(isFeeOffset) }
  }

  private lines(row: GcpRow): BillLine[] | CellFault {
    const priced = this.priced(row)
    if (priced instanceof CellFault) return priced
    const costType = row.text('costType')
    const kind = ownOf(KINDS, costType.toLowerCase())
    if (!kind) return this.fault('costType', costType, 'not a cost type of Google Cloud')
    const charge = this.charge(row, kind)
    if (charge instanceof CellFault) return charge
    const currency = this.currency(row)
    if (!CURRENCY.test(currency)) return this.fault('currency', currency, 'not a currency code of three capital letters')
    const month = this.month(row)
    if (month instanceof CellFault) return month
    for (const column of ['amount', 'pricingAmount'] as const) {
      const amount = this.amount(row, column)
      if (amount instanceof CellFault) return amount
    }
    const tags = tagsOf(row)
    if (typeof tags === 'string') return this.fault(tags, row.own(LISTS[tags]) ?? '?', 'not a list of keys and values')
    const billingPeriod = monthSpan(month ?? this.defaults.period ?? charge.start.month)
    const base = this.base(row, { kind, charge, currency, billingPeriod, tags, priced })
    const main = mappedLine(base)
    if (priced.own.length === 0) return [main]
    return [main, ...priced.own.map(({ amount, credit }, i) => creditLine(base, amount, credit, i))]
  }

  /** A tax or an adjustment may stand at an instant: it is the hour that begins there. */
  private charge(row: GcpRow, { chargeCategory }: Kind): { start: Instant; end: Instant } | CellFault {
    const start = this.instant(row, 'start')
    if (start instanceof CellFault) return start
    const end = this.instant(row, 'end')
    if (end instanceof CellFault) return end
    if (end.ms > start.ms) return { start, end }
    if (end.ms < start.ms || chargeCategory === 'Usage') return this.fault('end', end.text, 'not after usage_start_time')
    const ms = start.ms + HOUR_MS
    return { start, end: { ms, text: new Date(ms).toISOString(), month: start.month } }
  }

  /** The invoice's month, which need not be that of the usage; null where the row names none. */
  private month(row: GcpRow): Day | null | CellFault {
    const text = row.text('month')
    if (text === '') return null
    const match = MONTH.exec(text)
    const day = match && Number(match[2]) >= 1 && Number(match[2]) <= 12 && Number(match[1]) >= 2000 && Number(match[1]) < 2100
    return day ? `${match[1]}-${match[2]}-01` : this.fault('month', text, 'not a month written YYYYMM')
  }

  private base(row: GcpRow, read: ReadRow): LineValues {
    const { kind, charge, tags, priced } = read
    const text = (column: TextColumn) => row.text(column) || null
    const skuName = row.text('skuName')
    const usage = kind.chargeCategory === 'Usage'
    const fee = usage && (priced.offset || isCommitmentFee(skuName))
    const quantity = usage && !fee ? this.quantity(row, charge, tags.system) : { amount: null, unit: null }
    const values = row.all()
    const extra = values.filter(({ placed }) => !placed).map(({ name, text: value }) => [name, value])
    return {
      billingPeriod: read.billingPeriod,
      billingAccount: row.text('account'),
      subAccount: text('project'),
      invoiceId: null,
      provider: 'Google Cloud',
      currency: read.currency,
      chargeCategory: fee && !priced.offset ? 'Purchase' : kind.chargeCategory,
      chargeClass: kind.chargeClass,
      chargeFrequency: fee ? 'Recurring' : usage ? 'Usage-Based' : null,
      charge: { start: charge.start.ms, end: charge.end.ms },
      description: text('skuName'),
      serviceName: text('service'),
      serviceCategory: null,
      region: text('region') ?? text('location'),
      resourceId:
        text('resource') ??
        text('resourceName') ??
        (this.defaults.resourceLabel ? (ownOf(tags.all, this.defaults.resourceLabel) ?? null) : null),
      resourceName: text('resourceName'),
      resourceType: /\/([^/]+)\/[^/]+$/.exec(row.text('resource'))?.[1] ?? null,
      instanceType: tags.system[MACHINE_SPEC] ?? null,
      skuId: text('sku'),
      commitmentId: fee ? (text('subscription') ?? text('sku')) : null,
      commitmentStatus: fee && priced.offset ? 'Unused' : null,
      consumedUnit: quantity.unit,
      pricingUnit: text('pricingUnit'),
      tags: tags.all,
      canonical: values.map(({ name, text: value }) => `${name}\0${value}`).join('\0'),
      stored: {
        billed: priced.net,
        effective: priced.net,
        list: amountText(row.text('costAtList') || '?') ?? null,
        contracted: amountText(row.text('cost')) ?? null,
        consumedQuantity: quantity.amount,
        pricingQuantity: amountText(row.text('pricingAmount') || '?') ?? null,
        chargeStart: charge.start.text,
        chargeEnd: charge.end.text,
        tags: JSON.stringify(tags.all),
        extra: extra.length === 0 ? null : JSON.stringify(Object.fromEntries(extra)),
      },
      own: (name) => row.own(name),
      focus: { AvailabilityZone: text('zone'), InvoiceIssuerName: 'Google Cloud', PublisherName: 'Google' },
    }
  }

  private quantity(
    row: GcpRow,
    { start, end }: ReadRow['charge'],
    systemLabels: Record<string, string>,
  ): { amount: string | null; unit: string | null } {
    const amount = amountText(row.text('amount') || '?')
    const unit = row.text('unit')
    if (amount === undefined) return { amount: null, unit: unit || null }
    const hours = hoursOf({ amount, unit, skuName: row.text('skuName'), systemLabels, spanHours: (end.ms - start.ms) / HOUR_MS })
    return hours === null ? { amount, unit: unit || null } : { amount: hours, unit: 'Hours' }
  }

  private reject(row: GcpRow, { column, value, reason }: CellFault): Reject {
    const priced = this.priced(row)
    const start = this.instant(row, 'start')
    const month = this.month(row)
    const named = month instanceof CellFault ? null : month
    const sum = priced instanceof CellFault ? null : Money.sum(priced.net, ...priced.own.map(({ amount }) => amount)).toFixed()
    return {
      file: this.defaults.file,
      line: row.line,
      column,
      value: detached(value.slice(0, 200)),
      reason,
      currency: detached(this.currency(row)) || null,
      billed: sum,
      effective: sum,
      billingAccount: detached(row.text('account')),
      billingPeriod: named ?? this.defaults.period ?? (start instanceof CellFault ? null : start.month),
    }
  }
}

type Tags = { all: Record<string, string>; system: Record<string, string> }
type ReadRow = {
  kind: Kind
  charge: { start: Instant; end: Instant }
  currency: string
  billingPeriod: { start: number; end: number }
  tags: Tags
  priced: Priced
}

/** Labels, the system's own and inherited tags; a label wins over a tag of its name. The list at fault where one is none. */
function tagsOf(row: GcpRow): Tags | ListColumn {
  const read: Partial<Record<ListColumn, Record<string, string>>> = {}
  for (const column of ['tags', 'systemLabels', 'labels'] as const) {
    const items = row.list(column)
    if (!items) return column
    read[column] = Object.fromEntries(items.map(({ key = '', value = '' }) => [storable(key), value]))
  }
  return { all: { ...read.tags, ...read.systemLabels, ...read.labels }, system: read.systemLabels ?? {} }
}

function creditLine(base: LineValues, amount: string, credit: Item, index: number): BillLine {
  const { stored } = base
  return mappedLine({
    ...base,
    chargeCategory: 'Credit',
    chargeClass: null,
    chargeFrequency: null,
    description: credit.full_name || credit.name || credit.id || base.description,
    commitmentId: null,
    commitmentStatus: null,
    consumedUnit: null,
    pricingUnit: null,
    canonical: `${base.canonical}\0\0credit ${index}`,
    stored: { ...stored, billed: amount, effective: amount, list: null, contracted: null, consumedQuantity: null, pricingQuantity: null },
  })
}
