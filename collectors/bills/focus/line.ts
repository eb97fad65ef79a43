import type { BillLine, StoredTexts } from '#lib/domain/bill.ts'
import { Money } from '#lib/domain/money.ts'
import type { Interval } from '#lib/domain/time.ts'
import { isNull } from './cells.ts'
import type { Layout } from './layout.ts'

export type Checked = {
  stored: StoredTexts
  charge: Interval
  billingPeriod: Interval
  currency: string
  category: string
  frequency: string | null
  tags: Record<string, string>
}

const UNSAFE = /["\\\p{Cc}]/u
const jsonText = (text: string): string => (UNSAFE.test(text) ? JSON.stringify(text) : `"${text}"`)
const money = (text: string | null) => (text === null ? null : new Money(text))

// Joining a list writes each text once; adding texts up one by one leaves a chain of halves behind for every row.
const parts: string[] = []

function canonicalOf({ identity }: Layout, cells: readonly string[]): string {
  let count = 0
  for (const { code, index } of identity) {
    const cell = cells[index] as string
    if (isNull(cell)) continue
    parts[count++] = code
    parts[count++] = cell
  }
  parts.length = count
  return parts.join('\0')
}

function extraOf({ extra }: Layout, cells: readonly string[]): string | null {
  let count = 0
  for (const { json, index } of extra) {
    const cell = cells[index] as string
    if (isNull(cell)) continue
    parts[count++] = count === 1 ? '{' : ','
    parts[count++] = json
    parts[count++] = jsonText(cell)
  }
  if (count === 0) return null
  parts[count++] = '}'
  parts.length = count
  return parts.join('')
}

/** One row of a FOCUS file whose cells have been checked. What an import does not ask for is never made. */
export class FocusLine implements BillLine {
  readonly stored: StoredTexts
  readonly charge: Interval
  readonly billingPeriod: Interval
  readonly currency: string
  readonly chargeCategory: string
  readonly chargeFrequency: string | null
  readonly tags: Record<string, string>
  readonly canonical: string
  private readonly layout: Layout
  private readonly cells: readonly string[]

  constructor(layout: Layout, cells: readonly string[], checked: Checked) {
    this.layout = layout
    this.cells = cells
    this.stored = checked.stored
    this.charge = checked.charge
    this.billingPeriod = checked.billingPeriod
    this.currency = checked.currency
    this.chargeCategory = checked.category
    this.chargeFrequency = checked.frequency
    this.tags = checked.tags
    this.canonical = canonicalOf(layout, cells)
    this.stored.extra = extraOf(layout, cells)
  }

  private at(index: number): string | null {
    if (index < 0) return null
    const cell = this.cells[index] as string
    return isNull(cell) ? null : cell
  }

  get billingAccount(): string {
    return this.at(this.layout.at.account) ?? ''
  }
  get subAccount() {
    return this.at(this.layout.at.subAccount)
  }
  get invoiceId() {
    return this.at(this.layout.at.invoice)
  }
  get provider() {
    return this.at(this.layout.at.provider)
  }
  get chargeClass() {
    return this.at(this.layout.at.chargeClass)
  }
  get description() {
    return this.at(this.layout.at.description)
  }
  get serviceName() {
    return this.at(this.layout.at.service)
  }
  get serviceCategory() {
    return this.at(this.layout.at.serviceCategory)
  }
  get region() {
    return this.at(this.layout.at.region)
  }
  get resourceId() {
    return this.at(this.layout.at.resource)
  }
  get resourceName() {
    return this.at(this.layout.at.resourceName)
  }
  get resourceType() {
    return this.at(this.layout.at.resourceType)
  }
  get skuId() {
    return this.at(this.layout.at.sku)
  }
  get commitmentId() {
    return this.at(this.layout.at.commitment)
  }
  get commitmentStatus() {
    return this.at(this.layout.at.commitmentStatus)
  }
  get consumedUnit() {
    return this.at(this.layout.at.consumedUnit)
  }
  get pricingUnit() {
    return this.at(this.layout.at.pricingUnit)
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

  /** The provider's own column, else what the price's details say. */
  get instanceType(): string | null {
    const own = this.at(this.layout.instanceType)
    const details = own === null ? this.at(this.layout.skuDetails) : null
    if (!details?.includes('nstanceType')) return own
    try {
      const value: unknown = JSON.parse(details)?.InstanceType ?? JSON.parse(details)?.x_InstanceType
      return typeof value === 'string' ? value : null
    } catch {
      return null
    }
  }

  get extra(): Record<string, string> {
    return this.stored.extra === null ? {} : (JSON.parse(this.stored.extra) as Record<string, string>)
  }

  /** Any column by its FOCUS name; `tag:KEY` is a tag, with or without the provider's prefix `user:`. */
  column(name: string): string | undefined {
    if (name.startsWith('tag:')) {
      const key = name.slice(4)
      return this.tags[key] ?? this.tags[key.startsWith('user:') ? key.slice(5) : `user:${key}`]
    }
    if (name === 'BillingCurrency') return this.currency
    if (name === 'ChargeCategory') return this.chargeCategory
    return this.at(this.layout.byName.get(name) ?? -1) ?? undefined
  }
}
