import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { addMonths, chargesOf, monthlyCosts } from '#collectors/bills/owned/map.ts'
import { readOwned } from '#collectors/bills/owned/reader.ts'
import { portionsOf } from '#lib/domain/ledger/portions.ts'
import { Money } from '#lib/domain/money.ts'

const dir = mkdtempSync(path.join(os.tmpdir(), 'denominator-owned-'))
afterAll(() => rmSync(dir, { recursive: true }))

async function read(text: string) {
  const file = path.join(dir, 'owned.yaml')
  writeFileSync(file, text)
  return readOwned({ name: 'owned.yaml', path: file, sha256: '', bytes: text.length })
}

test.each([
  ['2026-01-31', 1, '2026-02-28'],
  ['2028-01-31', 1, '2028-02-29'],
  ['2026-06-10', 36, '2029-06-10'],
  ['2026-11-15', 2, '2027-01-15'],
  ['2028-02-29', 12, '2029-02-28'],
])('%s and %i months is %s', (day, count, then) => expect(addMonths(day, count)).toBe(then))

test.each([
  // 100 ÷ 30 leaves 10 units of 1e-12 to the first ten days of June: of the 21 days in service only the 10th has one
  ['2026-06-10', '2026-07-01', [['2026-06-10', '2026-07-01', '69.999999999994']]],
  ['2028-02-01', '2028-03-01', [['2028-02-01', '2028-03-01', '100']]],
  // 29 days in a leap year: 100 ÷ 29 = 3.448275862068…, 28 units over
  ['2028-02-29', '2028-03-01', [['2028-02-29', '2028-03-01', '3.448275862068']]],
  ['2028-02-28', '2028-02-29', [['2028-02-28', '2028-02-29', '3.448275862069']]],
  // 100 ÷ 28 and 100 ÷ 31
  [
    '2026-02-28',
    '2026-03-02',
    [
      ['2026-02-28', '2026-03-01', '3.571428571428'],
      ['2026-03-01', '2026-03-02', '3.225806451613'],
    ],
  ],
])('100 a month from %s to %s', (from, to, expected) => {
  const costs = monthlyCosts(new Money(100), from, to)
  expect(costs.map((cost) => [cost.from, cost.to, cost.amount.toFixed()])).toEqual(expected)
})

test('a partial month’s days are those of the whole month’s split', () => {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const perDay = (from: string, to: string) =>
    monthlyCosts(new Money('1000.01'), from, to).flatMap((cost) =>
      portionsOf({ start: Date.parse(cost.from), end: Date.parse(cost.to) }, cost.amount).map((p) => `${p.day} ${p.amount.toFixed()}`),
    )
  const whole = perDay('2026-05-01', '2026-08-01')
  for (let start = Date.parse('2026-05-01'); start < Date.parse('2026-07-23'); start += 5 * 86_400_000)
    expect(perDay(day(start), '2026-07-23')).toEqual(whole.filter((line) => line >= day(start) && line < '2026-07-23'))
})

const ASSET = `
assets:
  - node: rack-1
    price: 250000.10
    salvage: 25000.10
    currency: EUR
    in_service: 2028-02-01
    months: 12
    monthly:
      - { what: colocation, amount: 1450.5, layer: supporting }
`

test('an asset is its price, its depreciation and its monthly costs, every digit kept', async () => {
  const [declared] = await read(ASSET)
  expect([declared?.line, declared?.monthlyLines]).toEqual([3, [10]])
  const charges = [...chargesOf(declared!.asset)].map(({ line }) => [
    line.chargeCategory,
    line.billed.toFixed(),
    line.effective?.toFixed(),
    line.given?.layer,
    line.resourceId,
    (line.charge.end - line.charge.start) / 86_400_000,
  ])
  expect(charges.slice(0, 3)).toEqual([
    ['Purchase', '250000.1', '0', 'gpu_compute', 'rack-1', 1],
    ['Usage', '0', '225000', 'gpu_compute', 'rack-1', 366],
    ['Usage', '1450.5', '1450.5', 'supporting', 'rack-1', 29],
  ])
  expect(charges).toHaveLength(14)
})

test.each([
  ['price: 250000.10', 'price: 250,000', 'owned.yaml:4: `assets.0.price`: `250,000` is not an amount'],
  ['price: 250000.10', 'price: -1', 'owned.yaml:4: `assets.0.price`: `-1` is not an amount'],
  ['salvage: 25000.10', 'salvage: 250000.11', 'owned.yaml:5: `assets.0.salvage`: more than the price'],
  ['currency: EUR', 'currency: euro', 'owned.yaml:6: `assets.0.currency`: not a currency code'],
  ['2028-02-01', '2028-02-30', 'owned.yaml:7: `assets.0.in_service`: not a day of the calendar'],
  ['months: 12', 'months: 0', 'owned.yaml:8: `assets.0.months`: not between 1 and 1200 months'],
  ['layer: supporting', 'layer: colo', 'owned.yaml:10: `assets.0.monthly.0.layer`: not a layer'],
  ['    months: 12\n', '', 'owned.yaml:3: `assets.0.months`: is missing'],
  ['months: 12', 'months: 12\n    gpus: 8', 'owned.yaml:9: unknown key `assets.0.gpus`'],
  ['node: rack-1', 'node: [', 'owned.yaml:'],
  [ASSET, 'assets: []', 'owned.yaml:1: `assets`: is empty'],
])('%j written as %j is refused with its line', async (right, wrong, message) => {
  const refusal = await read(ASSET.replace(right, wrong)).then(() => '', String)
  expect(refusal.startsWith(message) ? message : refusal).toBe(message)
})
