import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOCAL_ADMINISTRATOR as me } from '#lib/services/actor.ts'
import { serviceContext } from '#lib/services/context.ts'
import { overview } from '#lib/services/overview.ts'
import { reportCapacity } from '#lib/services/report/capacity.ts'
import { reportCompare } from '#lib/services/report/compare.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { sumMoney } from '#lib/domain/money.ts'
import { amount } from '#lib/services/report/amounts.ts'
import { fillLedger } from '#test/bench/ledger-history.ts'
import { freshDatabase } from '#test/support/database.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())

const period = { from: '2026-02-10', to: '2026-03-20', basis: 'effective' as const }
const context = () => serviceContext(db)

test('an empty store has nothing, and says so', async () => {
  const empty = await overview(me, await context(), period)
  expect(empty).toMatchObject({ hasData: false, run: null, comparators: [], layers: [] })
  expect(empty.coverage.cost).toBeNull()
})

test('it says what the reports say', async () => {
  await fillLedger(db, '2026-01-01', '2026-04-01')
  const shown = await overview(me, await context(), period)
  const tco = await reportTco(me, await context(), period)
  expect(shown.totals.actual).toBe(tco.totals.accounting)
  expect(Object.fromEntries(shown.layers.map((row) => [row.layer, row.amount]))).toEqual(
    Object.fromEntries(tco.rows.map((row) => [row.layer, row.amount])),
  )
  const capacity = await reportCapacity(me, await context(), period)
  for (const { state, gpuMinutes, amount: cost, id } of shown.capacity.states)
    expect(capacity.rows.find((row) => row.state === state)).toMatchObject({ gpuMinutes, amount: cost, id })
  const compare = await reportCompare(me, await context(), period)
  expect(shown.comparators.map(({ name, equivalent }) => [name, equivalent])).toEqual(
    compare.comparators.map(({ name, apiEquivalent }) => [name, apiEquivalent]),
  )
})

test('points over time add up to the totals, by day and by month', async () => {
  for (const span of [period, { ...period, from: '2026-01-01', to: '2026-06-01' }]) {
    const { series, totals, comparators } = await overview(me, await context(), span)
    expect(series.grain).toBe(span === period ? 'day' : 'month')
    expect(sumMoney(series.points.map((point) => amount(point.actual))).eq(totals.actual)).toBe(true)
    for (const { name, equivalent } of comparators)
      expect(sumMoney(series.points.map((point) => amount(point.equivalents[name]))).eq(equivalent!)).toBe(true)
  }
  const { series } = await overview(me, await context(), { ...period, from: '2026-01-01', to: '2026-06-01' })
  expect(series.points.at(-1)).toMatchObject({ start: '2026-05-01', actual: null, open: true })
})

test('a new run of reconcile shows at once', async () => {
  const before = await overview(me, await context(), period)
  await db.pool.query(
    `WITH run AS (INSERT INTO run (started_at, step, from_day, to_day) VALUES (now(), 'bills', '2026-03-01', '2026-03-02') RETURNING run_id)
     UPDATE ledger_day SET effective_rc = effective_rc + 1000 FROM run, ledger_key k
     WHERE k.key_id = ledger_day.key_id AND k.layer = 'gpu_compute' AND k.evidence = 'measured' AND day = '2026-03-01'`,
  )
  const after = await overview(me, await context(), period)
  expect(after.run?.id).not.toBe(before.run?.id)
  expect(amount(after.totals.actual).minus(before.totals.actual).toFixed()).toBe('1000')
})
