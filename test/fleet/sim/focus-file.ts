// FOCUS 1.0 files: CSV, gzip, Parquet.
import fs from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { ACCOUNTS, type Delivery, type Line } from './bills.ts'
import { iso, monthText, nextMonth } from './time.ts'

const TYPES = { amount: 'DECIMAL(38,12)', time: 'TIMESTAMP', text: 'VARCHAR' } as const
type Column = { name: string; type?: keyof typeof TYPES; value: (line: Line) => string | null }

const text = (name: string, value: (line: Line) => string | null): Column => ({ name, value })
const amount = (name: string, value: (line: Line) => { toFixed(): string } | null): Column => ({
  name,
  type: 'amount',
  value: (line) => value(line)?.toFixed() ?? null,
})
const time = (name: string, value: (line: Line) => number): Column => ({ name, type: 'time', value: (line) => iso(value(line)) })

const COLUMNS: Column[] = [
  text('AvailabilityZone', () => null),
  amount('BilledCost', (line) => line.billed),
  text('BillingAccountId', (line) => ACCOUNTS[line.account].id),
  text('BillingAccountName', (line) => ACCOUNTS[line.account].name),
  text('BillingCurrency', (line) => ACCOUNTS[line.account].currency),
  time('BillingPeriodEnd', (line) => nextMonth(line.month)),
  time('BillingPeriodStart', (line) => line.month),
  text('ChargeCategory', (line) => line.category),
  text('ChargeClass', (line) => (line.correction ? 'Correction' : null)),
  text('ChargeDescription', (line) => line.description),
  text('ChargeFrequency', (line) => line.frequency),
  time('ChargePeriodEnd', (line) => line.to),
  time('ChargePeriodStart', (line) => line.from),
  text('CommitmentDiscountCategory', (line) => line.commitmentId && 'Spend'),
  text('CommitmentDiscountId', (line) => line.commitmentId),
  text('CommitmentDiscountName', (line) => line.commitmentId),
  text('CommitmentDiscountStatus', (line) => line.commitmentStatus),
  text('CommitmentDiscountType', (line) => line.commitmentId && 'Savings Commitment'),
  amount('ConsumedQuantity', (line) => line.quantity),
  text('ConsumedUnit', (line) => line.unit),
  amount('ContractedCost', (line) => line.billed),
  amount('ContractedUnitPrice', () => null),
  amount('EffectiveCost', (line) => line.effective),
  text('InvoiceIssuerName', (line) => ACCOUNTS[line.account].provider),
  amount('ListCost', (line) => line.billed.times('1.25')),
  amount('ListUnitPrice', () => null),
  text('PricingCategory', (line) => (line.commitmentStatus === 'Used' ? 'Committed' : 'Standard')),
  amount('PricingQuantity', (line) => line.quantity),
  text('PricingUnit', (line) => line.unit),
  text('ProviderName', (line) => ACCOUNTS[line.account].provider),
  text('PublisherName', (line) => ACCOUNTS[line.account].provider),
  text('RegionId', (line) => line.region),
  text('RegionName', (line) => line.region),
  text('ResourceId', (line) => line.resourceId),
  text('ResourceName', (line) => line.resourceId),
  text('ResourceType', (line) => line.resourceType),
  text('ServiceCategory', (line) => line.serviceCategory),
  text('ServiceName', (line) => line.service),
  text('SkuId', (line) => `sku-${line.service.toLowerCase().replaceAll(' ', '-')}`),
  text('SkuPriceId', () => null),
  text('SubAccountId', (line) => `${ACCOUNTS[line.account].id}-01`),
  text('SubAccountName', () => 'production'),
  text('Tags', (line) => JSON.stringify(line.tags)),
]

const cell = (value: string | null): string => (value === null ? '' : /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

export function focusCsv(lines: readonly Line[]): string {
  const rows = lines.map((line) => COLUMNS.map((column) => cell(column.value(line))).join(','))
  return `${[COLUMNS.map((column) => column.name).join(','), ...rows].join('\n')}\n`
}

async function writeParquet(csv: string, target: string): Promise<void> {
  const scratch = `${target}.csv`
  fs.writeFileSync(scratch, csv)
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const types = COLUMNS.map((column) => `'${column.name}': '${TYPES[column.type ?? 'text']}'`).join(', ')
  await connection.run(
    `COPY (SELECT * FROM read_csv('${scratch}', header = true, columns = {${types}}, timestampformat = '%Y-%m-%dT%H:%M:%SZ')) TO '${target}' (FORMAT parquet)`,
  )
  connection.closeSync()
  fs.rmSync(scratch)
}

/** Writes one delivery and returns its path. A restated month overwrites the file of its first version, as a provider does. */
export async function writeDelivery(folder: string, { source, month, format, lines }: Delivery): Promise<string> {
  const target = path.join(folder, source, `${source}-${monthText(month)}.${format}`)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  const csv = focusCsv(lines)
  if (format === 'parquet') await writeParquet(csv, target)
  else fs.writeFileSync(target, format === 'csv.gz' ? gzipSync(csv) : csv)
  return target
}
