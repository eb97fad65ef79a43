import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ociCost } from '#collectors/bills/oci-cost/index.ts'
import { Money } from '#lib/domain/money.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { type Workshop, workshop } from '#test/support/bills.ts'
import { ociCsv } from '#test/support/cloud-bills.ts'
import { insertNode } from '#test/support/ledger-facts.ts'

let shop: Workshop
beforeEach(async () => {
  shop = await workshop(ociCost)
})
afterEach(() => shop.close())

const hour = (at: number) => ({
  'lineItem/intervalUsageStart': `2026-06-10T0${at}:00Z`,
  'lineItem/intervalUsageEnd': `2026-06-10T0${at + 1}:00:00.000Z`,
})
const CORRECTION = { 'lineItem/isCorrection': 'true', 'lineItem/backreferenceNo': 'V2.1', 'cost/myCost': '-7.5E0' }

test('from the reports of a day to the ledger: each report replaces only itself', async () => {
  await insertNode(shop.context.db.pool, 'n1', [{ kind: 'instance_id', alias: 'ocid1.instance.oc1.phx.node1' }], 'phx')
  const [first] = await shop.bring(ociCsv([hour(0), hour(1)]), { name: '0001000000000001.csv' })
  expect(first).toMatchObject({ dialect: 'cost report', period: '2026-06', rows: { read: 2, accepted: 2 }, version: 1 })
  await shop.bring(ociCsv([hour(6), CORRECTION]), { name: '0001000000000002.csv' })
  const [again] = await shop.bring(ociCsv([hour(0), { ...hour(1), 'cost/myCost': '79' }]), { name: '0001000000000001.csv' })
  expect(again?.version).toBe(2)
  await reconcileDays(LOCAL_ADMINISTRATOR, shop.context)
  const report = await reportTco(LOCAL_ADMINISTRATOR, shop.context, { from: '2026-06-01', to: '2026-07-01', by: ['layer'] })
  expect(Object.fromEntries(report.rows.map(({ layer, amount }) => [layer, amount]))).toMatchObject({
    gpu_compute: '239',
    corrections: '-7.5',
  })
})

test('a whole month beside its reports would count twice', async () => {
  await shop.bring(ociCsv([hour(0)]), { name: '0001000000000001.csv' })
  await expect(shop.bring(ociCsv([hour(0), hour(1)]), { name: 'june.csv' })).rejects.toMatchObject({ code: 'counted_twice' })
  await shop.bring(ociCsv([{ ...hour(0), 'lineItem/tenantId': 'other' }]), { name: 'other.csv' })
  expect(await shop.rows('SELECT count(*)::int AS lines FROM bill_line')).toEqual([{ lines: 2 }])
})

test('read = accepted + quarantined + excluded in rows and money, whatever is broken', async () => {
  await shop.rules([['ServiceName=STORAGE', 'out', '']])
  const broken = fc.record({
    row: fc.nat(),
    column: fc.constantFrom(
      'cost/myCost',
      'lineItem/intervalUsageEnd',
      'cost/currencyCode',
      'product/service',
      'lineItem/tenantId',
      'lineItem/isCorrection',
    ),
    value: fc.constantFrom('', 'x', '12,5', 'STORAGE', '-3.5', 'true', 'EUR', '1e-20'),
  })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 8 }), fc.array(broken, { maxLength: 6 }), async (count, faults) => {
      await shop.rows('TRUNCATE bill_line, bill_excluded_day, batch, delivery, quarantine')
      const rows: Record<string, string>[] = Array.from({ length: count }, (_, i) => hour(i))
      for (const { row, column, value } of faults) rows[row % count]![column] = value
      const results = await shop.bring(ociCsv(rows)).catch((error: { code?: string }) => {
        expect(error.code).toBe('no_readable_row')
        return null
      })
      if (!results) return
      expect(results.reduce((sum, { rows: n }) => sum + n.read, 0)).toBe(count)
      for (const { rows: n, money } of results) {
        expect(n.read).toBe(n.accepted + n.quarantined + n.excluded)
        for (const m of money)
          expect(new Money(m.accepted).plus(m.quarantined).plus(m.excluded).toFixed()).toBe(new Money(m.read).toFixed())
      }
      const amounts = rows.map((row) => row['cost/myCost'] ?? '80').filter((text) => /^-?\d[\d.]*(e-?\d+)?$/.test(text))
      const read = results.flatMap(({ money }) => money.filter(({ column }) => column === 'billed').map(({ read: text }) => text))
      expect(Money.sum(0, ...read).toFixed()).toBe(Money.sum(0, ...amounts).toFixed())
    }),
    { numRuns: 30 },
  )
})
