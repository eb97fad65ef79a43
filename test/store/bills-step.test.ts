import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { reconcile } from '#lib/reconcile/engine.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import { freshDatabase } from '#test/support/database.ts'
import { dirty, insertLines, insertNode } from '#test/support/ledger-facts.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
  await insertNode(db.pool, 'n1', [{ kind: 'instance_id', alias: 'i-1' }], 'east')
})
afterAll(() => db.close())
beforeEach(async () => {
  await db.pool.query(
    'TRUNCATE bill_line, bill_excluded_day, dirty_day, ledger_day, ledger_month, ledger_entry, ledger_key, run, fx, batch',
  )
})

const options = { now: new Date('2026-07-01T00:00:00Z'), currency: 'EUR', timezone: 'UTC' }
const sums = (by: 'layer' | 'measure' | 'cluster' | 'day', measures = ['cost']) =>
  ledgerSums(db, { measures, from: '2026-06-01', to: '2026-07-01', by: [by] })

test('the node decides the layer; what resolves to none is unassigned', async () => {
  await insertLines(db.pool, [
    {
      start: '2026-06-10T00:00',
      end: '2026-06-10T01:00',
      billed: '10.5',
      effective: '8',
      resource: 'arn:aws:ec2:instance/I-1',
      currency: 'EUR',
    },
    { start: '2026-06-10T00:00', end: '2026-06-10T01:00', billed: '3', resource: 'i-unknown', currency: 'EUR' },
    { start: '2026-06-10T00:00', end: '2026-06-10T01:00', billed: '2', layer: 'observability', currency: 'EUR' },
  ])
  await dirty(db.pool, ['bills'], ['2026-06-10'])
  expect(await reconcile(db, options)).toEqual({ runs: 1, days: 1, entries: 3 })
  expect((await sums('layer')).map((row) => [row.layer, row.billedRc, row.effectiveRc])).toEqual([
    ['gpu_compute', '10.5', '8'],
    ['observability', '2', '2'],
    ['unassigned', '3', '3'],
  ])
  expect((await sums('cluster')).map((row) => [row.cluster, row.billedRc])).toEqual([
    ['', '5'],
    ['east', '10.5'],
  ])
  expect(await reconcile(db, options)).toEqual({ runs: 0, days: 0, entries: 0 })
  expect(await reconcile(db, { ...options, from: '2026-06-01', to: '2026-07-01', steps: ['bills'] })).toEqual({
    runs: 0,
    days: 30,
    entries: 0,
  })
})

test('a line over three days is split by seconds, the residue to the largest remainder', async () => {
  // 18:00 to 09:00: 6 h, 24 h, 9 h of 39 h; 1 ÷ 39 × … floors to …153, …615, …230 in units of 1e-12
  await insertLines(db.pool, [{ start: '2026-06-10T18:00', end: '2026-06-12T09:00', billed: '1', layer: 'supporting', currency: 'EUR' }])
  await dirty(db.pool, ['bills'], ['2026-06-10', '2026-06-11', '2026-06-12'])
  await reconcile(db, options)
  expect((await sums('day')).map((row) => [row.day, row.billedRc])).toEqual([
    ['2026-06-10', '0.153846153846'],
    ['2026-06-11', '0.615384615385'],
    ['2026-06-12', '0.230769230769'],
  ])
})

test('shared lines follow the fleet’s part of that day’s usage; without usage all is outside', async () => {
  await insertLines(db.pool, [
    { start: '2026-06-10', end: '2026-06-11', billed: '30', layer: 'supporting', currency: 'EUR' },
    // unused commitment and corrections are in no share
    {
      start: '2026-06-10',
      end: '2026-06-11',
      billed: '0',
      effective: '500',
      status: 'Unused',
      layer: 'unused_commitment',
      currency: 'EUR',
    },
    { start: '2026-06-10', end: '2026-06-12', billed: '20', category: 'Tax', scope: 'share', layer: 'tax', currency: 'EUR' },
  ])
  await db.pool.query(`INSERT INTO bill_excluded_day (source_id, replacement_key, from_seq, billing_account, currency, day, charge_category, shares, row_count, billed, effective)
    VALUES (1, 'k', 1, 'acct', 'EUR', '2026-06-10', 'Usage', true, 1, 90, 90), (1, 'k', 1, 'acct', 'EUR', '2026-06-10', 'Tax', false, 1, 7, 7)`)
  await dirty(db.pool, ['bills'], ['2026-06-10', '2026-06-11'])
  await reconcile(db, options)
  expect((await sums('measure', ['cost', 'outside'])).map((row) => [row.measure, row.billedRc])).toEqual([
    ['cost', '32.5'],
    ['outside', '17.5'],
  ])
  const evidence = await ledgerSums(db, { measures: ['cost'], from: '2026-06-01', to: '2026-07-01', by: ['layer', 'evidence'] })
  expect(evidence.find((row) => row.layer === 'tax')).toMatchObject({ evidence: 'inferred', effectiveRc: '2.5' })
})

test('currency: that day’s rate, else one of the seven days before, else unconverted', async () => {
  await insertLines(db.pool, [
    { start: '2026-06-10', end: '2026-06-11', billed: '10', layer: 'supporting' },
    { start: '2026-06-18', end: '2026-06-19', billed: '100', layer: 'supporting' },
    { start: '2026-06-25', end: '2026-06-26', billed: '1000', layer: 'supporting' },
  ])
  await db.pool.query(
    `INSERT INTO fx (day, from_currency, to_currency, rate) VALUES ('2026-06-10', 'USD', 'EUR', 0.9), ('2026-06-11', 'USD', 'EUR', 0.1234567890125)`,
  )
  await dirty(db.pool, ['bills'], ['2026-06-10', '2026-06-18', '2026-06-25'])
  await reconcile(db, options)
  expect((await sums('day')).map((row) => row.billedRc)).toEqual(['9', '12.34567890125', null])
})

test('as of: what was published then, and an ended line is taken back', async () => {
  await insertLines(db.pool, [{ start: '2026-06-10', end: '2026-06-11', billed: '10', layer: 'supporting', currency: 'EUR' }])
  await dirty(db.pool, ['bills'], ['2026-06-10'])
  await reconcile(db, options)
  const { rows } = await db.pool.query<{ t: Date }>('SELECT clock_timestamp() AS t')
  await db.pool.query('UPDATE bill_line SET to_seq = 2')
  await insertLines(db.pool, [{ start: '2026-06-10', end: '2026-06-11', billed: '7', layer: 'supporting', currency: 'EUR' }])
  await dirty(db.pool, ['bills'], ['2026-06-10'], 'restated')
  await reconcile(db, options)
  expect((await sums('layer'))[0]!.billedRc).toBe('7')
  const then = await ledgerSums(db, {
    measures: ['cost'],
    from: '2026-06-01',
    to: '2026-07-01',
    by: ['layer'],
    asOf: new Date(rows[0]!.t.getTime() + 1),
  })
  expect(then[0]!.billedRc).toBe('10')
  const runs = await db.pool.query('SELECT cause FROM run ORDER BY run_id')
  expect(runs.rows.map((row) => row.cause)).toEqual([
    { causes: ['test'], days: { '2026-06-10': 'test' } },
    { causes: ['restated'], days: { '2026-06-10': 'restated' } },
  ])
})

test('a batch that commits while a day is being computed leaves it dirty', async () => {
  await insertLines(db.pool, [{ start: '2026-06-10', end: '2026-06-11', billed: '10', layer: 'supporting', currency: 'EUR' }])
  await dirty(db.pool, ['bills'], ['2026-06-10'])
  const writer = await db.pool.connect()
  await writer.query('BEGIN')
  await writer.query("UPDATE dirty_day SET version = version + 1 WHERE step = 'bills'")
  const running = reconcile(db, options)
  // The computation itself must not wait for the writer; only recording `done` does.
  for (let posted = 0; posted === 0; ) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    posted = Number((await writer.query('SELECT count(*) AS n FROM ledger_day')).rows[0].n)
  }
  await writer.query('COMMIT')
  writer.release()
  await running
  const { rows } = await db.pool.query('SELECT version, done FROM dirty_day')
  expect(rows).toEqual([{ version: '2', done: '1' }])
})

test('two reconcilers at once append each difference once', async () => {
  await insertLines(db.pool, [{ start: '2026-06-01', end: '2026-07-01', billed: '31', layer: 'supporting', currency: 'EUR' }])
  const days = Array.from({ length: 30 }, (_, index) => `2026-06-${String(index + 1).padStart(2, '0')}`)
  await dirty(db.pool, ['bills'], days)
  const results = await Promise.all([reconcile(db, options), reconcile(db, options), reconcile(db, options)])
  expect(results.reduce((sum, result) => sum + result.entries, 0)).toBe(30)
  const { rows } = await db.pool.query('SELECT count(*)::int AS n, sum(billed) AS billed FROM ledger_entry')
  expect(rows).toEqual([{ n: 30, billed: '31.000000000000' }])
  expect((await db.pool.query('SELECT day FROM dirty_day WHERE version > done')).rowCount).toBe(0)
})
