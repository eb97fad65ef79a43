import { expect, test } from 'vitest'
import { amountText, cellReaders, isNull } from '#collectors/bills/focus/cells.ts'
import { layoutOf } from '#collectors/bills/focus/layout.ts'
import { FocusMapper } from '#collectors/bills/focus/map.ts'
import { ExactSum } from '#lib/ingest/exact-sum.ts'
import { Ordinals } from '#lib/ingest/bills/ordinals.ts'
import { resourceKey } from '#lib/ingest/bills/rows.ts'
import { USAGE } from '#test/support/bills.ts'

test.each([
  ['0.00000080000', '0.00000080000'],
  ['-12', '-12'],
  ['1e-7', '0.0000001'],
  ['+5', '5'],
  ['.5', '0.5'],
  ['5.', '5'],
  [' 7 ', '7'],
  ['12,5', undefined],
  ['1.2.3', undefined],
  ['', undefined],
  ['-', undefined],
  ['NaN', undefined],
  ['Infinity', undefined],
  ['0x10', undefined],
  ['1_000', undefined],
  ['9'.repeat(26), '9'.repeat(26)],
  ['9'.repeat(27), undefined],
  [`0.${'1'.repeat(30)}`, `0.${'1'.repeat(30)}`],
  [`0.${'1'.repeat(31)}`, undefined],
])('amount %j is %j', (cell, text) => {
  expect(amountText(cell)).toBe(text)
})

test.each([
  ['2024-09-01T05:06:07Z', '2024-09-01T05:06:07.000Z'],
  ['2024-09-01 00:00:00', '2024-09-01T00:00:00.000Z'],
  ['2024-09-01 00:00:00+00', '2024-09-01T00:00:00.000Z'],
  ['2024-09-01T02:00:00+02:00', '2024-09-01T00:00:00.000Z'],
  ['2024-09-01', '2024-09-01T00:00:00.000Z'],
  ['5/1/25', '2025-05-01T00:00:00.000Z'],
  ['05/13/2025 7:30', '2025-05-13T07:30:00.000Z'],
  ['13/5/25', 'not a date and time'],
  ['2023-01-01T30:00:00Z', 'not a date and time'],
  ['2023-02-30', 'not a date and time'],
  ['1999-12-31', 'not between the years 2000 and 2100'],
  ['2100-01-01', 'not between the years 2000 and 2100'],
  ['soon', 'not a date and time'],
])('instant %j is %j', (cell, expected) => {
  const instant = cellReaders().instant(cell)
  expect(typeof instant === 'string' ? instant : instant.text).toBe(expected)
})

test.each([
  ['{"a": "x", "b": 2, "c": null}', { a: 'x', b: '2', c: '' }],
  ['"a": "x","b": "y"', { a: 'x', b: 'y' }],
  ['[]', 'not a JSON object'],
  ['{a}', 'not a JSON object'],
  ['{"a":"\\u0000"}', 'holds a NUL character'],
])('tags %j are %j', (cell, expected) => {
  const tags = cellReaders().tags(cell)
  expect(typeof tags === 'string' ? tags : tags.values).toEqual(expected)
})

test.each(['', 'NULL', 'null'])('%j is no value', (cell) => expect(isNull(cell)).toBe(true))
test.each(['0', 'Null', 'nil', 'NULLs'])('%j is a value', (cell) => expect(isNull(cell)).toBe(false))

function mapped(more: Record<string, string>) {
  const row = { ...USAGE, ...more }
  const mapper = new FocusMapper(layoutOf(Object.keys(row), 'f.csv', undefined), { file: 'f.csv', currency: undefined, period: undefined })
  return mapper.map(Object.values(row), 7)
}

test.each([
  [{ BilledCost: '' }, 'BilledCost', '', 'empty'],
  [{ BilledCost: '12,5' }, 'BilledCost', '12,5', 'not a decimal number'],
  [{ ConsumedQuantity: 'many' }, 'ConsumedQuantity', 'many', 'not a decimal number'],
  [{ ChargePeriodStart: '' }, 'ChargePeriodStart', '', 'empty'],
  [{ ChargePeriodEnd: USAGE.ChargePeriodStart! }, 'ChargePeriodEnd', '2026-06-01T00:00:00Z', 'not after ChargePeriodStart'],
  [{ ChargeCategory: 'Gift' }, 'ChargeCategory', 'Gift', 'not a charge category'],
  [{ BillingCurrency: 'dollars' }, 'BillingCurrency', 'dollars', 'not a currency code of three capital letters'],
  [{ BillingCurrency: 'NULL' }, 'BillingCurrency', '', 'empty'],
  [{ BillingPeriodStart: 'x' }, 'BillingPeriodStart', 'x', 'not a date and time'],
  [{ Tags: '{' }, 'Tags', '{', 'not a JSON object'],
])('%j is rejected at its column', (more, column, value, reason) => {
  expect(mapped(more)).toMatchObject({ file: 'f.csv', line: 7, column, value, reason })
})

test('a reject keeps what could be read: its bill and its money', () => {
  expect(mapped({ ChargePeriodEnd: 'x', BilledCost: '4', EffectiveCost: '?' })).toMatchObject({
    column: 'EffectiveCost',
    currency: 'USD',
    billed: '4',
    effective: null,
    billingAccount: 'acc-1',
    billingPeriod: '2026-06-01',
  })
})

function factOf(more: Record<string, string>) {
  const row = mapped(more)
  if (!('fact' in row)) throw new Error(row.reason)
  return row.fact
}

test('columns without a place of their own are kept, empty ones left out', () => {
  expect(factOf({ RegionName: 'Oregon', x_Foo: 'a"b\\c', SkuMeter: 'NULL' }).extra).toEqual({ RegionName: 'Oregon', x_Foo: 'a"b\\c' })
})

test.each([
  [{ x_InstanceType: 'p5.48xlarge' }, 'p5.48xlarge'],
  [{ SkuPriceDetails: '{"InstanceType":"p4d.24xlarge"}' }, 'p4d.24xlarge'],
  [{ SkuPriceDetails: '{"InstanceType":' }, null],
  [{}, null],
])('the instance type of %j is %j', (more, expected) => {
  expect(factOf(more).instanceType).toBe(expected)
})

test.each([
  ['ServiceName', 'Compute'],
  ['SubAccountId', undefined],
  ['ChargeClass', undefined],
  ['tag:team', 'a'],
  ['tag:owner', 'b'],
  ['tag:user:owner', 'b'],
  ['tag:user:team', 'a'],
  ['tag:none', undefined],
])('rules ask for %s and get %j', (name, expected) => {
  expect(factOf({ Tags: '{"team":"a","user:owner":"b"}' }).column(name)).toBe(expected)
})

test('a line is the same whatever the spelling of its frequency, and not whatever its cost', () => {
  expect(factOf({ ChargeFrequency: 'Usage-based' }).chargeFrequency).toBe('Usage-Based')
  expect(factOf({ Id: '1' }).canonical).toBe(factOf({ Id: '2' }).canonical)
  expect(factOf({ BilledCost: '1' }).canonical).not.toBe(factOf({ BilledCost: '2' }).canonical)
  expect(factOf({ x_A: '1', x_B: '' }).canonical).not.toBe(factOf({ x_A: '', x_B: '1' }).canonical)
})

test.each([
  ['arn:aws:ec2:us-east-1:1:instance/I-0AB', 'i-0ab'],
  ['i-0ab', 'i-0ab'],
  ['/subscriptions/x/virtualMachines/GPU-1', 'gpu-1'],
])('the key of %s is %s', (id, key) => expect(resourceKey(id)).toBe(key))

test('an exact sum loses nothing between 1e25 and 1e-30', () => {
  const sum = new ExactSum()
  for (const text of ['9999999999999999999999999', '0.000000000000000000000000000001', '-1', '+1', '1e-3', '-0.001']) sum.add(text)
  expect(sum.toString()).toBe('9999999999999999999999999.000000000000000000000000000001')
})

test('ordinals count equals through growth', () => {
  const ordinals = new Ordinals()
  for (let i = 0; i < 20_000; i++) expect(ordinals.next(i, 7 * i)).toBe(0)
  for (let i = 0; i < 20_000; i += 999) expect([ordinals.next(i, 7 * i), ordinals.next(i, 7 * i)]).toEqual([1, 2])
})
