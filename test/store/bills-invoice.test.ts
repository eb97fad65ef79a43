import { afterEach, beforeEach, expect, test } from 'vitest'
import { invoiceCsv } from '#collectors/bills/invoice-csv/index.ts'
import { reconcile } from '#lib/reconcile/engine.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import { type Workshop, workshop } from '#test/support/bills.ts'
import { insertNode } from '#test/support/ledger-facts.ts'

let shop: Workshop
beforeEach(async () => {
  shop = await workshop(invoiceCsv)
})
afterEach(() => shop.close())
const run = () => reconcile(shop.context.db, { now: shop.context.now, currency: 'USD', timezone: 'UTC' })
const violations = async () => (await check(LOCAL_ADMINISTRATOR, shop.context)).violations

test('a GPU cloud’s invoice becomes the cost of its nodes, half hours included', async () => {
  await insertNode(shop.context.db.pool, 'n1', [{ kind: 'resource_id', alias: 'Pod-1' }], 'east')
  const content = [
    'time,podId,amount,hours',
    '2026-06-01T00:00:00Z,pod-1,2.79,1',
    '2026-06-01T01:00:00Z,pod-1,1.395,0.5',
    '2026-06-01T02:00:00Z,pod-2,2.79,1',
    '2026-06-01T03:00:00Z,pod-1,"2,79",1',
  ].join('\n')
  const settings = {
    columns: { charge_start: 'time', cost: 'amount', resource: 'podId', quantity: 'hours' },
    defaults: { currency: 'USD', unit: 'hours', account: 'runpod' },
    span: 'hour',
  }
  const [result] = await shop.bring(content, { settings })
  expect(result).toMatchObject({
    kind: 'invoice-csv',
    dialect: 'csv',
    account: 'runpod',
    period: '2026-06',
    rows: { read: 4, accepted: 3, quarantined: 1, excluded: 0 },
    unreadable: 1,
    rejects: [{ line: 5, column: 'amount', value: '2,79', reason: 'not a decimal number' }],
  })
  expect(result?.money[0]).toMatchObject({ currency: 'USD', column: 'billed', read: '6.975', accepted: '6.975', quarantined: '0' })
  await run()
  const layers = await ledgerSums(shop.context.db, { measures: ['cost'], from: '2026-06-01', to: '2026-06-02', by: ['layer'] })
  expect(layers.map(({ layer, billed, effective }) => [layer, billed, effective])).toEqual([
    ['gpu_compute', '4.185', '4.185'],
    ['unassigned', '2.79', '2.79'],
  ])
  const [cost] = await shop.rows(
    'SELECT billed_mask[1]::text AS first, billed_mask[2]::text AS second, billed_mask[3]::text AS third FROM node_day_cost',
  )
  expect(cost).toEqual({ first: String(2n ** 60n - 1n), second: String(2n ** 30n - 1n), third: '0' })
  expect(await violations()).toEqual([])
})

test('an LLM API vendor’s bill in two currencies, with a rule by its own column', async () => {
  await shop.rules([['project=eval*', 'in', 'lifecycle']])
  const content = 'day,cost,currency,tokens,project\n2026-06-01,1.5,USD,1000,eval-a\n2026-06-01,2.5,EUR,2000,chat\n'
  const settings = { charge_start: 'day', cost: 'cost', currency: 'currency', quantity: 'tokens', defaults: { service: 'Models' } }
  const [result] = await shop.bring(content, { settings })
  expect(result?.money.filter(({ column }) => column === 'billed').map(({ currency, read }) => [currency, read])).toEqual([
    ['EUR', '2.5'],
    ['USD', '1.5'],
  ])
  expect(await shop.rows('SELECT layer, service_name FROM bill_line ORDER BY line')).toEqual([
    { layer: 'lifecycle', service_name: 'Models' },
    { layer: null, service_name: 'Models' },
  ])
  expect((await shop.bring(content, { settings }))[0]?.unchanged).toBe(true)
  // The same bytes under another declaration say something else.
  expect((await shop.bring(content, { settings: { ...settings, defaults: { service: 'LLM' } } }))[0]).toMatchObject({
    unchanged: false,
    version: 2,
  })
  expect(await shop.rows('SELECT DISTINCT service_name FROM bill_line WHERE to_seq IS NULL')).toEqual([{ service_name: 'LLM' }])
  expect(await violations()).toEqual([])
})
