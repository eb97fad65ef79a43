import { expect, test } from 'vitest'
import { chargeOf, type View, viewSeen } from '#collectors/bills/azure-cost/charge.ts'
import { dateOrderSeen, isoDate } from '#collectors/bills/azure-cost/dates.ts'
import { layoutOf } from '#collectors/bills/azure-cost/layout.ts'
import { AzureMapper } from '#collectors/bills/azure-cost/map.ts'
import type { Survey } from '#collectors/bills/azure-cost/reader.ts'
import { azureName } from '#collectors/bills/azure-cost/schema.ts'
import { infoOf, periodEnd, regionOf, unitOf } from '#collectors/bills/azure-cost/values.ts'
import { AZURE } from '#test/support/cloud-bills.ts'

const row = (chargeType: string, pricingModel: string, cost: string, commitment = '') => ({ chargeType, pricingModel, cost, commitment })

// [charge type, pricing model, commitment, view] → [category, correction, status, billed, effective] of a row of 10.
test.each([
  ['Usage', 'OnDemand', '', 'actual', ['Usage', false, null, '10', '10']],
  ['Usage', 'Spot', '', 'amortized', ['Usage', false, null, '10', '10']],
  ['', '', '', 'actual', ['Usage', false, null, '10', '10']],
  ['Usage', 'Reservation', 'r', 'actual', ['Usage', false, 'Used', '10', null]],
  ['Usage', '', 'r', 'actual', ['Usage', false, 'Used', '10', null]],
  ['Usage', 'OnDemand', 'r', 'actual', ['Usage', false, null, '10', '10']],
  ['Usage', 'Reservation', 'r', 'amortized', ['Usage', false, 'Used', '0', '10']],
  ['Usage', 'SavingsPlan', 's', 'amortized', ['Usage', false, 'Used', '0', '10']],
  ['UnusedReservation', 'Reservation', 'r', 'amortized', ['Usage', false, 'Unused', '0', '10']],
  ['UnusedSavingsPlan', 'SavingsPlan', 's', 'amortized', ['Usage', false, 'Unused', '0', '10']],
  ['Purchase', 'Reservation', 'r', 'actual', ['Purchase', false, null, '10', '0']],
  ['Purchase', '', '', 'actual', ['Purchase', false, null, '10', '10']],
  ['Refund', 'Reservation', 'r', 'actual', ['Credit', true, null, '10', '0']],
  ['Refund', '', '', 'actual', ['Credit', true, null, '10', '10']],
  ['Tax', '', '', 'actual', ['Tax', false, null, '10', '10']],
  ['RoundingAdjustment', '', '', 'actual', ['Adjustment', false, null, '10', '10']],
  ['Gift', '', '', 'actual', undefined],
] as const)('%s, %s, commitment %j, %s', (type, model, commitment, view, expected) => {
  const charge = chargeOf(row(type, model, '10', commitment), view, false)
  expect(charge && [charge.category, charge.correction, charge.status, charge.billed, charge.effective]).toEqual(expected)
  // Money of an import is by file sums, whatever the ledger takes.
  if (charge) expect(charge.fileBilled).toBe('10')
})

test('where both exports are delivered, billed comes from one and effective from the other', () => {
  const sums = (view: View, rows: ReturnType<typeof row>[]) =>
    rows
      .map((one) => chargeOf(one, view, true)!)
      .reduce((sum, { billed, effective }) => [sum[0]! + +billed, sum[1]! + +(effective ?? 'NaN')], [0, 0])
  const onDemand = row('Usage', 'OnDemand', '5')
  const actual = [onDemand, row('Usage', 'Reservation', '0', 'r'), row('Purchase', 'Reservation', '300', 'r')]
  const amortized = [onDemand, row('Usage', 'Reservation', '7', 'r'), row('UnusedReservation', 'Reservation', '3', 'r')]
  expect([sums('actual', actual), sums('amortized', amortized)]).toEqual([
    [305, 0],
    [0, 15],
  ])
})

test.each([
  ['UnusedReservation', 'Reservation', '3', 'amortized'],
  ['Purchase', 'Reservation', '300', 'actual'],
  ['Refund', 'SavingsPlan', '-9', 'actual'],
  ['Usage', 'Reservation', '0.000', 'perhaps actual'],
  ['Usage', 'Reservation', '0.001', 'amortized'],
  ['Usage', 'OnDemand', '1', undefined],
  ['Purchase', 'OnDemand', '1', undefined],
] as const)('%s, %s at %s is seen as %s', (type, model, cost, expected) => {
  expect(viewSeen(row(type, model, cost, ''))).toBe(expected)
})

test.each([
  ['06/13/2026', 'month-first'],
  ['13/06/2026', 'day-first'],
  ['06/07/2026', 'unknown'],
  ['2026-06-07', 'iso'],
  ['', undefined],
] as const)('the date %j tells %s', (cell, order) => expect(dateOrderSeen(cell)).toBe(order))

test.each([
  ['6/7/2026', 'month-first', '2026-06-07'],
  ['6/7/2026', 'day-first', '2026-07-06'],
  ['06/07/2026 13:30', 'month-first', '2026-06-07 13:30'],
  ['20260607', 'month-first', '2026-06-07'],
  ['2026-06-07', 'day-first', '2026-06-07'],
] as const)('%s read %s is %s', (cell, order, iso) => expect(isoDate(cell, order)).toBe(iso))

test.each([
  ['CostInBillingCurrency', 'costinbillingcurrency'],
  ['costInBillingCurrency', 'costinbillingcurrency'],
  ['Cost In Billing Currency', 'costinbillingcurrency'],
  ['Abonnement-GUID (SubscriptionGuid)', 'subscriptionguid'],
  ['Coût (Cost)', 'cost'],
  ['Cost (USD)', 'cost'],
  ['費用', '費用'],
])('the header %s is %s', (header, name) => expect(azureName(header)).toBe(name))

test.each([
  ['1 Hour', 'Hours'],
  ['10 Hours', 'Hours'],
  ['1 1 Hour', 'Hours'],
  ['10K', '10K'],
  ['1 GB', 'GB'],
  ['1/Month', '/Month'],
  ['', null],
])('the unit %j counts %j', (unit, counted) => expect(unitOf(unit)).toBe(counted))

test('what stands inside cells', () => {
  expect(infoOf('{"ServiceType":"Standard_ND96","VMName":"vmss_1","VCPUs":96}')).toEqual({ vmName: 'vmss_1', serviceType: 'Standard_ND96' })
  expect(infoOf('"VmName": "vmss_2"')).toEqual({ vmName: 'vmss_2', serviceType: null })
  expect(infoOf('{"VMName": broken')).toEqual({ vmName: null, serviceType: null })
  expect(regionOf('US East')).toBe('useast')
  expect(regionOf('')).toBeNull()
  expect(new Date(periodEnd(Date.UTC(2026, 5, 30))).toISOString()).toBe('2026-07-01T00:00:00.000Z')
  expect(new Date(periodEnd(Date.UTC(2026, 6, 1))).toISOString()).toBe('2026-07-01T00:00:00.000Z')
})

const SURVEY: Survey = { view: 'actual', dates: 'month-first', assumed: false }

function mapped(more: Record<string, string>, survey = SURVEY, settings = {}) {
  const cells = { ...AZURE, ...more }
  const layout = layoutOf(Object.keys(cells), 'f.csv', settings)
  const mapper = new AzureMapper(layout, survey, { file: 'f.csv', currency: undefined, period: undefined, both: false })
  return mapper.map(Object.values(cells), 7)
}
function factOf(more: Record<string, string>, survey = SURVEY) {
  const got = mapped(more, survey)
  if (!('fact' in got)) throw new Error(got.reason)
  return got.fact
}

test.each([
  [{ CostInBillingCurrency: '' }, 'CostInBillingCurrency', '', 'empty'],
  [{ CostInBillingCurrency: '12,5' }, 'CostInBillingCurrency', '12,5', 'not a decimal number'],
  [{ CostInBillingCurrency: '1,234.50' }, 'CostInBillingCurrency', '1,234.50', 'not a decimal number'],
  [{ CostInBillingCurrency: `1${'0'.repeat(30)}` }, 'CostInBillingCurrency', `1${'0'.repeat(30)}`, 'not a decimal number'],
  [{ Quantity: 'many' }, 'Quantity', 'many', 'not a decimal number'],
  [{ Date: '' }, 'Date', '', 'empty'],
  [{ Date: '13/06/2026' }, 'Date', '13/06/2026', 'not a date and time'],
  [{ Date: '06/13/1826' }, 'Date', '06/13/1826', 'not between the years 2000 and 2100'],
  [{ ChargeType: 'Gift' }, 'ChargeType', 'Gift', 'not a charge type of Azure'],
  [{ ChargeType: 'constructor' }, 'ChargeType', 'constructor', 'not a charge type of Azure'],
  [{ BillingCurrencyCode: 'dollars' }, 'BillingCurrencyCode', 'dollars', 'not a currency code of capital letters'],
  [{ BillingCurrencyCode: '' }, 'BillingCurrencyCode', '', 'empty'],
  [{ BillingPeriodEndDate: '05/01/2026' }, 'BillingPeriodEndDate', '05/01/2026', 'before the period starts'],
  [{ Tags: '{' }, 'Tags', '{', 'not a JSON object'],
])('%j is rejected at its column', (more, column, value, reason) => {
  expect(mapped(more)).toMatchObject({ file: 'f.csv', line: 7, column, value, reason })
})

test('a reject keeps what could be read: its bill and its money', () => {
  expect(mapped({ Tags: '{', PricingModel: 'Reservation', ReservationId: 'r' })).toMatchObject({
    currency: 'USD',
    billed: '240.5',
    effective: null,
    billingAccount: 'ea-1',
    billingPeriod: '2026-06-01',
  })
})

test('a day of a machine', () => {
  const line = factOf({ Tags: '"team": "a","env": "b"', AdditionalInfo: '{"ServiceType":"Standard_ND96isr_H100_v5"}' })
  expect(line).toMatchObject({
    charge: { start: Date.UTC(2026, 5, 13), end: Date.UTC(2026, 5, 14) },
    billingPeriod: { start: Date.UTC(2026, 5, 1), end: Date.UTC(2026, 6, 1) },
    resourceId: '/subscriptions/sub-1/resourcegroups/gpu/providers/microsoft.compute/virtualmachines/node-1',
    resourceType: 'microsoft.compute/virtualmachines',
    instanceType: 'Standard_ND96isr_H100_v5',
    consumedUnit: 'Hours',
    chargeFrequency: 'Usage-Based',
    region: 'useast',
    tags: { team: 'a', env: 'b' },
  })
  const { billed, effective, list, contracted, consumedQuantity } = line
  expect([billed, effective, list, contracted, consumedQuantity].map(String)).toEqual(['240.5', '240.5', '288', '264', '24'])
})

test('prices in another currency than the bill price nothing', () => {
  const { list, contracted } = factOf({ pricingCurrency: 'EUR' })
  expect([list, contracted]).toEqual([null, null])
})

test('a node of a scale set is told from its fellows', () => {
  const set = '/subscriptions/s/resourceGroups/G/providers/Microsoft.Compute/virtualMachineScaleSets/aks-gpu-1-vmss'
  const line = factOf({ ResourceId: set, AdditionalInfo: '{"VMName":"aks-gpu-1-vmss_2"}' })
  expect([line.resourceId, line.resourceName]).toEqual([`${set.toLowerCase()}/virtualmachines/aks-gpu-1-vmss_2`, 'aks-gpu-1-vmss_2'])
})

test.each([
  ['ServiceName', 'Virtual Machines'],
  ['MeterCategory', 'Virtual Machines'],
  ['meterName', 'ND96isr H100 v5'],
  ['ProviderName', 'Microsoft'],
  ['InvoiceId', undefined],
  ['tag:team', 'a'],
  ['Nothing', undefined],
])('rules ask for %s and get %j', (name, expected) => expect(factOf({ Tags: '{"team":"a"}' }).column(name)).toBe(expected))

test('a line is the same whatever the case of its resource, and not in the other view', () => {
  const id = (more: Record<string, string>, survey = SURVEY) => factOf(more, survey).canonical
  expect(id({ ResourceId: AZURE.ResourceId!.toUpperCase() })).toBe(id({}))
  expect(id({ CostInBillingCurrency: '1' })).not.toBe(id({}))
  expect(id({}, { ...SURVEY, view: 'amortized' })).not.toBe(id({}))
})

test.each([
  [['BilledCost', 'Date'], 'not_azure'],
  [['Cost', 'BillingCurrency'], 'not_azure'],
  [['Cost', 'Date'], 'no_currency'],
  [['Cost', 'cost', 'Date', 'Currency'], 'bad_header'],
])('the header %j is refused as %s', (header, code) => {
  expect(() => layoutOf(header, 'f.csv', {})).toThrow(expect.objectContaining({ code }))
})

test('headers in other words can be named', () => {
  const settings = { columns: { Cost: 'Kosten', Date: 'Datum', Currency: 'Währung' } }
  expect(layoutOf(['Datum', 'Kosten', 'Währung'], 'f.csv', settings).at).toMatchObject({ cost: 1, date: 0, currency: 2 })
})
