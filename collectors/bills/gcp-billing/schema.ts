// Google Cloud's billing export (standard and detailed usage cost): the columns that we read, and what a source may set.
import { z } from 'zod'

export const gcpSettings = z.strictObject({
  /** A file or a folder. */
  path: z.string().optional(),
  /** The billing currency of files that have no column for it. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters')
    .optional(),
  /** The standard export names no resources: the label (or system label) whose value names the machine instead. */
  resource_label: z.string().min(1).optional(),
})
export type GcpSettings = z.infer<typeof gcpSettings>

/** Single values, by their path in the export's schema. */
export const TEXTS = {
  account: 'billing_account_id',
  service: 'service.description',
  sku: 'sku.id',
  skuName: 'sku.description',
  start: 'usage_start_time',
  end: 'usage_end_time',
  project: 'project.id',
  region: 'location.region',
  location: 'location.location',
  zone: 'location.zone',
  resource: 'resource.global_name',
  resourceName: 'resource.name',
  cost: 'cost',
  costAtList: 'cost_at_list',
  currency: 'currency',
  amount: 'usage.amount',
  unit: 'usage.unit',
  pricingAmount: 'usage.amount_in_pricing_units',
  pricingUnit: 'usage.pricing_unit',
  month: 'invoice.month',
  costType: 'cost_type',
  subscription: 'subscription.instance_id',
} as const
export type TextColumn = keyof typeof TEXTS

/** Repeated records. */
export const LISTS = { credits: 'credits', labels: 'labels', systemLabels: 'system_labels', tags: 'tags' } as const
export type ListColumn = keyof typeof LISTS

/** Without these a file is no bill. */
export const INDISPENSABLE: readonly TextColumn[] = ['cost', 'start', 'end']

/** System labels that say what a machine is. */
export const MACHINE_SPEC = 'compute.googleapis.com/machine_spec'
export const CORES = 'compute.googleapis.com/cores'
export const MEMORY_MB = 'compute.googleapis.com/memory'
