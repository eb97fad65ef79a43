// Hand-written bills of Azure, Google and Oracle.
import { csvOf, type Cells } from './bills.ts'

/** One day of one virtual machine in an Azure enterprise agreement. */
export const AZURE: Cells = {
  BillingAccountId: 'ea-1',
  BillingPeriodStartDate: '06/01/2026',
  BillingPeriodEndDate: '06/30/2026',
  SubscriptionId: 'sub-1',
  Date: '06/13/2026',
  ProductName: 'Virtual Machines ND H100 v5',
  MeterCategory: 'Virtual Machines',
  MeterName: 'ND96isr H100 v5',
  Quantity: '24',
  UnitOfMeasure: '1 Hour',
  CostInBillingCurrency: '240.5',
  UnitPrice: '11',
  PayGPrice: '12',
  BillingCurrencyCode: 'USD',
  ResourceLocation: 'US East',
  ResourceId: '/subscriptions/sub-1/resourceGroups/GPU/providers/Microsoft.Compute/virtualMachines/Node-1',
  ResourceName: 'Node-1',
  AdditionalInfo: '',
  Tags: '',
  ChargeType: 'Usage',
  Frequency: 'UsageBased',
  PricingModel: 'OnDemand',
  ReservationId: '',
}

export const azureCsv = (rows: readonly Cells[]): string => csvOf(rows.map((row) => ({ ...AZURE, ...row })))

/** One hour of the GPUs of one machine in Google's detailed export. */
export const GCP: Cells = {
  billing_account_id: 'AAAA-1',
  'service.description': 'Compute Engine',
  'sku.id': 'SKU-1',
  'sku.description': 'Nvidia H100 80GB GPU running in Americas',
  usage_start_time: '2026-06-10T00:00:00Z',
  usage_end_time: '2026-06-10T01:00:00Z',
  'project.id': 'llm',
  labels: '[{"key": "team", "value": "a"}]',
  system_labels: '[{"key": "compute.googleapis.com/machine_spec", "value": "a3-highgpu-8g"}]',
  'location.region': 'us-central1',
  'location.zone': 'us-central1-a',
  'resource.name': 'gpu-1',
  'resource.global_name': '//compute.googleapis.com/projects/llm/zones/us-central1-a/instances/4711',
  cost: '80',
  currency: 'USD',
  'usage.amount': '28800',
  'usage.unit': 'seconds',
  'usage.amount_in_pricing_units': '8',
  'usage.pricing_unit': 'hour',
  credits: '[]',
  'invoice.month': '202606',
  cost_type: 'regular',
}

export const gcpCsv = (rows: readonly Cells[]): string => csvOf(rows.map((row) => ({ ...GCP, ...row })))

/** The same row as BigQuery writes it in JSON: records nested, numbers as numbers. */
export function gcpObject(more: Cells = {}): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [path, text] of Object.entries({ ...GCP, ...more })) {
    const names = path.split('.')
    const last = names.pop() as string
    let at = object
    for (const name of names) at = (at[name] ??= {}) as Record<string, unknown>
    at[last] = jsonOf(path, text)
  }
  return object
}

function jsonOf(path: string, text: string): unknown {
  if (text === '') return null
  if (text.startsWith('[')) return JSON.parse(text)
  return path !== 'invoice.month' && /^-?\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : text
}

/** One hour of one bare-metal machine in Oracle's cost report. */
export const OCI: Cells = {
  'lineItem/referenceNo': 'V2.1',
  'lineItem/tenantId': 'ocid1.tenancy.oc1..t',
  'lineItem/intervalUsageStart': '2026-06-10T00:00Z',
  'lineItem/intervalUsageEnd': '2026-06-10T01:00Z',
  'product/service': 'COMPUTE',
  'product/compartmentId': 'ocid1.compartment.oc1..c',
  'product/compartmentName': 'llm',
  'product/region': 'us-phoenix-1',
  'product/resourceId': 'ocid1.instance.oc1.phx.node1',
  'usage/billedQuantity': '8.0',
  'usage/billedQuantityOverage': '0.0',
  'cost/subscriptionId': '42',
  'cost/productSku': 'B98415',
  'product/Description': 'Compute - GPU - H100',
  'cost/unitPrice': '10.0',
  'cost/myCost': '80.0',
  'cost/myCostOverage': '0.0',
  'cost/currencyCode': 'USD',
  'cost/skuUnitDescription': 'GPU Per Hour',
  'lineItem/isCorrection': 'false',
  'lineItem/backreferenceNo': '',
  'tags/Oracle-Tags.CreatedBy': 'ops',
  'tags/team': '',
}

export const ociCsv = (rows: readonly Cells[]): string => csvOf(rows.map((row) => ({ ...OCI, ...row })))
