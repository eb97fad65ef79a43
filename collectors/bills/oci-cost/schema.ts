// Oracle Cloud's cost reports (the proprietary format, beside which Oracle also writes FOCUS): columns, and what a source may set.
import { z } from 'zod'

export const ociSettings = z.strictObject({
  /** A file or a folder. */
  path: z.string().optional(),
  /** The billing currency of files that have no column for it. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters')
    .optional(),
})
export type OciSettings = z.infer<typeof ociSettings>

/** Columns that have a place of their own in a bill line; headers are compared in small letters. */
export const PLACED = {
  tenant: 'lineItem/tenantId',
  start: 'lineItem/intervalUsageStart',
  end: 'lineItem/intervalUsageEnd',
  correction: 'lineItem/isCorrection',
  service: 'product/service',
  compartment: 'product/compartmentId',
  region: 'product/region',
  resource: 'product/resourceId',
  description: 'product/Description',
  quantity: 'usage/billedQuantity',
  sku: 'cost/productSku',
  cost: 'cost/myCost',
  currency: 'cost/currencyCode',
  unit: 'cost/skuUnitDescription',
  oldUnit: 'cost/billingUnitReadable',
} as const
export type PlacedColumn = keyof typeof PLACED

export const INDISPENSABLE: readonly PlacedColumn[] = ['cost', 'start', 'end']

/** Oracle's own number of a line names it for corrections; it is no part of what the line says. */
export const LINE_ID = 'lineitem/referenceno'
export const TAG_PREFIX = 'tags/'
