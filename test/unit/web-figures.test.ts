import { expect, test } from 'vitest'
import { equalDecimals, sumDecimals } from '#app/_components/decimal.ts'
import {
  ago,
  chance,
  coveragePercent,
  money,
  percent,
  periodText,
  shortMonth,
  signedMoney,
  smallPercent,
  tokens,
} from '#app/_components/format.ts'

const NARROW = '\u202f'

test.each([
  ['0', 'USD', '$0.00'],
  ['12.345', 'USD', '$12.35'],
  ['999.994', 'USD', '$999.99'],
  ['1000.5', 'USD', '$1,001'],
  ['-1234567.89', 'USD', '−$1,234,568'],
  ['123456789012345678901234567.4', 'EUR', '€123,456,789,012,345,678,901,234,567'],
])('%s %s reads %s', (amount, currency, text) => {
  expect(money(amount, currency)).toBe(text)
})

test('differences carry their sign', () => {
  expect([signedMoney('5', 'USD'), signedMoney('-5', 'USD'), signedMoney('0', 'USD')]).toEqual(['+$5.00', '−$5.00', '$0.00'])
})

test.each([
  [1, `100${NARROW}%`, 'whole'],
  [0.99996, `99.9${NARROW}%`, 'never reads as whole'],
  [0.8999, `89.9${NARROW}%`, 'never reads as enough'],
  [0.9, `90.0${NARROW}%`, 'enough'],
  [0.00001, `0.1${NARROW}%`, 'is not nothing'],
  [0, `0${NARROW}%`, 'nothing'],
])('a coverage of %s is %s: %s', (share, text) => {
  expect(coveragePercent(share)).toBe(text)
})

test('small shares, tokens and periods', () => {
  expect(smallPercent(0.0001)).toBe(`<0.1${NARROW}%`)
  expect(smallPercent(0)).toBe(`0.0${NARROW}%`)
  expect(percent(-0.125, 1)).toBe(`−12.5${NARROW}%`)
  expect([chance(1), chance(0), chance(0.614)]).toEqual([`> 99${NARROW}%`, `< 1${NARROW}%`, `61${NARROW}%`])
  expect(shortMonth('2026-05-01')).toBe('May ’26')
  expect(tokens('407210000000')).toBe('407.2 billion')
  expect(periodText('2026-08-23', '2026-11-21')).toBe('23 Aug – 20 Nov 2026')
  expect(periodText('2026-08-23', '2026-08-24')).toBe('23 Aug 2026')
})

test.each([
  ['2026-01-01T00:00:30Z', 'just now'],
  ['2025-12-31T23:31:00Z', '30 min ago'],
  ['2025-12-31T00:01:00Z', '24 h ago'],
  ['2025-12-01T00:00:00Z', '31 days ago'],
  ['2026-01-09T00:00:00Z', 'up to'],
])('%s is %s', (instant, text) => {
  expect(ago(instant, '2026-01-01T00:01:00Z')).toBe(text)
})

test('decimal texts add up without a float', () => {
  expect(sumDecimals(['0.1', '0.2'])).toBe('0.3')
  expect(sumDecimals(['-0.000000000001', '0.000000000001'])).toBe('0')
  expect(sumDecimals(['99999999999999999999.000000000001', '1'])).toBe('100000000000000000000.000000000001')
  expect(sumDecimals(['-5', '2.5'])).toBe('-2.5')
  expect(sumDecimals([])).toBe('0')
  expect(equalDecimals('1.50', '1.5')).toBe(true)
  expect(equalDecimals('1.5000000000000000001', '1.5')).toBe(false)
  expect(() => sumDecimals(['1e3'])).toThrow('1e3')
})
