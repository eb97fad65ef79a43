import { describe, expect, test } from 'vitest'
import { layoutOf } from '#collectors/bills/aws-cur/layout.ts'
import { CurMapper } from '#collectors/bills/aws-cur/map.ts'
import { curName } from '#collectors/bills/aws-cur/schema.ts'
import type { BillLine } from '#lib/domain/bill.ts'
import { decideScope } from '#lib/domain/scope.ts'
import type { Cells } from '#test/support/bills.ts'
import { CUR_USAGE, legacy, mapped } from '#test/support/cur.ts'

function read(row: Cells, currency?: string) {
  const mapper = new CurMapper(layoutOf(Object.keys(row), 'f.csv', currency), { file: 'f.csv', currency, period: undefined })
  return mapper.map(Object.values(row), 7)
}

function charges(more: Cells): BillLine[] {
  const rows = read({ ...CUR_USAGE, ...more })
  if (!Array.isArray(rows)) throw new Error(rows.reason)
  return rows.map(({ fact }) => fact)
}

const shown = (line: BillLine) => [
  line.chargeCategory,
  line.billed.toFixed(),
  line.fileBilled,
  line.effective?.toFixed() ?? null,
  decideScope(line, []).layer,
]

test.each([
  ['lineItem/UnblendedCost', 'line_item_unblended_cost'],
  ['lineItem/NetUnblendedCost', 'line_item_net_unblended_cost'],
  ['reservation/ReservationARN', 'reservation_reservation_arn'],
  ['reservation_reservation_a_r_n', 'reservation_reservation_arn'],
  ['savingsPlan/SavingsPlanARN', 'savings_plan_savings_plan_arn'],
  ['savingsPlan/SavingsPlanArn', 'savings_plan_savings_plan_arn'],
  ['savings_plan_savings_plan_a_r_n', 'savings_plan_savings_plan_arn'],
  ['pricing/publicOnDemandCost', 'pricing_public_on_demand_cost'],
  ['product/ProductName', 'product_product_name'],
  ['splitLineItem/ParentResourceId', 'split_line_item_parent_resource_id'],
  ['resourceTags/user:CostCenter', 'resourceTags/user:CostCenter'],
])('%s is %s', (raw, name) => expect(curName(raw)).toBe(name))

describe('line item types: category, billed, the file’s own, effective, layer', () => {
  const sp = { savings_plan_savings_plan_arn: 'arn:sp', savings_plan_savings_plan_effective_cost: '60.5' }
  const ri = { reservation_reservation_arn: 'arn:ri', reservation_effective_cost: '41.25', line_item_unblended_cost: '0' }
  const net = { line_item_net_unblended_cost: '90' }
  const fee = { line_item_resource_id: '', line_item_unblended_cost: '70' }
  const table: [type: string, more: Cells, expected: unknown[][], why: string][] = [
    ['Usage', {}, [['Usage', '98.32', '98.32', '98.32', null]], 'unblended'],
    ['Usage', net, [['Usage', '98.32', '98.32', '90', null]], 'net of discounts where present'],
    ['SavingsPlanCoveredUsage', sp, [['Usage', '0', '98.32', '60.5', null]], 'its on-demand cost is cancelled'],
    [
      'SavingsPlanCoveredUsage',
      { ...sp, savings_plan_net_savings_plan_effective_cost: '58' },
      [['Usage', '0', '98.32', '58', null]],
      'net effective cost',
    ],
    ['SavingsPlanCoveredUsage', {}, [['Usage', '0', '98.32', null, null]], 'without its effective cost it is unavailable'],
    ['SavingsPlanNegation', { line_item_unblended_cost: '-98.32' }, [['Adjustment', '0', '-98.32', '0', 'commitment_purchase']], 'cancels'],
    [
      'SavingsPlanRecurringFee',
      {
        ...fee,
        savings_plan_savings_plan_arn: 'arn:sp',
        savings_plan_total_commitment_to_date: '70',
        savings_plan_used_commitment: '60.5',
      },
      [
        ['Purchase', '70', '70', '0', 'commitment_purchase'],
        ['Usage', '0', '0', '9.5', 'unused_commitment'],
      ],
      'the fee is bought, the rest of the commitment is unused',
    ],
    [
      'SavingsPlanRecurringFee',
      { ...fee, savings_plan_total_commitment_to_date: '70', savings_plan_used_commitment: '70.0' },
      [['Purchase', '70', '70', '0', 'commitment_purchase']],
      'nothing unused; a plan without a name is one by its offering',
    ],
    ['SavingsPlanRecurringFee', fee, [['Purchase', '70', '70', null, 'commitment_purchase']], 'the unused part is not told'],
    ['SavingsPlanUpfrontFee', fee, [['Purchase', '70', '70', '0', 'commitment_purchase']], 'spread over what it covers'],
    ['DiscountedUsage', ri, [['Usage', '0', '0', '41.25', null]], 'the reservation’s effective cost'],
    ['DiscountedUsage', { ...ri, reservation_net_effective_cost: '40' }, [['Usage', '0', '0', '40', null]], 'net'],
    [
      'RIFee',
      {
        ...fee,
        reservation_reservation_arn: 'arn:ri',
        reservation_unused_amortized_upfront_fee_for_billing_period: '3.25',
        reservation_unused_recurring_fee: '1.5',
      },
      [
        ['Purchase', '70', '70', '0', 'commitment_purchase'],
        ['Usage', '0', '0', '4.75', 'unused_commitment'],
      ],
      'unused upfront + unused recurring',
    ],
    ['Fee', { ...fee, reservation_reservation_arn: 'arn:ri' }, [['Purchase', '70', '70', '0', 'commitment_purchase']], 'all upfront'],
    [
      'Fee',
      { ...fee, product_product_name: 'AWS Support (Business)' },
      [['Purchase', '70', '70', '70', 'support']],
      'a fee of no commitment',
    ],
    ['Tax', fee, [['Tax', '70', '70', '70', 'tax']], ''],
    ['Credit', { line_item_unblended_cost: '-5' }, [['Credit', '-5', '-5', '-5', 'credits']], ''],
    ['Refund', { line_item_unblended_cost: '-5' }, [['Credit', '-5', '-5', '-5', 'refunds']], ''],
    [
      'Refund',
      {
        line_item_unblended_cost: '-500',
        line_item_product_code: 'ComputeSavingsPlans',
        line_item_line_item_description: 'One-time fee refunded',
      },
      [['Credit', '-500', '-500', '0', 'refunds']],
      'an upfront fee was no cost, so neither is its refund',
    ],
    [
      'EdpDiscount',
      { line_item_unblended_cost: '-8.32' },
      [['Usage', '-8.32', '-8.32', '-8.32', null]],
      'prices the usage it stands beside',
    ],
    [
      'EdpDiscount',
      { line_item_unblended_cost: '-8.32', line_item_net_unblended_cost: '' },
      [['Usage', '-8.32', '-8.32', '0', null]],
      'where net columns hold it already',
    ],
    ['SomethingNew', {}, [['Adjustment', '98.32', '98.32', '98.32', 'unassigned']], 'an exception, not a loss'],
    [
      'Usage',
      { split_line_item_parent_resource_id: 'i-0abc' },
      [['Usage', '0', '98.32', '0', 'supporting']],
      'a split and its parent: once',
    ],
  ]
  for (const [type, more, expected, why] of table)
    test(`${type} ${JSON.stringify(Object.values(more))}: ${why}`, () => {
      expect(charges({ ...more, line_item_line_item_type: type }).map(shown)).toEqual(expected)
    })

  test('a discount and a negation bill no minutes', () => {
    expect(charges({ line_item_line_item_type: 'EdpDiscount' })[0]?.consumedQuantity?.toFixed()).toBe('0')
    expect(charges({ line_item_line_item_type: 'SavingsPlanNegation' })[0]?.chargeCategory).not.toBe('Usage')
  })

  test('the charges of one row are told apart, by more than their ids', () => {
    const [fee, unused] = charges({
      line_item_line_item_type: 'SavingsPlanRecurringFee',
      savings_plan_total_commitment_to_date: '2',
      savings_plan_used_commitment: '1',
    })
    expect(fee?.canonical).not.toBe(unused?.canonical)
    expect([unused?.commitmentStatus, unused?.commitmentId]).toEqual(['Unused', 'BoxUsage:p5.48xlarge'])
  })
})

const TAGGED = { ...CUR_USAGE, resource_tags_user_team: 'inference', resource_tags_user_cost_center: 'c-1' }
describe.each([
  ['legacy', legacy(TAGGED)],
  ['2.0', mapped(TAGGED)],
])('%s', (dialect, row) => {
  const line = () => (read(row) as { fact: BillLine }[])[0]!.fact

  test('is recognised', () => expect(layoutOf(Object.keys(row), 'f', undefined).dialect).toBe(dialect))

  test('says the same in FOCUS terms', () => {
    const { billingAccount, subAccount, serviceName, instanceType, region, resourceId, consumedUnit, provider, invoiceId } = line()
    expect({ billingAccount, subAccount, serviceName, instanceType, region, resourceId, consumedUnit, provider, invoiceId }).toEqual({
      billingAccount: '111122223333',
      subAccount: '444455556666',
      serviceName: 'Amazon Elastic Compute Cloud',
      instanceType: 'p5.48xlarge',
      region: 'us-east-1',
      resourceId: 'i-0abc',
      consumedUnit: 'Hrs',
      provider: 'AWS',
      invoiceId: null,
    })
  })

  test.each([
    ['tag:team', 'inference'],
    ['tag:user:team', 'inference'],
    ['ServiceName', 'Amazon Elastic Compute Cloud'],
    ['BillingAccountId', '111122223333'],
    ['ChargeCategory', 'Usage'],
    ['lineItem/UsageType', 'BoxUsage:p5.48xlarge'],
    ['line_item_usage_type', 'BoxUsage:p5.48xlarge'],
    ['product/instanceType', 'p5.48xlarge'],
    ['product_instance_type', 'p5.48xlarge'],
    ['lineItem/Nothing', undefined],
    ['tag:nothing', undefined],
  ])('a rule may ask for %s', (name, value) => expect(line().column(name)).toBe(value))

  test('its ids are no part of its identity', () => {
    const id = Object.keys(row).find((name) => /LineItemId|line_item_id/.test(name))!
    const renumbered = (read({ ...row, [id]: 'other' }) as { fact: BillLine }[])[0]!.fact
    expect(renumbered.canonical).toBe(line().canonical)
    expect(renumbered.extra[id]).toBe('other')
  })
})

test.each([
  ['', 'BoxUsage:p5.48xlarge', 'Hrs'],
  ['', 'USE2-SpotUsage:p4d.24xlarge', 'Hrs'],
  ['', 'DataTransfer-Out-Bytes', null],
  ['GB', 'DataTransfer-Out-Bytes', 'GB'],
])('unit %j of %s is %s', (pricing_unit, line_item_usage_type, unit) => {
  expect(charges({ pricing_unit, line_item_usage_type })[0]?.consumedUnit).toBe(unit)
})

test('CUR 2.0 writes a tag’s name in its own way', () => {
  const line = (read(mapped(TAGGED)) as { fact: BillLine }[])[0]!.fact
  expect(line.column('tag:CostCenter')).toBe('c-1')
})

test('Parquet of the legacy report has flat tags', () => {
  expect(layoutOf(Object.keys(TAGGED), 'f', undefined).dialect).toBe('legacy')
  expect((read(TAGGED) as { fact: BillLine }[])[0]!.fact.column('tag:team')).toBe('inference')
})

test.each([
  ['2026-06-30T23:59:59Z', '2026-07-01T00:00:00.000Z', 'the last second is within'],
  ['2026-06-01T00:00:00Z', '2026-06-01T00:00:01.000Z', 'an instant lasts a second'],
  ['2026-06-01 01:00:00+00:00', '2026-06-01T01:00:00.000Z', ''],
])('a span that ends at %s ends at %s: %s', (end, expected) => {
  expect(charges({ line_item_usage_end_date: end })[0]?.stored?.chargeEnd).toBe(expected)
})

test.each([
  [{ line_item_unblended_cost: '12,5' }, 'line_item_unblended_cost', '12,5', 'not a decimal number'],
  [{ line_item_unblended_cost: '' }, 'line_item_unblended_cost', '', 'empty'],
  [{ savings_plan_used_commitment: 'x' }, 'savings_plan_used_commitment', 'x', 'not a decimal number'],
  [{ line_item_line_item_type: '' }, 'line_item_line_item_type', '', 'empty'],
  [{ line_item_usage_start_date: 'soon' }, 'line_item_usage_start_date', 'soon', 'not a date and time'],
  [{ line_item_usage_end_date: '2026-05-31' }, 'line_item_usage_end_date', '2026-05-31', 'before line_item_usage_start_date'],
  [{ line_item_currency_code: 'dollars' }, 'line_item_currency_code', 'dollars', 'not a currency code of three capital letters'],
])('%j is rejected', (more, column, value, reason) => {
  expect(read({ ...CUR_USAGE, ...more })).toMatchObject({
    line: 7,
    column,
    value,
    reason,
    billingAccount: '111122223333',
    billingPeriod: '2026-06-01',
  })
})

test('a reject names the column as its file does', () => {
  expect(read(legacy({ ...CUR_USAGE, line_item_unblended_cost: '12,5' }))).toMatchObject({ column: 'lineItem/UnblendedCost' })
})

test('what is no report is refused, with what it looks like', () => {
  expect(() => layoutOf(['BilledCost', 'ChargeCategory'], 'f', undefined)).toThrow(/no column line_item_line_item_type/)
  expect(() => layoutOf(['a'], 'f', undefined)).toThrow('this is no AWS Cost and Usage Report')
  const { line_item_currency_code: _, ...row } = CUR_USAGE
  expect(() => layoutOf(Object.keys(row), 'f', undefined)).toThrow('no column line_item_currency_code')
  expect(Array.isArray(read(row, 'USD'))).toBe(true)
})
