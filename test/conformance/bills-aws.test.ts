// Every AWS report of the samples. Sums were computed apart from the product, by the rules, or given by the publisher.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { awsCur } from '#collectors/bills/aws-cur/index.ts'
import { reconcile } from '#lib/reconcile/engine.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import { type Workshop, workshop } from '#test/support/bills.ts'

const folder = path.resolve(import.meta.dirname, '../../../shared/samples/bills/aws')
const missing = !existsSync(folder)
if (missing && process.env.CI) throw new Error(`the samples are missing: ${folder}`)

type Expected = {
  rows: [read: number, accepted: number, quarantined: number]
  currency: string
  /** By the file's own sums; `ledger` where the ledger takes another amount. */
  billed: string
  ledger?: string
  effective: string
  period: string
  account: string
  dialect: string
  status: string
  why: string
}

const FILES: Record<string, Expected> = {
  'cur-legacy_anonymous_daily_2023-11.csv': {
    rows: [1281, 1281, 0],
    currency: 'USD',
    billed: '1.6823086974',
    effective: '1.6823086974',
    period: '2023-11',
    account: '123412340534',
    dialect: 'legacy',
    status: 'provisional',
    why: 'exponents, tax over the whole month, no resources',
  },
  'cur-legacy_nise-generated_gpu_2026-06.csv': {
    rows: [1008, 1008, 0],
    currency: 'USD',
    // 10199.7093333408 usage + 3688.883856 covered − 3688.883856 negated + 168 × 14.5 fees
    billed: '12635.7093333408',
    // usage + 168 × 14.5 of covered usage; what of the fees nothing used is not said
    effective: '12635.7093333408',
    period: '2026-06',
    account: '9999999999999',
    dialect: 'legacy',
    status: 'provisional',
    why: 'a Savings Plan: covered usage, negations, fees without a plan’s name',
  },
  'cur-legacy_koku_savingsplan_2023-06.csv': {
    rows: [3, 3, 0],
    currency: 'NOK',
    billed: '30',
    ledger: '0',
    effective: '0.3',
    period: '2023-06',
    account: '0099999999999',
    dialect: 'legacy',
    status: 'final',
    why: 'covered usage alone: the ledger takes none of its on-demand cost',
  },
  'cur-2.0_keboola_mock.csv': {
    rows: [4, 4, 0],
    currency: 'USD',
    billed: '0.108304',
    effective: '0.108304',
    period: '2024-09',
    account: '123456789012',
    dialect: '2.0',
    status: 'final',
    why: 'flat columns, a billing period that ends in its last second',
  },
}

describe.skipIf(missing)('AWS samples (skipped: ../shared/samples is not here)', () => {
  let shop: Workshop
  beforeEach(async () => {
    shop = await workshop(awsCur)
  })
  afterEach(() => shop.close())

  test('every report of the folder is expected', () => {
    const reports = readdirSync(folder).filter((name) => name.endsWith('.csv'))
    expect(reports.sort()).toEqual([...Object.keys(FILES), 'cur-2.0_fivetran-seed_scrubbed.csv'].sort())
  })

  for (const [name, expected] of Object.entries(FILES))
    test(`${name}: ${expected.why}`, async () => {
      const results = await shop.bring(readFileSync(path.join(folder, name)), { name })
      const { period, account, dialect, status, currency, billed, effective } = expected
      const [read, accepted, quarantined] = expected.rows
      expect(results).toMatchObject([
        { kind: 'aws-cur', period, account, dialect, status, rows: { read, accepted, quarantined, excluded: 0 } },
      ])
      expect(results[0]?.money.map((m) => [m.currency, m.column, m.read, m.accepted, m.ledger])).toEqual([
        [currency, 'billed', billed, billed, expected.ledger],
        [currency, 'effective', effective, effective, undefined],
      ])
      const stored = await shop.rows(
        'SELECT count(*)::int AS count, trim_scale(sum(billed))::text AS billed, trim_scale(sum(effective))::text AS effective FROM bill_line',
      )
      expect(stored).toEqual([{ count: accepted, billed: expected.ledger ?? billed, effective }])
      await reconcile(shop.context.db, { now: shop.context.now, currency, timezone: 'UTC' })
      expect((await check(LOCAL_ADMINISTRATOR, shop.context)).violations).toEqual([])
    })

  test('the sum that the sample was published with is ours, rounded', () => {
    expect(Number(FILES['cur-legacy_anonymous_daily_2023-11.csv']!.billed).toFixed(7)).toBe('1.6823087')
  })

  test('a Savings Plan’s fees and negations are where they belong', async () => {
    const name = 'cur-legacy_nise-generated_gpu_2026-06.csv'
    await shop.bring(readFileSync(path.join(folder, name)), { name })
    const layers = await shop.rows(
      `SELECT layer, charge_category, scope, count(*)::int AS count, trim_scale(sum(billed))::text AS billed, trim_scale(sum(effective))::text AS effective
       FROM bill_line GROUP BY 1, 2, 3 ORDER BY 2, 1`,
    )
    expect(layers).toEqual([
      { layer: 'commitment_purchase', charge_category: 'Adjustment', scope: 'in', count: 168, billed: '0', effective: '0' },
      { layer: 'commitment_purchase', charge_category: 'Purchase', scope: 'share', count: 168, billed: '2436', effective: null },
      { layer: null, charge_category: 'Usage', scope: 'in', count: 672, billed: '10199.7093333408', effective: '12635.7093333408' },
    ])
    await reconcile(shop.context.db, { now: shop.context.now, currency: 'USD', timezone: 'UTC' })
    const sums = await ledgerSums(shop.context.db, { measures: ['cost', 'outside'], from: '2026-06-01', to: '2026-07-01', by: ['layer'] })
    expect(sums.map(({ layer, billed, effective }) => [layer, billed, effective])).toEqual([
      ['commitment_purchase', '2436', null],
      ['unassigned', '10199.7093333408', '12635.7093333408'],
    ])
  })

  test('a report whose values were scrubbed is quarantined row by row', async () => {
    const name = 'cur-2.0_fivetran-seed_scrubbed.csv'
    const results = await shop.bring(readFileSync(path.join(folder, name)), { name, settings: { currency: 'USD' } })
    expect(results.every(({ dialect, rows }) => dialect === '2.0' && rows.accepted === 0)).toBe(true)
    expect(results.reduce((sum, { rows }) => sum + rows.quarantined, 0)).toBe(20)
    expect(results[0]?.rejects[0]).toMatchObject({ column: 'line_item_unblended_cost', reason: 'empty' })
  })
})
