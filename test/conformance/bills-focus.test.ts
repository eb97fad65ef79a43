// Every FOCUS file of the samples, with facts counted by hand or given by its publisher.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Money } from '#lib/domain/money.ts'
import { type Workshop, workshop } from '#test/support/bills.ts'

const folder = path.resolve(import.meta.dirname, '../../../shared/samples/bills/focus')
const missing = !existsSync(folder)
if (missing && process.env.CI) throw new Error(`the samples are missing: ${folder}`)

type Expected = {
  rows: [read: number, accepted: number, quarantined: number]
  billed: string
  effective: string
  periods: string[]
  account: string
  dialect: string
  settings?: { currency: string }
  why: string
}

const FILES: Record<string, Expected> = {
  'focus-1.0_aws_even-rows.csv': {
    rows: [471, 471, 0],
    billed: '14.1819812591',
    effective: '13',
    periods: ['2024-09'],
    account: '1234567890123',
    dialect: '1.0',
    why: 'literal NULL, instants without a zone, an extra column Id',
  },
  'focus-1.0_microsoft.csv': {
    rows: [51, 51, 0],
    billed: '1.97651418586',
    effective: '1.97651418586',
    periods: ['2024-09'],
    account: '/providers/Microsoft.Billing/billingAccounts/8611537',
    dialect: '1.0',
    why: 'ARM ids, daily charges',
  },
  'spec-1.2_commitment_discount_purchase_scenario_2.csv': {
    rows: [3, 2, 1],
    billed: '2',
    effective: '0',
    periods: ['2023-01'],
    account: '',
    dialect: '1.1',
    settings: { currency: 'USD' },
    why: 'an hour 30 does not exist; neither account nor currency',
  },
  'spec-1.2_commitment_discount_usage_scenario_2.csv': {
    rows: [1, 1, 0],
    billed: '0',
    effective: '1',
    periods: ['2023-01'],
    account: '',
    dialect: '1.1',
    settings: { currency: 'USD' },
    why: 'the literal null',
  },
  'spec-1.2_virtual_currency_pricing_model_a2.csv': {
    rows: [3, 3, 0],
    billed: '0',
    effective: '1230',
    periods: ['2025-04'],
    account: '12345',
    dialect: '1.2',
    why: 'M/D/YY dates, a byte order mark, no newline at the end',
  },
}

describe.skipIf(missing)('FOCUS samples (skipped: ../shared/samples is not here)', () => {
  let shop: Workshop
  beforeEach(async () => {
    shop = await workshop()
  })
  afterEach(() => shop.close())

  test('every file of the folder is expected', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(FILES).sort())
  })

  test('the control sums that the samples were published with are ours, rounded', () => {
    const rounded = (name: string) => new Money(FILES[name]!.billed).toFixed(6)
    expect(rounded('focus-1.0_aws_even-rows.csv')).toBe('14.181981')
    expect(rounded('focus-1.0_microsoft.csv')).toBe('1.976514')
  })

  for (const [name, expected] of Object.entries(FILES)) {
    test(`${name}: ${expected.why}`, async () => {
      const results = await shop.bring(readFileSync(path.join(folder, name)), { name, settings: expected.settings ?? {} })
      const [read, accepted, quarantined] = expected.rows
      expect(results.map(({ period }) => period)).toEqual(expected.periods)
      expect(results.map((result) => [result.account, result.dialect])).toEqual([[expected.account, expected.dialect]])
      expect(results[0]?.rows).toEqual({ read, accepted, quarantined, excluded: 0 })
      const sums = { billed: expected.billed, effective: expected.effective }
      const stored = await shop.rows(
        `SELECT count(*)::int AS count, trim_scale(sum(billed))::text AS billed, trim_scale(sum(effective))::text AS effective,
                array_agg(DISTINCT currency) AS currencies, min(line)::int AS first FROM bill_line`,
      )
      expect(stored).toEqual([{ count: accepted, ...sums, currencies: ['USD'], first: 2 }])
      expect(Object.fromEntries(results[0]!.money.map((m) => [m.column, m.accepted]))).toEqual(sums)
    })
  }
})
