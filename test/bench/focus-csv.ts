import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

const COLUMNS = `AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart
ChargeCategory ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd ChargePeriodStart CommitmentDiscountCategory CommitmentDiscountId
CommitmentDiscountName CommitmentDiscountStatus CommitmentDiscountType ConsumedQuantity ConsumedUnit ContractedCost ContractedUnitPrice
EffectiveCost InvoiceId InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingQuantity PricingUnit ProviderName PublisherName
RegionId RegionName ResourceId ResourceName ResourceType ServiceCategory ServiceName SkuId SkuPriceId SubAccountId SubAccountName Tags`.split(
  /\s+/,
)

const SERVICES = [
  ['Amazon Elastic Compute Cloud', 'Compute', 'Instance', '$98.32 per On Demand Linux p5.48xlarge Instance Hour', 'Hours'],
  ['Amazon Simple Storage Service', 'Storage', 'Bucket', '$0.023 per GB - first 50 TB / month of storage used', 'GB-Mo'],
  ['Amazon CloudWatch', 'Management and Governance', 'LogGroup', '$0.50 per GB custom log data ingested in Standard class', 'GB'],
  ['AWS Key Management Service', 'Security', 'Key', '$0.03 per 10000 requests, all regions', 'Requests'],
] as const

/** A reproducible FOCUS 1.2 file as a large account's export looks: hourly lines of many resources over one month, tagged, costs of ten digits. */
export async function writeFocusCsv(file: string, count: number): Promise<void> {
  let state = 42
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state % below
  }
  const out = createWriteStream(file, { highWaterMark: 1 << 20 })
  let text = `${COLUMNS.map((name) => `"${name}"`).join(',')}\n`
  for (let i = 0; i < count; i++) {
    const [service, category, kind, description, unit] = SERVICES[random(SERVICES.length)]!
    const hour = Date.UTC(2026, 5, 1, i % 719)
    const at = (ms: number) => new Date(ms).toISOString().replace('.000', '')
    const cost = `${random(90)}.${String(random(1e9)).padStart(10, '0')}`
    const resource = random(4000)
    const sku = `SKU${random(500)}`
    const tags = `{""team"": ""team-${random(12)}"", ""environment"": ""prod"", ""cost_center"": ""${4000 + random(30)}""}`
    const cells = [
      `us-west-2${'abc'[random(3)]}`,
      cost,
      '123456789012',
      'Example Corp',
      'USD',
      '2026-07-01T00:00:00Z',
      '2026-06-01T00:00:00Z',
      'Usage',
      '',
      description,
      'Usage-Based',
      at(hour + 3_600_000),
      at(hour),
      '',
      '',
      '',
      '',
      '',
      `${random(1000)}.${random(1e6)}`,
      unit,
      cost,
      '0.0230000000',
      cost,
      '',
      'Amazon Web Services, Inc.',
      cost,
      '0.0230000000',
      'Standard',
      `${random(1000)}.5`,
      unit,
      'AWS',
      'Amazon Web Services, Inc.',
      'us-west-2',
      'US West (Oregon)',
      `arn:aws:ec2:us-west-2:123456789012:${kind.toLowerCase()}/i-0${resource.toString(16).padStart(16, '0')}`,
      `node-${resource}`,
      kind,
      category,
      service,
      sku,
      `${sku}.JRTCKXETXF.6YS6EN2CT7`,
      `${210_000_000_000 + random(20)}`,
      'Inference',
      tags,
    ]
    text += `${cells.map((cell) => (cell === '' ? '' : `"${cell}"`)).join(',')}\n`
    if (text.length > 1 << 20) {
      if (!out.write(text)) await once(out, 'drain')
      text = ''
    }
  }
  out.end(text)
  await finished(out)
}
