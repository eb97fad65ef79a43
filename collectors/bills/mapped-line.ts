// A bill line whose values an adapter has already read: amounts as texts, FOCUS names answered for rules.
import type { BillLine, StoredTexts } from '#lib/domain/bill.ts'
import { Money } from '#lib/domain/money.ts'

type Amounts = 'billed' | 'effective' | 'list' | 'contracted' | 'consumedQuantity' | 'pricingQuantity'

export type LineValues = Omit<BillLine, Amounts | 'extra' | 'column' | 'stored'> & {
  stored: StoredTexts
  /** A column as the file spells it; asked for only where FOCUS has no such name. */
  own: (name: string) => string | undefined
  /** Other FOCUS columns that this file answers. */
  focus?: Readonly<Record<string, string | null>>
}

const FOCUS: Readonly<Record<string, (line: LineValues) => string | null>> = {
  BilledCost: ({ stored }) => stored.billed,
  BillingAccountId: (line) => line.billingAccount,
  BillingCurrency: (line) => line.currency,
  ChargeCategory: (line) => line.chargeCategory,
  ChargeClass: (line) => line.chargeClass,
  ChargeDescription: (line) => line.description,
  ChargeFrequency: (line) => line.chargeFrequency,
  CommitmentDiscountId: (line) => line.commitmentId,
  CommitmentDiscountStatus: (line) => line.commitmentStatus,
  ConsumedUnit: (line) => line.consumedUnit,
  EffectiveCost: ({ stored }) => stored.effective,
  InvoiceId: (line) => line.invoiceId,
  PricingUnit: (line) => line.pricingUnit,
  ProviderName: (line) => line.provider,
  RegionId: (line) => line.region,
  ResourceId: (line) => line.resourceId,
  ResourceName: (line) => line.resourceName,
  ResourceType: (line) => line.resourceType,
  ServiceCategory: (line) => line.serviceCategory,
  ServiceName: (line) => line.serviceName,
  SkuId: (line) => line.skuId,
  SubAccountId: (line) => line.subAccount,
  x_InstanceType: (line) => line.instanceType,
}

/** What a record holds under a name that a file or a rule chose: `constructor` is in none. */
export const ownOf = <Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

const money = (text: string | null) => (text === null ? null : new Money(text))

/** Decimals are made only where someone asks for them: an import works on the texts. */
class MappedLine {
  readonly stored: StoredTexts
  private readonly values: LineValues

  constructor(values: LineValues) {
    this.values = values
    this.stored = values.stored
    Object.assign(this, values)
  }
  get billed(): Money {
    return new Money(this.stored.billed)
  }
  get effective() {
    return money(this.stored.effective)
  }
  get list() {
    return money(this.stored.list)
  }
  get contracted() {
    return money(this.stored.contracted)
  }
  get consumedQuantity() {
    return money(this.stored.consumedQuantity)
  }
  get pricingQuantity() {
    return money(this.stored.pricingQuantity)
  }
  get extra(): Record<string, string> {
    return this.stored.extra === null ? {} : (JSON.parse(this.stored.extra) as Record<string, string>)
  }
  /** A tag with or without a prefix `user:`, a FOCUS name, or a column of the file. */
  column(name: string): string | undefined {
    const { values } = this
    if (name.startsWith('tag:')) {
      const key = name.slice(4)
      return ownOf(values.tags, key) ?? ownOf(values.tags, key.startsWith('user:') ? key.slice(5) : `user:${key}`)
    }
    const focus = ownOf(FOCUS, name)
    if (focus) return focus(values) ?? undefined
    const more = values.focus && ownOf(values.focus, name)
    return more === undefined ? values.own(name) : (more ?? undefined)
  }
}

export const mappedLine = (values: LineValues): BillLine => new MappedLine(values) as MappedLine & LineValues

/** Why a row cannot be taken: the column at fault, what it held, and what is wrong with it. */
export class CellFault {
  readonly column: string
  readonly value: string
  readonly reason: string
  constructor(column: string, value: string, reason: string) {
    this.column = column
    this.value = value
    this.reason = reason
  }
}
