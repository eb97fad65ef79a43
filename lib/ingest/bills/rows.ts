// A bill line as PostgreSQL's COPY reads it.
import type { BillLine, StoredTexts } from '#lib/domain/bill.ts'
import type { Decision } from '#lib/domain/scope.ts'
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
  'otherwise_layer',
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

const SPECIAL = /[\\\t\n\r]/
const cell = (text: string | null): string => (text === null ? '\\N' : SPECIAL.test(text) ? copyCell(text) : text)
// One list for every row: joining it is the fastest way to a row, and rows are made one at a time.
const cells: string[] = []

/** How a decision identifies a row within a batch's content: under which rule it fell is not part of it. */
export const decisionName = ({ scope, layer, otherwise }: Decision): string => `${scope} ${layer}${otherwise ? ` else ${otherwise}` : ''}`
/** The cells of a decision: scope, layer, otherwise, rule. */
export const decisionText = ({ scope, layer, otherwise, ruleOrdinal }: Decision): string =>
  `${scope}\t${layer ?? '\\N'}\t${otherwise ?? '\\N'}\t${ruleOrdinal ?? '\\N'}`
export const sameDecision = (a: Decision, b: Decision): boolean =>
  a.scope === b.scope && a.layer === b.layer && a.otherwise === b.otherwise && a.ruleOrdinal === b.ruleOrdinal

/** The last segment of a resource's path, lower-cased: how an ARN or a resource id names an instance. */
export const resourceKey = (id: string): string => id.slice(id.lastIndexOf('/') + 1).toLowerCase()

/** What all lines of one batch have in common: the cells before and after the content key, in COPY text. */
export type RowFrame = { period: Day; source: string; tail: string }

/** `tail`: from_seq, replacement key and billing account. */
export const rowFrame = (period: Day, sourceId: number, seq: string, replacementKey: string, account: string): RowFrame => ({
  period,
  source: `${sourceId}`,
  tail: `${seq}\t${copyCell(replacementKey)}\t${copyCell(account)}`,
})

/** One row of BILL_LINE_COLUMNS without its line end. `contentKey`, `decided` (decisionText) and `place` (file, line) are COPY text. */
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
  cells[0] = frame.period
  cells[1] = frame.source
  cells[2] = contentKey
  cells[3] = ordinal === 0 ? '0' : String(ordinal)
  cells[4] = frame.tail
  cells[5] = cell(line.subAccount)
  cells[6] = cell(line.invoiceId)
  cells[7] = cell(line.provider)
  cells[8] = line.currency
  cells[9] = line.chargeCategory
  cells[10] = cell(line.chargeClass)
  cells[11] = cell(line.chargeFrequency)
  cells[12] = stored.chargeStart
  cells[13] = stored.chargeEnd
  cells[14] = cell(line.description)
  cells[15] = cell(line.serviceName)
  cells[16] = cell(line.serviceCategory)
  cells[17] = cell(line.region)
  cells[18] = cell(resource)
  cells[19] = resource === null ? '\\N' : cell(resourceKey(resource))
  cells[20] = cell(line.resourceName)
  cells[21] = cell(line.resourceType)
  cells[22] = cell(line.instanceType)
  cells[23] = cell(line.skuId)
  cells[24] = cell(line.commitmentId)
  cells[25] = cell(line.commitmentStatus)
  cells[26] = stored.consumedQuantity ?? '\\N'
  cells[27] = cell(line.consumedUnit)
  cells[28] = stored.pricingQuantity ?? '\\N'
  cells[29] = cell(line.pricingUnit)
  cells[30] = stored.billed
  cells[31] = stored.effective ?? '\\N'
  cells[32] = stored.list ?? '\\N'
  cells[33] = stored.contracted ?? '\\N'
  cells[34] = cell(stored.tags)
  cells[35] = cell(stored.extra)
  cells[36] = decided
  cells[37] = place
  return cells.join('\t')
}
