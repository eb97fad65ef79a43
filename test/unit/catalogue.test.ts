import { expect, it } from 'vitest'
import { datedPrices } from '#lib/domain/comparison/catalogue.ts'

const brief = (prices: ReturnType<typeof datedPrices>) =>
  prices.map((p) => `${p.class} ${p.from} ${p.perMillion}${p.note && ` (${p.note})`}`)
const off = { input_mtok: 1, output_mtok: 2 }
const peak = { input_mtok: 3, output_mtok: 4 }

it.each([
  ['one price', off, ['prompt 1970-01-01 1', 'generation 1970-01-01 2']],
  ['no price at all', {}, []],
  [
    'zero is no price',
    { input_mtok: 0, output_mtok: 2, cache_read_mtok: 0.0028 },
    ['cache_read 1970-01-01 0.0028', 'generation 1970-01-01 2'],
  ],
  ['other units are not tokens', { web_searches_kcount: 10 }, []],
  ['the base of tiers', { input_mtok: { base: 5, tiers: [{ start: 200000, price: 10 }] } }, ['prompt 1970-01-01 5 (base tier)']],
  [
    'a start date',
    [{ prices: { input_mtok: 10 } }, { constraint: { type: 'start_date' as const, start_date: '2025-06-10' }, prices: { input_mtok: 2 } }],
    ['prompt 1970-01-01 10', 'prompt 2025-06-10 2'],
  ],
  [
    'most of the day is peak: 16 hours',
    [{ prices: off }, { constraint: { type: 'time_of_date' as const, start_time: '00:30:00Z', end_time: '16:30:00Z' }, prices: peak }],
    ['prompt 1970-01-01 3 (the price of most hours of the day)', 'generation 1970-01-01 4 (the price of most hours of the day)'],
  ],
  [
    'over midnight and with an offset: 21:00 to 03:00 UTC is the lesser part',
    [
      { prices: off },
      { constraint: { type: 'time_of_date' as const, start_time: '23:00:00+02:00', end_time: '03:00:00Z' }, prices: { input_mtok: 9 } },
    ],
    ['prompt 1970-01-01 1 (the price of most hours of the day)', 'generation 1970-01-01 2 (the price of most hours of the day)'],
  ],
])('%s', (_, prices, expected) => {
  expect(brief(datedPrices(prices))).toEqual(expected)
})
