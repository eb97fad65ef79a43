import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { portionsOf, shareOf } from '#lib/domain/ledger/portions.ts'
import { formatAmount, Money, splitMoney, sumMoney } from '#lib/domain/money.ts'
import { HOUR_MS, MINUTE_MS } from '#lib/domain/time.ts'
import { reconcile } from '#lib/reconcile/engine.ts'
import { splitSql } from '#lib/reconcile/ledger/split.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import { freshDatabase } from '#test/support/database.ts'
import { dirty, insertLines, type LineInput } from '#test/support/ledger-facts.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())

const money = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 18 }))
  .map(([units, scale]) => new Money(units.toString()).div(new Money(10).pow(scale)))

test('splitSql gives the same parts as splitMoney, and they sum to the whole', async () => {
  const cases = fc.sample(fc.tuple(money, fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 9 })), {
    numRuns: 400,
    seed: 7,
  })
  const rows = cases.flatMap(([amount, weights], id) => weights.map((weight, ord) => [id, ord, weight, formatAmount(amount)] as const))
  const sql = splitSql({
    from: '(SELECT * FROM unnest($1::int[], $2::int[], $3::numeric[], $4::numeric[]) AS t(id, ord, weight, amount))',
    group: 'id',
    amounts: ['amount'],
    weight: 'weight',
    ord: 'ord',
    keep: 'id, ord',
  })
  const result = await db.pool.query<{ id: number; ord: number; amount: string }>(
    `${sql} ORDER BY id, ord`,
    [0, 1, 2, 3].map((column) => rows.map((row) => row[column as 0])),
  )
  const expected = cases.flatMap(([amount, weights], id) =>
    splitMoney(amount, weights).map((part, ord) => ({ id, ord, amount: formatAmount(part) })),
  )
  expect(result.rows.map((row) => ({ ...row, amount: formatAmount(new Money(row.amount)) }))).toEqual(expected)
  for (const [amount, weights] of cases) expect(formatAmount(sumMoney(splitMoney(amount, weights)))).toBe(formatAmount(amount))
})

const START = Date.parse('2026-05-28T00:00:00Z')
const line = fc
  .record({
    start: fc.integer({ min: 0, max: 40 * 24 * 60 }),
    minutes: fc.oneof(fc.constant(0), fc.constant(60), fc.constant(1440), fc.integer({ min: 1, max: 70 * 1440 })),
    billed: money,
    effective: fc.option(money),
    layer: fc.constantFrom('supporting', 'tax', 'gpu_compute'),
    scope: fc.constantFrom<'in' | 'share'>('in', 'in', 'share'),
    category: fc.constantFrom('Usage', 'Tax'),
  })
  .map((one) => ({ ...one, charge: { start: START + one.start * MINUTE_MS, end: START + (one.start + one.minutes) * MINUTE_MS } }))

test('the ledger of random bills equals the oracle, day by day', async () => {
  const lines = fc.sample(line, { numRuns: 150, seed: 11 })
  const inputs: LineInput[] = lines.map((one) => ({
    start: new Date(one.charge.start).toISOString(),
    end: new Date(one.charge.end).toISOString(),
    billed: formatAmount(one.billed),
    effective: one.effective ? formatAmount(one.effective) : null,
    layer: one.layer,
    scope: one.scope,
    category: one.category,
  }))
  await insertLines(db.pool, inputs)
  const days = new Set(lines.flatMap((one) => portionsOf(one.charge, one.billed).map((portion) => portion.day)))
  await dirty(db.pool, ['bills'], [...days])
  await reconcile(db, { now: new Date(START + 2400 * HOUR_MS), currency: 'USD', timezone: 'UTC', steps: ['bills'] })

  const usage = new Map<string, { fleet: Money; everything: Money }>()
  for (const one of lines) {
    if (one.category !== 'Usage' || !one.effective) continue
    for (const { day, amount } of portionsOf(one.charge, one.effective)) {
      const sum = usage.get(day) ?? { fleet: new Money(0), everything: new Money(0) }
      usage.set(day, { fleet: one.scope === 'in' ? sum.fleet.plus(amount) : sum.fleet, everything: sum.everything.plus(amount) })
    }
  }
  const expected = new Map<string, Money>()
  const add = (key: string, amount: Money) => expected.set(key, (expected.get(key) ?? new Money(0)).plus(amount))
  for (const one of lines) {
    for (const [basis, whole] of [['billed', one.billed] as const, ['effective', one.effective] as const]) {
      if (!whole) continue
      for (const { day, amount } of portionsOf(one.charge, whole)) {
        if (one.scope === 'in') add(`${day} ${basis} cost ${one.layer}`, amount)
        else {
          const { fleet, everything } = usage.get(day) ?? { fleet: new Money(0), everything: new Money(0) }
          const parts = shareOf(amount, fleet, everything)
          add(`${day} ${basis} cost ${one.layer}`, parts.cost)
          add(`${day} ${basis} outside ${one.layer}`, parts.outside)
        }
      }
    }
  }
  const rows = await ledgerSums(db, {
    measures: ['cost', 'outside'],
    from: '2026-01-01',
    to: '2027-01-01',
    by: ['day', 'measure', 'layer'],
  })
  const found = new Map<string, string>()
  for (const row of rows)
    for (const basis of ['billed', 'effective'] as const)
      if (Number(row[basis] ?? 0) !== 0) found.set(`${row.day} ${basis} ${row.measure} ${row.layer}`, formatAmount(new Money(row[basis]!)))
  const wanted = [...expected].filter(([, amount]) => !amount.isZero()).map(([key, amount]) => [key, formatAmount(amount)])
  expect(new Map(found)).toEqual(new Map(wanted as [string, string][]))

  // Months hold what their days hold, and so does the journal.
  const { rows: drift } = await db.pool.query(
    `SELECT (SELECT sum(billed) FROM ledger_month) - (SELECT sum(billed) FROM ledger_day) AS month,
            (SELECT sum(billed) FROM ledger_entry) - (SELECT sum(billed) FROM ledger_day) AS journal`,
  )
  expect(Number(drift[0].month)).toBe(0)
  expect(Number(drift[0].journal)).toBe(0)
  expect(await ledgerSums(db, { measures: ['cost'], from: '2026-06-03', to: '2026-08-20', by: ['layer'] })).toEqual(
    (
      await ledgerSums(db, { measures: ['cost'], from: '2026-06-03', to: '2026-08-20', by: ['layer'], asOf: new Date(Date.now() + 1e6) })
    ).map((row) => row),
  )
})
