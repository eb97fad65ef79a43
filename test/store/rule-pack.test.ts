import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { applyConfig } from '#lib/services/config/apply.ts'
import { reimportAll } from '#lib/services/import.ts'
import { openLineage } from '#lib/services/lineage.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { collectorFor } from '#collectors/registry.ts'
import { csvOf, USAGE, type Workshop, workshop } from '#test/support/bills.ts'
import { insertNode } from '#test/support/ledger-facts.ts'

const me = LOCAL_ADMINISTRATOR
const period = { from: '2026-06-01', to: '2026-07-01' }
let shop: Workshop
beforeAll(async () => {
  shop = await workshop()
  await insertNode(shop.context.db.pool, 'node-1', [{ kind: 'instance_id', alias: 'i-known' }])
  const line = (ServiceName: string, ResourceId: string, billed: string) => ({
    ...USAGE,
    ServiceName,
    ResourceId,
    BilledCost: billed,
    EffectiveCost: billed,
  })
  await shop.bring(
    csvOf([
      line('Amazon Simple Storage Service', 'bucket', '2'),
      line('Amazon Simple Storage Service', 'i-known', '3'),
      line('Amazon Elastic Compute Cloud', 'i-unknown', '5'),
      line('AmazonCloudWatch', 'log', '7'),
      line('AWS Step Functions', 'machine', '11'),
    ]),
  )
})
afterAll(() => shop.close())

const pack = async (
  rulePack: 'none' | 'default' | undefined,
  layers?: { ordinal: number; match: string; scope: 'in'; layer: '' | 'security' }[],
) => {
  const config = { file: 'denominator.yaml', reporting: { currency: 'USD', timezone: 'UTC' }, sources: [], rulePack, layers }
  const applied = await applyConfig(me, shop.context.db, config, shop.context.now)
  if (applied.rulesChanged) await reimportAll(me, shop.context, collectorFor)
  await reconcileDays(me, shop.context)
  const { rows } = await reportTco(me, shop.context, period)
  return Object.fromEntries(rows.map(({ layer, amount }) => [layer, amount]))
}

test('without the pack nothing is placed, with it the usual services are, and a known node stays GPU compute', async () => {
  expect(await pack(undefined)).toEqual({ gpu_compute: '3', unassigned: '25' })
  expect(await pack('default')).toEqual({ gpu_compute: '3', supporting: '13', observability: '7', unassigned: '5' })
})

test('the operator’s rules go first', async () => {
  const layers = [{ ordinal: 1, match: 'ServiceName=AWS Step*', scope: 'in', layer: 'security' } as const]
  expect(await pack('default', layers)).toEqual({ gpu_compute: '3', supporting: '2', security: '11', observability: '7', unassigned: '5' })
})

test('lineage names the rule', async () => {
  const { rows } = await reportTco(me, shop.context, period)
  const rule = async (layer: string) => {
    const { sources } = await openLineage(me, shop.context, { id: rows.find((row) => row.layer === layer)!.id })
    return sources[0]!.detail
  }
  expect(JSON.stringify(await rule('observability'))).toContain('default pack, aws.amazoncloudwatch: ServiceName=AmazonCloudWatch*')
  expect(JSON.stringify(await rule('security'))).toContain('1: ServiceName=AWS Step*')
  expect(JSON.stringify(await rule('unassigned'))).not.toContain('rule')
})

test('a node named later takes its usage back from the pack', async () => {
  const { pool } = shop.context.db
  await insertNode(pool, 'node-2', [{ kind: 'resource_id', alias: 'bucket' }])
  await reconcileDays(me, shop.context, period)
  const { rows } = await reportTco(me, shop.context, period)
  expect(Object.fromEntries(rows.map(({ layer, amount }) => [layer, amount]))).toEqual({
    gpu_compute: '5',
    security: '11',
    observability: '7',
    unassigned: '5',
  })
})

test('`none` takes it back', async () => {
  expect(await pack('none')).toEqual({ gpu_compute: '5', security: '11', unassigned: '12' })
})
