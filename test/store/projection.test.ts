import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ServiceContext } from '#lib/services/context.ts'
import { economicByLayer, naiveTotal, projectedByLayer } from '#lib/services/projection.ts'
import { freshDatabase } from '#test/support/database.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
let context: ServiceContext
beforeAll(async () => {
  db = await freshDatabase()
  context = { db, now: new Date('2026-06-20T12:00:00Z'), currency: 'USD', timezone: 'UTC', dataDir: '' }
})
afterAll(() => db.close())

const save = (document: object) => db.pool.query('INSERT INTO projection (document) VALUES ($1)', [document])
const DOCUMENT = {
  currency: 'USD',
  start: '2026-04',
  capacity: { cost_per_replica_month: 3100, redundancy: 1 },
  observability: { per_month: 60 },
  build: { engineers: 1, months: 2, rate_per_year: 36_000, amortise_months: 12 },
  exit: { cost: 3600, probability: 0.5 },
}
const read = async (from: string, to: string, view?: 'accounting' | 'cash') =>
  Object.fromEntries(await projectedByLayer(context, from, to, view))

it('is empty where nothing was ever projected', async () => {
  expect(await read('2026-04-01', '2026-05-01')).toEqual({})
  expect(await naiveTotal(context, '2026-04-01', '2026-05-01')).toBeNull()
})

it('takes months by their days, from the newest version', async () => {
  await save({ ...DOCUMENT, observability: { per_month: 1 } })
  await save(DOCUMENT)
  expect(await read('2026-04-01', '2026-05-01')).toEqual({ gpu_compute: '3100.00', observability: '60.00', build: '500.00' })
  // 15 of 30 days of April, 1 of 31 of May
  expect(await read('2026-04-16', '2026-05-02')).toEqual({ gpu_compute: '1650.00', observability: '31.94', build: '266.13' })
  expect(await read('2026-04-01', '2026-05-01', 'cash')).toMatchObject({ build: '3000.00' })
  expect(Object.fromEntries(await economicByLayer(context, '2026-04-01', '2026-05-01'))).toEqual({ exit: '50.00' })
  expect(await read('2026-03-01', '2026-04-01')).toEqual({})
  expect(await read('2029-04-01', '2029-05-01')).toEqual({})
})

it('totals the naive plan, where one is described', async () => {
  expect(await naiveTotal(context, '2026-04-01', '2026-05-01')).toBeNull()
  await save({ ...DOCUMENT, naive: {} })
  expect(await naiveTotal(context, '2026-04-01', '2026-05-01')).toBe('3600.00') // no observability in it
})

it('converts by the latest rate known, and says nothing without one', async () => {
  await save({ ...DOCUMENT, currency: 'EUR' })
  expect(await read('2026-04-01', '2026-05-01')).toEqual({})
  await db.pool.query(
    "INSERT INTO fx (day, from_currency, to_currency, rate) VALUES ('2026-06-01', 'EUR', 'USD', 1.1), ('2026-07-01', 'EUR', 'USD', 9)",
  )
  expect(await read('2026-04-01', '2026-05-01')).toMatchObject({ gpu_compute: '3410.00' })
})
