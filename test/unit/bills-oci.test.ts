import { expect, test } from 'vitest'
import { layoutOf } from '#collectors/bills/oci-cost/layout.ts'
import { OciMapper } from '#collectors/bills/oci-cost/map.ts'
import { reportNumber } from '#collectors/bills/oci-cost/reader.ts'
import { OCI } from '#test/support/cloud-bills.ts'

function mapped(more: Record<string, string>) {
  const cells = { ...OCI, ...more }
  const layout = layoutOf(Object.keys(cells), 'f.csv', {})
  return new OciMapper(layout, { file: 'f.csv', currency: undefined, period: undefined }).map(Object.values(cells), 7)
}
function factOf(more: Record<string, string>) {
  const got = mapped(more)
  if (!('fact' in got)) throw new Error(`${got.column}: ${got.reason}`)
  return got.fact
}

test.each([
  ['2026-06-10T00:00Z', Date.UTC(2026, 5, 10)],
  ['2026-06-10T00:00:00Z', Date.UTC(2026, 5, 10)],
  ['2026-06-10T00:00:00.000Z', Date.UTC(2026, 5, 10)],
  ['2026-06-10T00:30:15.123456Z', Date.UTC(2026, 5, 10, 0, 30, 15, 123)],
])('the instant %s, whatever its precision', (text, ms) => {
  expect(factOf({ 'lineItem/intervalUsageStart': text }).charge.start).toBe(ms)
})

test.each([
  ['1.5E-4', '0.00015'],
  ['4.2e1', '42'],
  ['-0.00', '-0.00'],
  ['1E+2', '100'],
])('the amount %s', (text, amount) => expect(factOf({ 'cost/myCost': text }).stored!.billed).toBe(amount))

test.each([
  ['GPU Per Hour', 'GPU Per Hour'],
  ['Node Per Hour', 'Hours'],
  ['Instance Per Hour', 'Hours'],
  ['Hours', 'Hours'],
  ['OCPU Per Hour', 'OCPU Per Hour'],
  ['', null],
])('the unit %j counts %j', (unit, counted) => expect(factOf({ 'cost/skuUnitDescription': unit }).consumedUnit).toBe(counted))

test('an hour of a machine', () => {
  expect(factOf({})).toMatchObject({
    billingPeriod: { start: Date.UTC(2026, 5, 1), end: Date.UTC(2026, 6, 1) },
    billingAccount: 'ocid1.tenancy.oc1..t',
    subAccount: 'ocid1.compartment.oc1..c',
    chargeCategory: 'Usage',
    chargeClass: null,
    resourceId: 'ocid1.instance.oc1.phx.node1',
    resourceType: 'instance',
    tags: { 'Oracle-Tags.CreatedBy': 'ops' },
    stored: { billed: '80.0', effective: '80.0', consumedQuantity: '8.0' },
  })
})

test('a correction is one, and says of what', () => {
  const line = factOf({ 'lineItem/isCorrection': 'true', 'lineItem/backreferenceNo': 'V2.0', 'cost/myCost': '-1E1' })
  expect([line.chargeClass, line.stored!.billed, line.extra['lineItem/backreferenceNo']]).toEqual(['Correction', '-10', 'V2.0'])
})

test.each([
  [{ 'cost/myCost': '' }, 'cost/myCost', '', 'empty'],
  [{ 'cost/myCost': '1,5' }, 'cost/myCost', '1,5', 'not a decimal number'],
  [{ 'usage/billedQuantity': 'x' }, 'usage/billedQuantity', 'x', 'not a decimal number'],
  [{ 'lineItem/intervalUsageStart': '10.06.2026' }, 'lineItem/intervalUsageStart', '10.06.2026', 'not a date and time'],
  [
    { 'lineItem/intervalUsageEnd': '2026-06-10T00:00Z' },
    'lineItem/intervalUsageEnd',
    '2026-06-10T00:00:00.000Z',
    'not after lineItem/intervalUsageStart',
  ],
  [{ 'cost/currencyCode': 'dollars' }, 'cost/currencyCode', 'dollars', 'not a currency code of three capital letters'],
  [{ 'lineItem/isCorrection': 'perhaps' }, 'lineItem/isCorrection', 'perhaps', 'neither true nor false'],
])('%j is rejected at its column', (more, column, value, reason) => {
  expect(mapped(more)).toMatchObject({ file: 'f.csv', line: 7, column, value, reason, billingAccount: 'ocid1.tenancy.oc1..t' })
})

test('a line is the same whatever Oracle numbers it', () => {
  const id = (more: Record<string, string>) => factOf(more).canonical
  expect(id({ 'lineItem/referenceNo': 'V2.9' })).toBe(id({}))
  expect(id({ 'lineItem/backreferenceNo': 'V2.9' })).not.toBe(id({}))
})

test.each([
  ['tag:Oracle-Tags.CreatedBy', 'ops'],
  ['product/compartmentName', 'llm'],
  ['ServiceName', 'COMPUTE'],
  ['PublisherName', 'Oracle'],
  ['tag:team', undefined],
])('rules ask for %s and get %j', (name, expected) => expect(factOf({}).column(name)).toBe(expected))

test.each([
  [['lineItem/intervalUsageStart', 'usage/consumedQuantity'], 'not_oci'],
  [['cost/myCost', 'lineItem/intervalUsageStart', 'lineItem/intervalUsageEnd'], 'no_currency'],
  [['cost/myCost', 'COST/MYCOST'], 'bad_header'],
])('the header %j is refused as %s', (header, code) => {
  expect(() => layoutOf(header, 'f.csv', {})).toThrow(expect.objectContaining({ code }))
})

test.each([
  ['0001000000123456.csv.gz', '0001000000123456'],
  ['0001000000123456-00002.csv', '0001000000123456-00002'],
  ['reports_cost-csv_0001000000123456.csv.gz', '0001000000123456'],
  ['oci-june.csv', undefined],
  ['2026-06.csv', undefined],
])('the report %s is number %s', (file, number) => expect(reportNumber(file)).toBe(number))
