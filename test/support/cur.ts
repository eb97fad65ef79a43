// Hand-written rows of an AWS Cost and Usage Report, by the names of CUR 2.0; written out in either generation.
import type { Cells } from './bills.ts'

/** One hour of an H100 machine on demand. */
export const CUR_USAGE: Cells = {
  identity_line_item_id: 'id-1',
  identity_time_interval: '2026-06-01T00:00:00Z/2026-06-01T01:00:00Z',
  bill_invoice_id: '',
  bill_payer_account_id: '111122223333',
  bill_billing_period_start_date: '2026-06-01T00:00:00Z',
  bill_billing_period_end_date: '2026-07-01T00:00:00Z',
  line_item_usage_account_id: '444455556666',
  line_item_line_item_type: 'Usage',
  line_item_usage_start_date: '2026-06-01T00:00:00Z',
  line_item_usage_end_date: '2026-06-01T01:00:00Z',
  line_item_product_code: 'AmazonEC2',
  line_item_usage_type: 'BoxUsage:p5.48xlarge',
  line_item_resource_id: 'i-0abc',
  line_item_usage_amount: '1',
  line_item_currency_code: 'USD',
  line_item_unblended_cost: '98.32',
  line_item_line_item_description: 'per On Demand Linux p5.48xlarge Instance Hour',
  line_item_availability_zone: 'us-east-1a',
  pricing_unit: 'Hrs',
  pricing_public_on_demand_cost: '98.32',
  product_product_name: 'Amazon Elastic Compute Cloud',
  product_instance_type: 'p5.48xlarge',
  reservation_reservation_arn: '',
  reservation_effective_cost: '',
  reservation_unused_amortized_upfront_fee_for_billing_period: '',
  reservation_unused_recurring_fee: '',
  savings_plan_savings_plan_arn: '',
  savings_plan_savings_plan_effective_cost: '',
  savings_plan_total_commitment_to_date: '',
  savings_plan_used_commitment: '',
}

const LEGACY_PREFIX: [string, string][] = [
  ['identity_', 'identity/'],
  ['bill_', 'bill/'],
  ['line_item_', 'lineItem/'],
  ['pricing_', 'pricing/'],
  ['product_', 'product/'],
  ['reservation_', 'reservation/'],
  ['savings_plan_', 'savingsPlan/'],
  ['split_line_item_', 'splitLineItem/'],
  ['resource_tags_user_', 'resourceTags/user:'],
]
const LOWER_FIRST: Record<string, string> = {
  product_instance_type: 'product/instanceType',
  pricing_unit: 'pricing/unit',
  pricing_public_on_demand_cost: 'pricing/publicOnDemandCost',
}

function legacyName(name: string): string {
  if (LOWER_FIRST[name]) return LOWER_FIRST[name]
  const [from, to] = LEGACY_PREFIX.find(([prefix]) => name.startsWith(prefix))!
  const rest = name.slice(from.length)
  if (to.endsWith(':')) return to + rest
  const camel = rest.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return to + camel.replace(/Arn$/, 'ARN')
}

/** The same row as the legacy report writes it. */
export const legacy = (row: Cells): Cells => Object.fromEntries(Object.entries(row).map(([name, cell]) => [legacyName(name), cell]))

/** The same row as CUR 2.0 writes it: products and tags as maps. */
export function mapped(row: Cells): Cells {
  const out: Cells = {}
  const maps: Record<string, Cells> = { product: {}, resource_tags: {} }
  for (const [name, cell] of Object.entries(row)) {
    const map = name.startsWith('product_') ? 'product' : name.startsWith('resource_tags_') ? 'resource_tags' : undefined
    if (!map) out[name.replace(/_arn$/, '_a_r_n')] = cell
    else if (cell !== '') maps[map]![name.slice(map.length + 1)] = cell
  }
  return { ...out, product: JSON.stringify(maps.product), resource_tags: JSON.stringify(maps.resource_tags) }
}
