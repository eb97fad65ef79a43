// Two moments of the ledger compared: the journal's differences, by what caused them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Money, sumMoney } from '#lib/domain/money.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { openLineage } from '#lib/services/lineage.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { reportChanges } from '#lib/services/report/changes.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { saveRules } from '#lib/services/rules/save.ts'
import { collectorFor } from '#collectors/registry.ts'
import { csvOf, hours, USAGE, type Workshop, workshop } from '#test/support/bills.ts'

const me = LOCAL_ADMINISTRATOR
const PERIOD = { from: '2026-06-01', to: '2026-07-01' }
const moments: Date[] = []
let shop: Workshop

/** Reconciles, and notes a moment after it that no run shares. */
async function publish() {
  await reconcileDays(me, shop.context)
  const [row] = await shop.rows<{ at: Date }>("SELECT date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond' AS at")
  moments.push(row!.at)
  await shop.rows('SELECT pg_sleep(0.005)')
}

const tax = (BilledCost: string) => ({
  ...USAGE,
  ChargeCategory: 'Tax',
  ResourceId: '',
  BilledCost,
  EffectiveCost: BilledCost,
  ChargePeriodEnd: '2026-06-04',
})
const priced = (EffectiveCost: string) => hours(60, { EffectiveCost, ServiceName: 'Cloud Storage' })

beforeAll(async () => {
  shop = await workshop()
  await shop.rows("INSERT INTO fx (day, from_currency, to_currency, rate, source) VALUES ('2026-06-01', 'EUR', 'USD', 1.0937, 'test')")
  await publish()
  await shop.bring(csvOf([...priced('0.3'), tax('7.77')]), { name: 'first.csv' })
  await shop.bring(csvOf(hours(3, { BillingAccountId: 'eu', BillingCurrency: 'EUR', EffectiveCost: '0.123456789' })), { name: 'eu.csv' })
  await publish()
  // A restatement: the second and third days dearer, another tax.
  await shop.bring(csvOf([...priced('0.3').slice(0, 24), ...priced('0.47').slice(24), tax('6.1')]), { name: 'second.csv' })
  await publish()
  await saveRules(
    me,
    shop.context,
    { rules: [{ ordinal: 1, match: 'ServiceName=Cloud Storage', scope: 'in', layer: 'supporting' }] },
    collectorFor,
  )
  await publish()
  await shop.rows('UPDATE fx SET rate = 1.2')
  await reconcileDays(me, shop.context, PERIOD)
  await publish()
})
afterAll(() => shop.close())

const changes = (from: number, to: number | undefined, more: object = {}) =>
  reportChanges(me, shop.context, { ...PERIOD, asOf1: moments[from]!, asOf2: to === undefined ? undefined : moments[to], ...more })
const tco = async (at: number, basis: 'effective' | 'billed') =>
  (await reportTco(me, shop.context, { ...PERIOD, basis, asOf: moments[at] })).rows

for (const basis of ['effective', 'billed'] as const)
  for (const [from, to] of [
    [0, 1],
    [0, 4],
    [1, 2],
    [1, 3],
    [2, 3],
    [3, 4],
    [2, 2],
  ] as const)
    test(`${basis}, from moment ${from} to ${to}: rows sum to the difference of the two reports, by layer too`, async () => {
      const report = await changes(from, to, { basis })
      const total = (rows: { amount: string | null }[]) => sumMoney(rows.map((row) => new Money(row.amount ?? 0)))
      const [before, after] = [await tco(from, basis), await tco(to, basis)]
      expect(report.totals.before).toBe(total(before).toFixed())
      expect(report.totals.after).toBe(total(after).toFixed())
      expect(new Money(report.totals.before).plus(report.totals.change).toFixed()).toBe(report.totals.after)
      const layers = [...new Set([...before, ...after].map((row) => row.layer))]
      for (const layer of layers) {
        const of = (rows: { layer?: string; amount: string | null }[]) => total(rows.filter((row) => row.layer === layer))
        const told = sumMoney(report.rows.filter((row) => row.layer === layer).map((row) => new Money(row.change)))
        expect(told.toFixed(), layer).toBe(of(after).minus(of(before)).toFixed())
      }
    })

test('a restatement is told by day, with the delivery that brought it', async () => {
  const { rows, totals } = await changes(1, 2)
  expect(rows.map(({ day, layer, change }) => [day, layer, change])).toEqual([
    ['2026-06-01', 'tax', '-0.556666666666'],
    ['2026-06-02', 'tax', '-0.556666666667'],
    ['2026-06-02', 'unassigned', '4.08'],
    ['2026-06-03', 'tax', '-0.556666666667'],
    ['2026-06-03', 'unassigned', '2.04'],
  ])
  expect(totals.change).toBe('4.45')
  for (const { causes, run } of rows) {
    expect(causes).toEqual([
      { kind: 'delivery', what: 'bills 2026-06 acc-1 version 2 (second.csv)', batch: expect.stringMatching(/^[0-9A-Z]{26}$/) },
    ])
    expect(run).toMatch(/^\d+$/)
  }
})

test('rules, and days asked for, are causes too', async () => {
  const placed = await changes(2, 3, { by: ['layer'] })
  expect(placed.rows.map(({ layer, change, causes }) => [layer, change, causes[0]?.kind, causes[0]?.what])).toEqual([
    ['supporting', '24.12', 'rules', 'rules, on bills 2026-06 acc-1 version 3 (second.csv)'],
    ['unassigned', '-24.12', 'rules', 'rules, on bills 2026-06 acc-1 version 3 (second.csv)'],
  ])
  expect(placed.totals.change).toBe('0')
  const converted = await changes(3, 4, { by: ['currency'] })
  expect(converted.rows).toMatchObject([{ currency: 'EUR', causes: [{ kind: 'recomputed' }] }])
})

test('a day that two deliveries touched before it was reconciled names both', async () => {
  await shop.bring(csvOf([...priced('0.5'), tax('6.1')]), { name: 'third.csv' })
  await shop.bring(csvOf([...priced('0.6'), tax('6.1')]), { name: 'fourth.csv' })
  await publish()
  const { rows } = await changes(4, 5, { by: [] })
  expect(rows.map(({ causes }) => causes.map(({ what }) => what))).toEqual([
    ['bills 2026-06 acc-1 version 4 (third.csv)', 'bills 2026-06 acc-1 version 5 (fourth.csv)'],
  ])
})

test('days that are new are told apart from those published before', async () => {
  const first = await changes(0, 1, { by: [] })
  expect(first.rows.map(({ restated }) => restated)).toEqual([false, false])
  expect(first.totals).toMatchObject({ added: first.totals.change, restated: '0' })
  const later = await changes(1, 3, { by: ['month'] })
  expect(later.totals).toMatchObject({ added: '0', restated: later.totals.change })
  await shop.bring(
    csvOf([
      ...priced('0.6'),
      ...hours(2, { ChargePeriodStart: '2026-06-09T00:00:00Z', ChargePeriodEnd: '2026-06-09T01:00:00Z' }),
      tax('6.3'),
    ]),
  )
  await publish()
  const both = await changes(5, 6, { by: ['layer'] })
  expect(both.rows.map(({ layer, restated, change }) => [layer, restated, change])).toEqual([
    ['tax', true, '0.2'],
    ['unassigned', false, '1'],
  ])
})

test('nothing named, it reaches to now, and its rows open', async () => {
  const now = await changes(4, undefined, { by: ['layer'] })
  expect(now.totals).toEqual((await changes(4, 6)).totals)
  const lineage = await openLineage(me, shop.context, { id: now.rows[0]!.id })
  const [row] = (await reportTco(me, shop.context, PERIOD)).rows.filter(({ layer }) => layer === now.rows[0]!.layer)
  expect(lineage.amount).toBe(row!.amount)
})

test('refuses an order of moments that is none, and unknown dimensions', async () => {
  await expect(changes(3, 1)).rejects.toMatchObject({ code: 'bad_moments' })
  await expect(changes(1, 3, { by: ['colour'] })).rejects.toMatchObject({ code: 'bad_by' })
})
