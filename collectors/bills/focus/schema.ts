// FOCUS 1.0 to 1.2: the columns that we know by name, and what a source of this kind may set.
import { z } from 'zod'

export const focusSettings = z.strictObject({
  /** A file or a folder. */
  path: z.string().optional(),
  /** The billing currency of files that have no column for it. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters')
    .optional(),
})
export type FocusSettings = z.infer<typeof focusSettings>

/** Without these a file is no bill. */
export const INDISPENSABLE = ['BilledCost', 'ChargePeriodStart', 'ChargePeriodEnd', 'ChargeCategory'] as const

/** Columns that have a place of their own in a bill line; every other column is kept in `extra`. */
export const PLACED = {
  billed: 'BilledCost',
  effective: 'EffectiveCost',
  list: 'ListCost',
  contracted: 'ContractedCost',
  consumed: 'ConsumedQuantity',
  pricing: 'PricingQuantity',
  chargeStart: 'ChargePeriodStart',
  chargeEnd: 'ChargePeriodEnd',
  periodStart: 'BillingPeriodStart',
  periodEnd: 'BillingPeriodEnd',
  currency: 'BillingCurrency',
  category: 'ChargeCategory',
  chargeClass: 'ChargeClass',
  frequency: 'ChargeFrequency',
  account: 'BillingAccountId',
  subAccount: 'SubAccountId',
  invoice: 'InvoiceId',
  provider: 'ProviderName',
  description: 'ChargeDescription',
  service: 'ServiceName',
  serviceCategory: 'ServiceCategory',
  region: 'RegionId',
  resource: 'ResourceId',
  resourceName: 'ResourceName',
  resourceType: 'ResourceType',
  sku: 'SkuId',
  commitment: 'CommitmentDiscountId',
  commitmentStatus: 'CommitmentDiscountStatus',
  consumedUnit: 'ConsumedUnit',
  pricingUnit: 'PricingUnit',
  tags: 'Tags',
} as const
export type PlacedColumn = keyof typeof PLACED

/** The rest of FOCUS 1.0 to 1.2: kept in `extra`, spelled as the specification does. */
const OTHERS = `AvailabilityZone BillingAccountName BillingAccountType CapacityReservationId CapacityReservationStatus
CommitmentDiscountCategory CommitmentDiscountName CommitmentDiscountQuantity CommitmentDiscountType CommitmentDiscountUnit
ContractedUnitPrice InvoiceIssuerName ListUnitPrice PricingCategory PricingCurrency PricingCurrencyContractedUnitPrice
PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice PublisherName RegionName ServiceSubcategory SkuMeter SkuPriceDetails SkuPriceId
SubAccountName SubAccountType`

const KNOWN = [...Object.values(PLACED), ...OTHERS.split(/\s+/)]
const SPELLING = new Map(KNOWN.map((name) => [name.toLowerCase(), name]))

/** Short names of known columns inside a line's identity. Their order is part of every stored content key: append, never reorder. */
export const IDENTITY_CODES: ReadonlyMap<string, string> = new Map(KNOWN.map((name, index) => [name, `#${index.toString(36)}`]))

/** FOCUS's spelling of a column that differs from it only in case (some engines lower every name); any other name as it is. */
export const focusName = (name: string): string => SPELLING.get(name.trim().toLowerCase()) ?? name.trim()

/** The provider's own id of a line is not stable between two reports of the same charge, so it takes no part in a line's identity. */
export const isLineId = (name: string): boolean => /^(?:id|x_.*line_?item_?id|line_?item_?id)$/i.test(name)

export const CATEGORIES = ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'] as const
export const FREQUENCIES = ['One-Time', 'Recurring', 'Usage-Based'] as const
