import type { BillLine, StoredTexts } from '#lib/domain/bill.ts'
import { Money } from '#lib/domain/money.ts'
import type { Interval } from '#lib/domain/time.ts'
import type { Charge } from './charge.ts'
import { type Layout, textAt } from './layout.ts'
import { curName, PRODUCT, type ProductColumn, type TextColumn } from './schema.ts'

export type Checked = {
  stored: StoredTexts
  charge: Interval
  billingPeriod: Interval
  currency: string
  kind: Charge
  /** What the file says was billed. */
  unblended: string
  tags: Record<string, string>
  product: Record<string, string>
  categories: Record<string, string>
}

/** A charge that a row states beside its own: the commitment that nothing used, or what a negation takes away too much. */
export type Part = 'unused' | 'excess'

const money = (text: string | null) => (text === null ? null : new Money(text))
const orNull = (text: string): string | null => (text === '' ? null : text)

function canonicalOf({ identity }: Layout, cells: readonly string[]): string {
  const parts: string[] = []
  for (const { name, index } of identity) {
    const cell = cells[index] as string
    if (cell !== '') parts.push(name, cell)
  }
  return parts.join('\0')
}

function extraOf({ extra }: Layout, cells: readonly string[]): string | null {
  const parts: string[] = []
  for (const { json, index } of extra) {
    const cell = cells[index] as string
    if (cell !== '') parts.push(json + JSON.stringify(cell))
  }
  return parts.length === 0 ? null : `{${parts.join(',')}}`
}

/** `BoxUsage:p5.48xlarge`, `USE2-SpotUsage:p4d.24xlarge` → the instance type. */
const IN_USAGE_TYPE = /Usage:([a-z0-9-]+\.[a-z0-9-]+)$/
/** An availability zone is its region and a letter. */
const ZONE = /^(.+-\d+)[a-z]$/

const PAYS_COMMITMENT: ReadonlySet<string> = new Set(['SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'RIFee'])

type FocusColumn = (line: CurLine) => string | null

/** FOCUS's columns that a rule may name, answered from a Cost and Usage Report. */
const FOCUS: Record<string, FocusColumn> = {
  AvailabilityZone: (line) => line.text('zone'),
  BilledCost: (line) => line.stored.billed,
  BillingAccountId: (line) => line.billingAccount,
  BillingCurrency: (line) => line.currency,
  ChargeCategory: (line) => line.chargeCategory,
  ChargeClass: (line) => line.chargeClass,
  ChargeDescription: (line) => line.description,
  ChargeFrequency: (line) => line.chargeFrequency,
  CommitmentDiscountId: (line) => line.commitmentId,
  CommitmentDiscountStatus: (line) => line.commitmentStatus,
  ConsumedUnit: (line) => line.consumedUnit,
  EffectiveCost: (line) => line.stored.effective,
  InvoiceId: (line) => line.invoiceId,
  InvoiceIssuerName: (line) => line.text('invoicer') ?? line.text('legalEntity'),
  PricingUnit: (line) => line.pricingUnit,
  ProviderName: (line) => line.provider,
  PublisherName: (line) => line.text('legalEntity'),
  RegionId: (line) => line.region,
  ResourceId: (line) => line.resourceId,
  ServiceName: (line) => line.serviceName,
  SkuId: (line) => line.skuId,
  SubAccountId: (line) => line.subAccount,
  x_InstanceType: (line) => line.instanceType,
}

/** One charge of a row whose cells have been checked. */
export class CurLine implements BillLine {
  readonly stored: StoredTexts
  readonly charge: Interval
  readonly billingPeriod: Interval
  readonly currency: string
  readonly tags: Record<string, string>
  readonly canonical: string
  readonly fileBilled: string
  readonly given: BillLine['given']
  private readonly layout: Layout
  private readonly cells: readonly string[]
  private readonly checked: Checked
  private readonly part: Part | null

  constructor(layout: Layout, cells: readonly string[], checked: Checked, part: Part | null = null) {
    this.layout = layout
    this.cells = cells
    this.checked = checked
    this.part = part
    this.stored = checked.stored
    this.charge = checked.charge
    this.billingPeriod = checked.billingPeriod
    this.currency = checked.currency
    this.tags = checked.tags
    this.fileBilled = checked.unblended
    this.given = part === null ? GIVEN[checked.kind.neutral ?? 'none'] : undefined
    const canonical = canonicalOf(layout, cells)
    this.canonical = part === null ? canonical : `${canonical}\0\0${part}`
    this.stored.extra = extraOf(layout, cells)
  }

  /** The same row's other charge. */
  beside(part: Part, kind: Charge): CurLine {
    const { billed, effective } = kind
    const stored = { ...this.stored, billed, effective, list: null, contracted: null, consumedQuantity: null, pricingQuantity: null }
    return new CurLine(this.layout, this.cells, { ...this.checked, stored, kind, unblended: '0' }, part)
  }

  text(column: TextColumn): string | null {
    return orNull(textAt(this.cells, this.layout.text[column]))
  }

  private product(column: ProductColumn): string | null {
    const flat = textAt(this.cells, this.layout.product[column])
    return orNull(flat !== '' ? flat : (this.checked.product[PRODUCT[column].slice('product_'.length)] ?? ''))
  }

  private get isUsage(): boolean {
    return this.chargeCategory === 'Usage' && this.part === null
  }

  get chargeCategory(): string {
    return this.checked.kind.category
  }
  get chargeClass() {
    return this.checked.kind.correction ? 'Correction' : null
  }
  get chargeFrequency() {
    return this.checked.kind.frequency
  }
  get billingAccount(): string {
    return this.text('payer') ?? ''
  }
  get subAccount() {
    return this.text('account')
  }
  get invoiceId() {
    return this.text('invoice')
  }
  get provider() {
    return 'AWS'
  }
  get description() {
    return this.text('description')
  }
  get serviceName() {
    return this.product('name') ?? this.text('productCode')
  }
  get serviceCategory() {
    return null
  }
  get region() {
    return this.product('region') ?? this.product('oldRegion') ?? ZONE.exec(this.text('zone') ?? '')?.[1] ?? null
  }
  get resourceId() {
    return this.text('resource')
  }
  get resourceName() {
    return null
  }
  get resourceType() {
    return this.product('family')
  }
  get skuId() {
    return this.product('sku')
  }
  get instanceType() {
    return this.product('instanceType') ?? IN_USAGE_TYPE.exec(this.text('usageType') ?? '')?.[1] ?? null
  }

  /** The plan or reservation. A fee that names none is known by its offering: what it pays for is a commitment all the same. */
  get commitmentId() {
    const named = this.text('plan') ?? this.text('reservation')
    return named ?? (PAYS_COMMITMENT.has(this.text('type') ?? '') ? (this.text('usageType') ?? this.serviceName) : null)
  }
  get commitmentStatus() {
    return this.part === 'unused' ? 'Unused' : this.checked.kind.status
  }
  /** Machines are billed in hours, also by reports without the column of the unit. */
  get consumedUnit() {
    if (!this.isUsage) return null
    return this.text('unit') ?? (IN_USAGE_TYPE.test(this.text('usageType') ?? '') ? 'Hrs' : null)
  }
  get pricingUnit() {
    return this.isUsage ? this.text('unit') : null
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

  /** A tag, a FOCUS name, or a column as the file or the other generation of the report spells it (map keys included). */
  readonly column = (name: string): string | undefined => {
    if (name.startsWith('tag:')) return this.tag(name.slice(4))
    const focus = FOCUS[name]
    if (focus) return focus(this) ?? undefined
    if (name.startsWith('resourceTags/')) return this.tag(name.slice('resourceTags/'.length))
    const own = curName(name)
    const flat = textAt(this.cells, this.layout.byName.get(own) ?? [])
    if (flat !== '') return flat
    if (own.startsWith('product_')) return this.checked.product[own.slice('product_'.length)]
    if (own.startsWith('costCategory/')) return this.checked.categories[own.slice('costCategory/'.length)]
    return undefined
  }

  /** With or without the prefix `user:`; CUR 2.0 and Athena write `user_cost_center` for `user:CostCenter`. */
  private tag(key: string): string | undefined {
    const bare = key.startsWith('user:') ? key.slice(5) : key
    return this.tags[key] ?? this.tags[bare] ?? this.tags[`user:${bare}`] ?? this.tags[`user_${bare}`] ?? this.tags[`user_${flat(bare)}`]
  }
}

const flat = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()

/** Negations carry no tags, so no rule can place them; neither they nor split rows have a cost to be placed (RULES.md 16). */
const GIVEN: Record<'cancels' | 'divides' | 'none', BillLine['given']> = {
  cancels: { layer: 'commitment_purchase', accepted: true },
  divides: { layer: 'supporting' },
  none: undefined,
}
