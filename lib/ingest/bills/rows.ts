// A bill line as PostgreSQL's COPY reads it.
import type { BillLine, StoredTexts } from '#lib/domain/bill.ts'
import type { Day } from '#lib/domain/time.ts'
import { copyCell } from '#lib/store/copy.ts'

export const BILL_LINE_COLUMNS = [
  'billing_period',
  'source_id',
  'content_key',
  'ordinal',
  'from_seq',
  'replacement_key',
  'billing_account',
  'sub_account',
  'invoice_id',
  'provider',
  'currency',
  'charge_category',
  'charge_class',
  'charge_frequency',
  'charge_start',
  'charge_end',
  'description',
  'service_name',
  'service_category',
  'region',
  'resource_id',
  'resource_key',
  'resource_name',
  'resource_type',
  'instance_type',
  'sku_id',
  'commitment_id',
  'commitment_status',
  'consumed_quantity',
  'consumed_unit',
  'pricing_quantity',
  'pricing_unit',
  'billed',
  'effective',
  'list_cost',
  'contracted',
  'tags',
  'extra',
  'scope',
  'layer',
  'rule_ordinal',
  'file',
  'line',
] as const

/** The amounts, instants and JSON of a line as texts, for adapters that do not bring them. */
export function storedTexts(line: BillLine): StoredTexts {
  const json = (value: Record<string, string>) => (Object.keys(value).length === 0 ? null : JSON.stringify(value))
  return {
    billed: line.billed.toFixed(),
    effective: line.effective?.toFixed() ?? null,
    list: line.list?.toFixed() ?? null,
    contracted: line.contracted?.toFixed() ?? null,
    consumedQuantity: line.consumedQuantity?.toFixed() ?? null,
    pricingQuantity: line.pricingQuantity?.toFixed() ?? null,
    chargeStart: new Date(line.charge.start).toISOString(),
    chargeEnd: new Date(line.charge.end).toISOString(),
    tags: JSON.stringify(line.tags),
    extra: json(line.extra),
  }
}

const cell = (text: string | null): string => (text === null ? '\\N' : copyCell(text))
const bare = (text: string | null): string => text ?? '\\N'

/** The last segment of a resource's path, lower-cased: how an ARN or a resource id names an instance. */
export const resourceKey = (id: string): string => id.slice(id.lastIndexOf('/') + 1).toLowerCase()

/** What all lines of one batch have in common: the cells before and after the content key, in COPY text. */
export type RowFrame = { period: Day; sourceId: number; tail: string }

/** `tail`: from_seq, replacement key and billing account. */
export const rowFrame = (period: Day, sourceId: number, seq: string, replacementKey: string, account: string): RowFrame => ({
  period,
  sourceId,
  tail: `${seq}\t${copyCell(replacementKey)}\t${copyCell(account)}`,
})

/** One row of BILL_LINE_COLUMNS, line end included. `decided` is scope, layer and rule in COPY text; `place` file and line. */
export function billLineRow(
  frame: RowFrame,
  line: BillLine,
  stored: StoredTexts,
  contentKey: string,
  ordinal: number,
  decided: string,
  place: string,
): string {
  const resource = line.resourceId
  return (
    `${frame.period}\t${frame.sourceId}\t\\\\x${contentKey}\t${ordinal}\t${frame.tail}\t${cell(line.subAccount)}\t${cell(line.invoiceId)}\t` +
    `${cell(line.provider)}\t${copyCell(line.currency)}\t${copyCell(line.chargeCategory)}\t${cell(line.chargeClass)}\t` +
    `${cell(line.chargeFrequency)}\t${stored.chargeStart}\t${stored.chargeEnd}\t${cell(line.description)}\t${cell(line.serviceName)}\t` +
    `${cell(line.serviceCategory)}\t${cell(line.region)}\t${cell(resource)}\t${resource === null ? '\\N' : copyCell(resourceKey(resource))}\t` +
    `${cell(line.resourceName)}\t${cell(line.resourceType)}\t${cell(line.instanceType)}\t${cell(line.skuId)}\t${cell(line.commitmentId)}\t` +
    `${cell(line.commitmentStatus)}\t${bare(stored.consumedQuantity)}\t${cell(line.consumedUnit)}\t${bare(stored.pricingQuantity)}\t` +
    `${cell(line.pricingUnit)}\t${stored.billed}\t${bare(stored.effective)}\t${bare(stored.list)}\t${bare(stored.contracted)}\t` +
    `${cell(stored.tags)}\t${cell(stored.extra)}\t${decided}\t${place}\n`
  )
}
