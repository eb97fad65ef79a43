import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { awsCur } from '#collectors/bills/aws-cur/index.ts'
import { Money } from '#lib/domain/money.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import { type Cells, csvOf, type Workshop, workshop } from '#test/support/bills.ts'
import { CUR_USAGE, legacy, mapped } from '#test/support/cur.ts'

let shop: Workshop
beforeAll(async () => {
  shop = await workshop(awsCur)
  await shop.rules([['lineItem/UsageType=out*', 'out', '']])
})
afterAll(() => shop.close())

const amount = fc.oneof(
  fc.tuple(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.integer({ min: 0, max: 12 })).map(([units, scale]) => `${units}e-${scale}`),
  fc.constantFrom('', '12,5', '0', '0.0', '-0.000000000001', '10'.padEnd(24, '0'), 'NaN'),
)
const row = fc.record({
  line_item_line_item_type: fc.constantFrom(
    'Usage',
    'SavingsPlanCoveredUsage',
    'SavingsPlanNegation',
    'SavingsPlanRecurringFee',
    'DiscountedUsage',
    'RIFee',
    'Fee',
    'Tax',
    'Credit',
    'Refund',
    'EdpDiscount',
    'Unheard',
    '',
  ),
  line_item_usage_type: fc.constantFrom('in', 'out', 'out-2'),
  line_item_unblended_cost: amount,
  savings_plan_savings_plan_effective_cost: amount,
  savings_plan_total_commitment_to_date: amount,
  savings_plan_used_commitment: amount,
  reservation_effective_cost: amount,
  reservation_unused_recurring_fee: amount,
  line_item_currency_code: fc.constantFrom('USD', 'EUR', 'usd'),
  line_item_usage_start_date: fc.constantFrom('2026-06-01T00:00:00Z', '2026-06-02T23:00:00Z', 'never'),
  line_item_usage_end_date: fc.constantFrom('2026-06-03T00:00:00Z', '2026-07-01T00:00:00Z'),
})

test('read = accepted + quarantined + excluded in rows and money, in both generations, and the store holds what was accepted', async () => {
  const cases = fc.tuple(
    fc.array(row, { minLength: 1, maxLength: 12 }),
    fc.constantFrom(legacy, mapped),
    fc.integer({ min: 0, max: 10 ** 9 }),
  )
  let n = 0
  await fc.assert(
    fc.asyncProperty(cases, async ([rows, written]) => {
      // A bill of its own each time: a sound row makes sure that there is one.
      const own = { ...CUR_USAGE, bill_payer_account_id: `payer-${n++}` }
      const all: Cells[] = [own, ...rows.map((more) => ({ ...own, ...more }))]
      const results = await shop.bring(csvOf(all.map(written)))
      expect(results).toHaveLength(1)
      const { rows: counts, money, unreadable, rejects } = results[0]!
      expect(counts.read).toBe(all.length)
      expect(counts.accepted + counts.quarantined + counts.excluded).toBe(counts.read)
      expect(rejects).toHaveLength(counts.quarantined)
      expect(unreadable).toBeLessThanOrEqual(counts.quarantined)
      for (const m of money) expect(new Money(m.accepted).plus(m.quarantined).plus(m.excluded).equals(m.read)).toBe(true)
      // The file's own sum, added up from its texts.
      const readable = all.filter((one) => /^-?\d+(\.\d+)?(e-\d+)?$/.test(one.line_item_unblended_cost!))
      const sum = readable.reduce((total, one) => total.plus(one.line_item_unblended_cost!), new Money(0))
      const read = money.filter(({ column }) => column === 'billed').reduce((total, m) => total.plus(m.read), new Money(0))
      expect(read.toFixed()).toBe(sum.toFixed())
    }),
    { numRuns: 40, seed: 5 },
  )
  const { violations } = await check(LOCAL_ADMINISTRATOR, shop.context)
  expect(violations).toEqual([])
})
