import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { azureCost } from '#collectors/bills/azure-cost/index.ts'
import { Money } from '#lib/domain/money.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import { importFile } from '#lib/services/import.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { type Workshop, workshop } from '#test/support/bills.ts'
import { azureCsv } from '#test/support/cloud-bills.ts'
import { insertNode } from '#test/support/ledger-facts.ts'

let shop: Workshop
beforeEach(async () => {
  shop = await workshop(azureCost)
})
afterEach(() => shop.close())

const COVERED = { PricingModel: 'Reservation', ReservationId: 'r-1' }
const BOUGHT = { ...COVERED, ChargeType: 'Purchase', Frequency: 'Recurring', ResourceId: '', Quantity: '1', CostInBillingCurrency: '300' }
const ACTUAL = azureCsv([
  {},
  { ...COVERED, CostInBillingCurrency: '0' },
  BOUGHT,
  { ChargeType: 'Tax', ResourceId: '', CostInBillingCurrency: '9' },
])
const AMORTIZED = azureCsv([
  {},
  { ...COVERED, CostInBillingCurrency: '7' },
  { ...COVERED, ChargeType: 'UnusedReservation', ResourceId: '', CostInBillingCurrency: '3' },
  { ChargeType: 'Tax', ResourceId: '', CostInBillingCurrency: '9' },
])

async function layers(basis: 'billed' | 'effective') {
  const report = await reportTco(LOCAL_ADMINISTRATOR, shop.context, { from: '2026-06-01', to: '2026-07-01', by: ['layer'], basis })
  return Object.fromEntries(report.rows.map(({ layer, amount }) => [layer, amount]))
}

test('the actual export alone: what a reservation covers has no effective cost, and none is invented', async () => {
  await insertNode(shop.context.db.pool, 'n1', [{ kind: 'instance_id', alias: 'NODE-1' }], 'east')
  const [result] = await shop.bring(ACTUAL)
  expect(result).toMatchObject({ dialect: 'EA actual', rows: { read: 4, accepted: 4 } })
  expect(result!.money.map(({ column, accepted }) => [column, accepted])).toEqual([
    ['billed', '549.5'],
    ['effective', '249.5'],
  ])
  expect(await shop.rows("SELECT effective FROM bill_line WHERE commitment_status = 'Used'")).toEqual([{ effective: null }])
  await reconcileDays(LOCAL_ADMINISTRATOR, shop.context)
  expect(await layers('billed')).toMatchObject({ gpu_compute: '240.5', commitment_purchase: '300', tax: '9' })
})

test('the amortized export alone: covered usage and what nothing used cost their part; the file’s own sum is kept', async () => {
  await insertNode(
    shop.context.db.pool,
    'n1',
    [{ kind: 'resource_id', alias: '/subscriptions/sub-1/resourceGroups/gpu/providers/Microsoft.Compute/virtualMachines/node-1' }],
    'east',
  )
  const [result] = await shop.bring(AMORTIZED)
  expect(result).toMatchObject({ dialect: 'EA amortized' })
  expect(result!.money.map(({ column, accepted }) => [column, accepted])).toEqual([
    ['billed', '259.5'],
    ['effective', '259.5'],
  ])
  await reconcileDays(LOCAL_ADMINISTRATOR, shop.context)
  expect(await layers('effective')).toMatchObject({ gpu_compute: '247.5', unused_commitment: '3', tax: '9' })
  expect(await layers('billed')).toMatchObject({ gpu_compute: '240.5', tax: '9' })
  expect((await check(LOCAL_ADMINISTRATOR, shop.context)).violations).toEqual([])
})

test('both exports, declared: billed from the one, effective from the other, minutes once', async () => {
  await insertNode(shop.context.db.pool, 'n1', [{ kind: 'instance_id', alias: 'node-1' }], 'east')
  const settings = { view: 'both' }
  await shop.bring(ACTUAL, { settings })
  await shop.bring(AMORTIZED, { settings, name: 'amortized.csv' })
  await reconcileDays(LOCAL_ADMINISTRATOR, shop.context)
  expect(await layers('billed')).toMatchObject({ gpu_compute: '240.5', commitment_purchase: '300', tax: '9' })
  expect(await layers('effective')).toMatchObject({ gpu_compute: '247.5', unused_commitment: '3', tax: '9' })
  expect((await check(LOCAL_ADMINISTRATOR, shop.context)).violations).toEqual([])
  const [again] = await shop.bring(ACTUAL, { settings, name: 'again.csv' })
  expect(again?.unchanged).toBe(true)
})

test('both exports, not declared: the second is refused, in the same source and in another', async () => {
  await shop.bring(ACTUAL)
  await expect(shop.bring(AMORTIZED, { name: 'amortized.csv' })).rejects.toMatchObject({
    code: 'counted_twice',
    message: expect.stringContaining('account ea-1 for 2026-06'),
    remedy: expect.stringContaining('view: both'),
  })
  const { sourceId } = await shop.context.db.prisma.source.create({ data: { name: 'other', kind: 'azure-cost' } })
  const source = { sourceId, name: 'other', kind: 'azure-cost', settings: {} }
  await expect(
    importFile(LOCAL_ADMINISTRATOR, shop.context, azureCost, source, { path: `${shop.dir}/amortized.csv` }),
  ).rejects.toMatchObject({ code: 'counted_twice' })
  expect(await shop.rows('SELECT count(*)::int AS rows, trim_scale(sum(billed))::text AS billed FROM bill_line')).toEqual([
    { rows: 4, billed: '549.5' },
  ])
})

test('another account and another month stay beside it; a restated one replaces', async () => {
  await shop.bring(ACTUAL)
  await shop.bring(azureCsv([{ BillingAccountId: 'ea-2' }]), { name: 'other.csv' })
  await shop.bring(azureCsv([{ BillingPeriodStartDate: '05/01/2026', BillingPeriodEndDate: '05/31/2026', Date: '05/31/2026' }]), {
    name: 'may.csv',
  })
  const [second] = await shop.bring(ACTUAL.replace('240.5', '239.5'), { name: 'restated.csv' })
  expect(second?.version).toBe(2)
  expect(await shop.rows('SELECT trim_scale(sum(billed))::text AS billed FROM bill_line WHERE to_seq IS NULL')).toEqual([
    { billed: '1029.5' },
  ])
})

test('all dates of a file are read in one order, which its unambiguous dates decide', async () => {
  const day = (text: string) => ({ Date: text, BillingPeriodStartDate: '', BillingPeriodEndDate: '' })
  await shop.bring(azureCsv([day('05/06/2026'), day('13/06/2026')]))
  const days = () =>
    shop.rows("SELECT to_char(charge_start AT TIME ZONE 'UTC', 'MM-DD') AS day FROM bill_line WHERE to_seq IS NULL ORDER BY 1")
  expect(await days()).toEqual([{ day: '06-05' }, { day: '06-13' }])
  const [assumed] = await shop.bring(azureCsv([day('07/06/2026')]), {
    name: 'b.csv',
    settings: { dates: 'day-first' },
    options: { confirm: true },
  })
  expect([assumed?.dialect, await days()]).toEqual(['EA actual', [{ day: '06-07' }]])
  const [us] = await shop.bring(azureCsv([{ ...day('07/06/2026'), BillingAccountId: 'ea-9' }]), { name: 'c.csv' })
  expect(us).toMatchObject({ dialect: 'EA actual, dates read as month/day/year', period: '2026-07' })
})

test('read = accepted + quarantined + excluded in rows and money, whatever is broken', async () => {
  await shop.rules([['ServiceName=Storage', 'out', '']])
  const broken = fc.record({
    row: fc.nat(),
    column: fc.constantFrom(
      'CostInBillingCurrency',
      'Date',
      'Tags',
      'BillingCurrencyCode',
      'MeterCategory',
      'BillingAccountId',
      'ChargeType',
      'PricingModel',
    ),
    value: fc.constantFrom('', 'x', '12,5', 'Storage', '-3.5', '{}', 'EUR', 'Purchase', 'Reservation', '1e-20', 'UnusedReservation'),
  })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 10 }), fc.array(broken, { maxLength: 6 }), async (count, faults) => {
      await shop.rows('TRUNCATE bill_line, bill_excluded_day, batch, delivery, quarantine')
      const rows: Record<string, string>[] = Array.from({ length: count }, (_, i) => ({ MeterName: `m${i}` }))
      for (const { row, column, value } of faults) rows[row % count]![column] = value
      const results = await shop.bring(azureCsv(rows)).catch((error: { code?: string }) => {
        expect(error.code).toBe('no_readable_row')
        return null
      })
      if (!results) return
      for (const { rows: n, money } of results) {
        expect(n.read).toBe(n.accepted + n.quarantined + n.excluded)
        for (const m of money)
          expect(new Money(m.accepted).plus(m.quarantined).plus(m.excluded).toFixed()).toBe(new Money(m.read).toFixed())
      }
      expect(results.reduce((sum, { rows: n }) => sum + n.read, 0)).toBe(count)
      // Every amount that can be read is in the sums, in the file's own figures.
      const amounts = rows.map((row) => row.CostInBillingCurrency ?? '240.5').filter((text) => /^-?\d[\d.]*(e-?\d+)?$/.test(text))
      const read = results.flatMap(({ money }) => money.filter(({ column }) => column === 'billed').map(({ read: text }) => text))
      expect(Money.sum(0, ...read).toFixed()).toBe(Money.sum(0, ...amounts).toFixed())
    }),
    { numRuns: 30 },
  )
})
