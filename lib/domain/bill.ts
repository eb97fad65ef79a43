import type { Layer } from './layers.ts'
import type { Money } from './money.ts'
import type { Interval } from './time.ts'

/** One line of a bill, as every bills adapter hands it over: FOCUS terms, money exact, period in UTC. Null is unknown. */
export type BillLine = {
  billingPeriod: Interval
  billingAccount: string
  subAccount: string | null
  invoiceId: string | null
  provider: string | null
  currency: string
  /** Usage | Purchase | Tax | Credit | Adjustment */
  chargeCategory: string
  /** Correction, or null */
  chargeClass: string | null
  chargeFrequency: string | null
  charge: Interval
  description: string | null
  serviceName: string | null
  serviceCategory: string | null
  region: string | null
  resourceId: string | null
  resourceName: string | null
  resourceType: string | null
  instanceType: string | null
  skuId: string | null
  commitmentId: string | null
  /** Used | Unused, or null */
  commitmentStatus: string | null
  consumedQuantity: Money | null
  consumedUnit: string | null
  pricingQuantity: Money | null
  pricingUnit: string | null
  billed: Money
  /** What the file itself says was billed, where the ledger takes another amount (RULES.md 16); money of an import is by file sums. */
  fileBilled?: string
  /** Null: it cannot be derived. Never the billed cost under its name. */
  effective: Money | null
  list: Money | null
  contracted: Money | null
  tags: Record<string, string>
  /** What no rule decides: the layer that the source declares, or that the row can only have; `accepted` also puts it in scope. */
  given?: { layer: Layer; accepted?: true }
  /** Columns that have no place above, kept as they came (empty ones left out). */
  extra: Record<string, string>
  /** Any column by its FOCUS name, for rules; undefined where the file has no such column or no value in it. */
  column: (name: string) => string | undefined
  /**
   * The canonical row: every column but the provider's own line id, name and value, in a fixed order. Equal rows give equal text
   * whatever the order of columns. The importer hashes it into the content key.
   */
  canonical: string
  /** The same values as PostgreSQL reads them, from adapters that have them at hand: millions of lines then need no Decimal. */
  stored?: StoredTexts
}

/** Decimal texts, instants as ISO 8601, JSON texts. */
export type StoredTexts = {
  billed: string
  effective: string | null
  list: string | null
  contracted: string | null
  consumedQuantity: string | null
  pricingQuantity: string | null
  chargeStart: string
  chargeEnd: string
  tags: string | null
  extra: string | null
}
