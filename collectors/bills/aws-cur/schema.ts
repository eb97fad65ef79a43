// AWS Cost and Usage Report, legacy and 2.0: the columns that we know by name, and what a source of this kind may set.
import { z } from 'zod'

export const curSettings = z.strictObject({
  /** A file or a folder. */
  path: z.string().optional(),
  /** The currency of files that have no column for it. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters')
    .optional(),
})
export type CurSettings = z.infer<typeof curSettings>

/** Amounts and quantities, by the names of CUR 2.0. Legacy names and both spellings of ARN are brought to these. */
export const AMOUNTS = {
  unblended: 'line_item_unblended_cost',
  netUnblended: 'line_item_net_unblended_cost',
  planEffective: 'savings_plan_savings_plan_effective_cost',
  planNetEffective: 'savings_plan_net_savings_plan_effective_cost',
  planCommitment: 'savings_plan_total_commitment_to_date',
  planUsed: 'savings_plan_used_commitment',
  reservationEffective: 'reservation_effective_cost',
  reservationNetEffective: 'reservation_net_effective_cost',
  unusedUpfront: 'reservation_unused_amortized_upfront_fee_for_billing_period',
  netUnusedUpfront: 'reservation_net_unused_amortized_upfront_fee_for_billing_period',
  unusedRecurring: 'reservation_unused_recurring_fee',
  netUnusedRecurring: 'reservation_net_unused_recurring_fee',
  onDemand: 'pricing_public_on_demand_cost',
  usage: 'line_item_usage_amount',
} as const
export type AmountColumn = keyof typeof AMOUNTS
export const AMOUNT_COLUMNS = Object.keys(AMOUNTS) as AmountColumn[]
export type Amounts = Record<AmountColumn, string | null>

/** Columns that have a place of their own in a bill line. */
export const PLACED = {
  type: 'line_item_line_item_type',
  start: 'line_item_usage_start_date',
  end: 'line_item_usage_end_date',
  periodStart: 'bill_billing_period_start_date',
  periodEnd: 'bill_billing_period_end_date',
  currency: 'line_item_currency_code',
  payer: 'bill_payer_account_id',
  account: 'line_item_usage_account_id',
  invoice: 'bill_invoice_id',
  description: 'line_item_line_item_description',
  resource: 'line_item_resource_id',
  unit: 'pricing_unit',
} as const

/** Columns that we read and also keep as they came. */
export const READ = {
  productCode: 'line_item_product_code',
  usageType: 'line_item_usage_type',
  zone: 'line_item_availability_zone',
  legalEntity: 'line_item_legal_entity',
  invoicer: 'bill_invoicing_entity',
  plan: 'savings_plan_savings_plan_arn',
  reservation: 'reservation_reservation_arn',
  splitParent: 'split_line_item_parent_resource_id',
} as const

/** Attributes of the product: flat columns `product_*`, or keys of the map `product`. */
export const PRODUCT = {
  name: 'product_product_name',
  family: 'product_product_family',
  instanceType: 'product_instance_type',
  region: 'product_region_code',
  oldRegion: 'product_region',
  sku: 'product_sku',
} as const

export type TextColumn = keyof typeof PLACED | keyof typeof READ
export type ProductColumn = keyof typeof PRODUCT

export const INDISPENSABLE = [PLACED.type, AMOUNTS.unblended, PLACED.start, PLACED.end] as const

const words = (text: string): string =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()

/** Tags and cost categories are named by the user: their names stay as they are. */
export const isNamedByUser = (name: string): boolean => /^(?:resourceTags|costCategory)\//.test(name)

/** `lineItem/UnblendedCost` and `reservation_reservation_a_r_n` as CUR 2.0 writes them, with `arn` as one word. */
export function curName(raw: string): string {
  const name = raw.trim()
  if (isNamedByUser(name)) return name
  const slash = name.indexOf('/')
  if (slash < 0) return name.toLowerCase().replaceAll('_a_r_n', '_arn')
  return `${words(name.slice(0, slash))}_${words(name.slice(slash + 1))}`
}

/** Not stable between two reports of the same charge, or told by whoever landed the file: no part of a line's identity. */
export const isUnstable = (name: string): boolean => name.startsWith('identity_') || name.startsWith('_')
