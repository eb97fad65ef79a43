import { expect, test } from 'vitest'
import { InvoiceMapper } from '#collectors/bills/invoice-csv/map.ts'
import { layoutOf } from '#collectors/bills/invoice-csv/reader.ts'
import { invoiceSettings } from '#collectors/bills/invoice-csv/schema.ts'
import type { BillLine } from '#lib/domain/bill.ts'
import type { Cells } from '#test/support/bills.ts'

const COLUMNS = {
  charge_start: 'From',
  charge_end: 'To',
  cost: 'Total',
  currency: 'Cur',
  resource: 'Pod',
  quantity: 'Hours',
  unit: 'Unit',
  description: 'Item',
  invoice: 'Invoice',
}
const ROW: Cells = {
  id: '17',
  From: '2026-06-01T00:00:00Z',
  To: '2026-06-01T01:00:00Z',
  Total: '2.79',
  Cur: 'USD',
  Pod: 'pod-1',
  Hours: '1',
  Unit: 'hours',
  Item: 'H100 PCIe',
  Invoice: '',
  Region: 'EU-RO-1',
}

const settingsOf = (more: object = {}) => invoiceSettings.parse({ columns: COLUMNS, ...more })
function read(more: Cells = {}, settings = settingsOf(), row = ROW) {
  const all = { ...row, ...more }
  const mapper = new InvoiceMapper(layoutOf(Object.keys(all), 'f.csv', settings), settings, { file: 'f.csv', period: undefined })
  return mapper.map(Object.values(all), 5)
}
const line = (more: Cells = {}, settings?: ReturnType<typeof settingsOf>, row?: Cells): BillLine => {
  const mapped = read(more, settings, row)
  if (!('fact' in mapped)) throw new Error(mapped.reason)
  return mapped.fact
}

test('each declared column is what it was declared to be', () => {
  const one = line()
  expect([one.billed.toFixed(), one.effective?.toFixed(), one.currency, one.resourceId, one.consumedQuantity?.toFixed()]).toEqual([
    '2.79',
    '2.79',
    'USD',
    'pod-1',
    '1',
  ])
  expect([one.consumedUnit, one.description, one.invoiceId, one.chargeCategory, one.extra]).toEqual([
    'hours',
    'H100 PCIe',
    null,
    'Usage',
    { id: '17', Region: 'EU-RO-1' },
  ])
  expect(one.charge).toEqual({ start: Date.UTC(2026, 5, 1), end: Date.UTC(2026, 5, 1, 1) })
})

test.each([
  ['ChargeDescription', 'H100 PCIe'],
  ['ResourceId', 'pod-1'],
  ['Item', 'H100 PCIe'],
  ['Region', 'EU-RO-1'],
  ['Nothing', undefined],
])('a rule may ask for %s', (name, value) => expect(line().column(name)).toBe(value))

test('the map may stand beside the path, a currency may be named in place of its column, and defaults fill what is missing', () => {
  const settings = invoiceSettings.parse({
    charge_start: 'date',
    cost: 'amount',
    currency: 'EUR',
    defaults: { account: 'acme', service: 'LLM API', provider: 'Acme AI', unit: 'tokens' },
  })
  const row: Cells = { DATE: '2026-06-03', amount: '0.25', model: 'large' }
  const one = line({}, settings, row)
  expect([one.currency, one.billingAccount, one.serviceName, one.provider, one.consumedUnit]).toEqual([
    'EUR',
    'acme',
    'LLM API',
    'Acme AI',
    'tokens',
  ])
  expect(one.charge).toEqual({ start: Date.UTC(2026, 5, 3), end: Date.UTC(2026, 5, 4) })
  expect(one.column('model')).toBe('large')
})

test('settings that were checked once may be checked again', () => {
  const settings = settingsOf({ end_inclusive: true, defaults: { account: 'a' } })
  expect(invoiceSettings.parse(settings)).toEqual(settings)
})

test.each<[object, Cells, string, string]>([
  [{}, { From: '2026-06-01', To: '2026-07-01' }, '2026-07-01T00:00:00.000Z', 'ends are exclusive'],
  [{ end_inclusive: true }, { From: '2026-06-01', To: '2026-06-30' }, '2026-07-01T00:00:00.000Z', 'unless the source says otherwise'],
  [{ end_inclusive: true }, {}, '2026-06-01T01:00:00.000Z', 'which is about days'],
  [{}, { From: '2026-06-01', To: '2026-06-01' }, '2026-06-02T00:00:00.000Z', 'one day'],
  [{}, { From: '6/1/26', To: '6/2/26' }, '2026-06-02T00:00:00.000Z', 'month/day/year'],
  [{}, { From: '2026-06-01', To: '' }, '2026-06-02T00:00:00.000Z', 'a day without an end'],
  [{ span: 'hour' }, { To: '' }, '2026-06-01T01:00:00.000Z', 'buckets of an hour'],
  [{ span: 'month' }, { From: '2026-01-31', To: '' }, '2026-02-28T00:00:00.000Z', 'a month'],
])('%j %j ends at %s: %s', (settings, more, end) => {
  expect(line(more, settingsOf(settings)).stored?.chargeEnd).toBe(end)
})

test.each<[object, Cells, string | null, string]>([
  [{ columns: { ...COLUMNS, effective: 'Net' } }, { Net: '2.5' }, '2.5', 'its own column'],
  [{ columns: { ...COLUMNS, effective: 'Net' } }, { Net: '' }, null, 'which may not say'],
  [{ columns: { ...COLUMNS, category: 'Kind' } }, { Kind: 'purchase' }, null, 'a prepayment by day is not known'],
  [{ columns: { ...COLUMNS, category: 'Kind' } }, { Kind: 'Tax' }, '2.79', ''],
])('effective cost: %j %j is %s: %s', (settings, more, effective) => {
  expect(line(more, settingsOf(settings)).effective?.toFixed() ?? null).toBe(effective)
})

test.each([
  [{ Total: '1,234.50' }, 'Total', '1,234.50', 'not a decimal number'],
  [{ Total: '' }, 'Total', '', 'empty'],
  [{ Hours: 'one' }, 'Hours', 'one', 'not a decimal number'],
  [{ From: 'June' }, 'From', 'June', 'not a date and time'],
  [{ To: '2026-05-01' }, 'To', '2026-05-01', 'not after the start of the charge'],
  [{ Cur: '$' }, 'Cur', '$', 'not a currency code of three capital letters'],
])('%j is rejected', (more, column, value, reason) => {
  expect(read(more as unknown as Cells)).toMatchObject({ line: 5, column, value, reason })
})

test('the provider’s number of a line is no part of its identity; what is declared for all lines is', () => {
  expect(line({ id: '18' }).canonical).toBe(line().canonical)
  expect(line({}, settingsOf({ defaults: { unit: 'h' } })).canonical).not.toBe(line().canonical)
})

test('a map that does not fit the file is refused with what the file has', () => {
  const settings = settingsOf({ columns: { ...COLUMNS, cost: 'Amount' } })
  expect(() => layoutOf(Object.keys(ROW), 'f.csv', settings)).toThrow('the file has no column Amount, which is declared as cost')
  const bare = invoiceSettings.parse({ charge_start: 'From', cost: 'Total' })
  expect(() => layoutOf(Object.keys(ROW), 'f.csv', bare)).toThrow('no currency is declared')
})

test.each([
  [{ columns: { cost: 'Total' } }, 'columns.charge_start'],
  [{ columns: { charge_start: 'From' } }, 'columns.cost'],
  [{ columns: COLUMNS, colour: 'x' }, ''],
  [{ columns: { ...COLUMNS, price: 'x' } }, 'columns'],
])('settings %j are wrong at %j', (settings, at) => {
  const { error } = invoiceSettings.safeParse(settings)
  expect(error?.issues[0]?.path.join('.')).toBe(at)
})
