import { afterEach, beforeEach, expect, test } from 'vitest'
import { owned } from '#collectors/bills/owned/index.ts'
import { reconcile } from '#lib/reconcile/engine.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import { type Workshop, workshop } from '#test/support/bills.ts'
import { insertNode } from '#test/support/ledger-facts.ts'

let shop: Workshop
beforeEach(async () => {
  shop = await workshop(owned)
  const gpus = ['GPU-a', 'GPU-b'].map((alias) => ({ kind: 'gpu_uuid', alias }))
  await insertNode(shop.context.db.pool, 'Rack-1', gpus as never, 'cellar')
})
afterEach(() => shop.close())

/** Two months of 30000 − 1000, and 100 a month for the rack. */
const file = (more: { price?: string; from?: string; node?: string } = {}) => `
assets:
  - node: ${more.node ?? 'rack-1'}
    price: ${more.price ?? '30000'}
    salvage: 1000
    currency: USD
    in_service: ${more.from ?? '2026-05-31'}
    months: 2
    monthly:
      - { what: rack, amount: 100, layer: supporting }
`
const bring = (content: string, confirm = false) => shop.bring(content, { name: 'owned.yaml', options: { confirm } })
const run = () => reconcile(shop.context.db, { now: shop.context.now, currency: 'USD', timezone: 'UTC' })
const days = (layer: string, to = '2027-01-01') =>
  ledgerSums(shop.context.db, { measures: ['cost'], from: '2026-01-01', to, by: ['day'], where: { layer } })
const violations = async () => (await check(LOCAL_ADMINISTRATOR, shop.context)).violations

test('each day bears its part; the price is billed on the first', async () => {
  const [result] = await bring(file())
  // 61 days, 31 May to 30 July: a last day of 31, all of June, and all of July but such a last day
  expect(result).toMatchObject({
    kind: 'owned',
    account: 'owned',
    status: 'final',
    rows: { read: 5, accepted: 5, quarantined: 0, excluded: 0 },
  })
  expect(result?.money).toMatchObject([
    { currency: 'USD', column: 'billed', accepted: '30200' },
    { currency: 'USD', column: 'effective', accepted: '29200' },
  ])
  await run()
  const hardware = await days('gpu_compute')
  expect([hardware.length, hardware[0]?.day, hardware.at(-1)?.day]).toEqual([61, '2026-05-31', '2026-07-30'])
  // 29000 ÷ 61 = 475.409836065573 and 47 units of 1e-12, one to each of the first 47 days
  expect(hardware.map(({ billed, effective }) => `${billed} ${effective}`)).toEqual(
    Array.from({ length: 61 }, (_, i) => `${i === 0 ? '30000' : '0'} ${i < 47 ? '475.409836065574' : '475.409836065573'}`),
  )
  const rack = await days('supporting')
  expect([rack[0]?.effective, rack[1]?.effective, rack[31]?.effective, rack[60]?.billed]).toEqual([
    '3.225806451612', // the last of May's 31 parts: 28 units went to the first 28 days
    '3.333333333334',
    '3.225806451613',
    '3.225806451612',
  ])
  expect(await violations()).toEqual([])
})

test('every minute in service is a billed minute of the node of that name', async () => {
  await bring(file())
  await run()
  const rows = await ledgerSums(shop.context.db, {
    measures: ['gpu_minutes'],
    from: '2026-05-01',
    to: '2026-06-03',
    by: ['day', 'item', 'cluster'],
  })
  expect(rows.map(({ day, item, cluster, quantity }) => [day, item, cluster, quantity])).toEqual(
    ['2026-05-31', '2026-06-01', '2026-06-02'].map((day) => [day, 'dark', 'cellar', '2880']),
  )
  expect(rows[1]?.effective).toBe('475.409836065574')
})

test('an alias comes before a name', async () => {
  await insertNode(shop.context.db.pool, 'other', [{ kind: 'resource_id', alias: 'rack-1' }], 'attic')
  await bring(file())
  await run()
  const rows = await ledgerSums(shop.context.db, { measures: ['cost'], from: '2026-06-01', to: '2026-06-02', by: ['cluster'] })
  expect(rows.map(({ cluster }) => cluster)).toEqual(['attic'])
})

test('the layer of the file stands, whatever rules say; rules may put it out of scope', async () => {
  await shop.rules([['ServiceName=*', 'in', 'observability']])
  await bring(file())
  expect(await shop.rows('SELECT layer, count(*)::int AS lines FROM bill_line GROUP BY 1 ORDER BY 1')).toEqual([
    { layer: 'gpu_compute', lines: 2 },
    { layer: 'supporting', lines: 3 },
  ])
  await shop.rules([['ResourceId=rack-*', 'out', '']])
  expect((await bring(file({ price: '30001' }), true))[0]?.rows).toMatchObject({ accepted: 0, excluded: 5 })
})

test('a changed file restates the whole: other dates leave nothing behind', async () => {
  await bring(file())
  await run()
  expect((await bring(file()))[0]).toMatchObject({ unchanged: true, version: 1 })
  expect((await bring(file({ price: '31000', from: '2026-09-01' })))[0]).toMatchObject({ version: 2, unchanged: false })
  await run()
  const hardware = await days('gpu_compute')
  expect([hardware.length, hardware[0]?.day, hardware[0]?.billed]).toEqual([61, '2026-09-01', '31000'])
  expect(await violations()).toEqual([])
})

test('a fault anywhere refuses the file whole, with its line', async () => {
  await expect(bring(file({ price: 'dear' }))).rejects.toThrow('`assets.0.price`: `dear` is not an amount')
  expect(await shop.rows('SELECT count(*)::int AS lines FROM bill_line')).toEqual([{ lines: 0 }])
  expect((await shop.rows('SELECT last_error FROM source'))[0]?.last_error).toMatch(/^owned.yaml:4: /)
})
