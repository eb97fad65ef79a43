import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { readLineageId } from '#lib/services/lineage-id.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { freshDatabase } from '#test/support/database.ts'
import { postLedger } from '#test/support/postings.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
  const cost = (day: string, layer: string, billed: string, effective: string, more = {}) => ({
    day,
    step: 'bills',
    measure: 'cost',
    layer,
    billed,
    amount: effective,
    ...more,
  })
  await postLedger(db.pool, [
    cost('2026-01-30', 'gpu_compute', '10', '8'),
    cost('2026-02-02', 'gpu_compute', '20.000000000001', '16.000000000001'),
    cost('2026-02-03', 'tax', '3', '3', { evidence: 'inferred' }),
    cost('2026-02-03', 'commitment_purchase', '100', '0'),
    cost('2026-03-01', 'gpu_compute', '999', '999'),
    { day: '2026-02-03', step: 'bills', measure: 'outside', layer: 'tax', billed: '7', amount: '6' },
  ])
})
afterAll(() => db.close())

const report = (params: object) =>
  reportTco(
    LOCAL_ADMINISTRATOR,
    { db, now: new Date('2026-04-01T00:00:00Z'), currency: 'USD', timezone: 'UTC', dataDir: '' },
    { from: '2026-01-15', to: '2026-03-01', ...params },
  )

test('layers in their order, evidence apart, totals by view; the last day is exclusive', async () => {
  const { rows, totals, outside_fleet } = await report({})
  expect(outside_fleet).toBe('6')
  expect(rows.map((row) => [row.layer, row.amount, row.evidence.inferred])).toEqual([
    ['gpu_compute', '24.000000000001', '0'],
    ['tax', '3', '3'],
    ['commitment_purchase', '0', '0'],
  ])
  expect(totals).toEqual({ cash: '133.000000000001', accounting: '27.000000000001', economic: '27.000000000001' })
})

test('what no rate converts is unknown in its row, never zero, and listed', async () => {
  await postLedger(db.pool, [{ day: '2026-02-10', step: 'bills', measure: 'cost', layer: 'support', currency: 'EUR', unconverted: '5' }])
  const { rows, totals, unconverted } = await report({})
  const support = rows.find((row) => row.layer === 'support')
  expect([support?.amount, support?.evidence.measured]).toEqual([null, null])
  expect(totals.accounting).toBe('27.000000000001')
  expect(unconverted).toEqual([{ currency: 'EUR', billed: '5', effective: '5' }])
  await db.pool.query("DELETE FROM ledger_day WHERE day = '2026-02-10'")
  await db.pool.query("DELETE FROM ledger_month USING ledger_key k WHERE ledger_month.key_id = k.key_id AND k.currency = 'EUR'")
})

test('billed basis', async () => {
  const { rows } = await report({ basis: 'billed' })
  expect(rows.map((row) => row.amount)).toEqual(['30.000000000001', '3', '100'])
})

test('a row by month opens to that month within the period, a row by day to that day', async () => {
  const spans = async (by: string[]) => (await report({ by })).rows.map((row) => readLineageId(row.id)).map(({ from, to }) => [from, to])
  expect(await spans(['month'])).toEqual([
    ['2026-01-15', '2026-02-01'],
    ['2026-02-01', '2026-03-01'],
  ])
  expect(await spans(['day', 'layer'])).toEqual([
    ['2026-01-30', '2026-01-31'],
    ['2026-02-02', '2026-02-03'],
    ['2026-02-03', '2026-02-04'],
    ['2026-02-03', '2026-02-04'],
  ])
})

test('an unknown dimension or an empty period is refused with what to write', async () => {
  await expect(report({ by: ['colour'] })).rejects.toThrow('--by `colour` is unknown')
  await expect(report({ from: '2026-03-01' })).rejects.toThrow('is not before')
  await expect(report({ from: '0001-01-01', to: '9999-12-31' })).rejects.toThrow('longer than twenty years')
})
