import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { gcpBilling } from '#collectors/bills/gcp-billing/index.ts'
import { Money } from '#lib/domain/money.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import { importFile } from '#lib/services/import.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { type Cells, type Workshop, workshop } from '#test/support/bills.ts'
import { gcpCsv, gcpObject } from '#test/support/cloud-bills.ts'
import { insertNode } from '#test/support/ledger-facts.ts'

let shop: Workshop
beforeEach(async () => {
  shop = await workshop(gcpBilling)
})
afterEach(() => shop.close())

const PROMOTION = '{"name":"Trial","amount":-3,"type":"PROMOTION"}'
const COMMITTED = '{"name":"CUD","amount":-20.5,"type":"COMMITTED_USAGE_DISCOUNT"}'
const ROWS: Cells[] = [
  { credits: `[${COMMITTED},${PROMOTION}]` },
  { usage_start_time: '2026-06-10 01:00:00 UTC', usage_end_time: '2026-06-10 02:00:00 UTC', cost: '8e1' },
  { 'resource.global_name': '', 'resource.name': '', 'sku.description': 'Commitment v1: Gpu', cost: '24' },
  { 'resource.global_name': '', 'resource.name': '', cost_type: 'tax', cost: '12', 'usage.amount': '' },
]

async function layers(basis: 'billed' | 'effective') {
  const report = await reportTco(LOCAL_ADMINISTRATOR, shop.context, { from: '2026-06-01', to: '2026-07-01', by: ['layer'], basis })
  return Object.fromEntries(report.rows.filter(({ amount }) => amount !== '0').map(({ layer, amount }) => [layer, amount]))
}

test('from the export to the ledger: the machine’s hours, its rate credits, the promotion apart', async () => {
  await insertNode(shop.context.db.pool, 'n1', [{ kind: 'instance_id', alias: '4711' }], 'east')
  const [result] = await shop.bring(gcpCsv(ROWS))
  expect(result).toMatchObject({ dialect: 'detailed', rows: { read: 4, accepted: 4, quarantined: 0, excluded: 0 } })
  expect(result!.money.map(({ column, accepted }) => [column, accepted])).toEqual([
    ['billed', '172.5'],
    ['effective', '172.5'],
  ])
  await reconcileDays(LOCAL_ADMINISTRATOR, shop.context)
  const expected = { gpu_compute: '139.5', credits: '-3', commitment_purchase: '24', tax: '12' }
  expect(await layers('effective')).toEqual(expected)
  expect(await layers('billed')).toEqual(expected)
  expect((await check(LOCAL_ADMINISTRATOR, shop.context)).violations).toEqual([])
})

test('JSON lines, a list, pretty-printed objects and Parquet hold the same bill', async () => {
  const objects = ROWS.map((row) => gcpObject(row))
  await shop.bring(objects.map((one) => JSON.stringify(one)).join('\n'), { name: 'lines.json' })
  for (const text of [JSON.stringify(objects), objects.map((one) => JSON.stringify(one, null, 2)).join('')]) {
    const results = await shop.bring(text, { name: 'other.json' })
    expect(results.map(({ unchanged }) => unchanged)).toEqual([true])
  }
  const file = path.join(shop.dir, 'made.parquet')
  const duck = await (await DuckDBInstance.create(':memory:')).connect()
  await duck.run(`COPY (SELECT * FROM read_json_auto('${shop.dir}/lines.json')) TO '${file}' (FORMAT parquet)`)
  const [parquet] = await shop.bring(readFileSync(file), { name: 'bill.parquet' })
  expect(parquet).toMatchObject({ dialect: 'detailed parquet', rows: { read: 4, accepted: 4 } })
  expect(parquet!.money.map(({ accepted }) => accepted)).toEqual(['172.5', '172.5'])
  expect(await shop.rows("SELECT count(*)::int AS lines FROM bill_line WHERE to_seq IS NULL AND tags->>'team' = 'a'")).toEqual([
    { lines: 5 },
  ])
})

test('a row out of scope takes its promotion with it, and counts once', async () => {
  await shop.rules([['ServiceName=Compute Engine', 'out', '']])
  const [result] = await shop.bring(gcpCsv([{ credits: `[${PROMOTION}]` }, { 'service.description': 'Vertex AI' }]))
  expect(result).toMatchObject({ rows: { read: 2, accepted: 1, quarantined: 0, excluded: 1 } })
  expect(result!.money[0]).toMatchObject({ read: '157', accepted: '80', excluded: '77' })
})

test('the standard export names machines by a label', async () => {
  await insertNode(shop.context.db.pool, 'n1', [{ kind: 'instance_id', alias: 'node-7' }], 'east')
  const row = { 'resource.global_name': '', 'resource.name': '', labels: '[{"key":"node","value":"node-7"}]' }
  await shop.bring(gcpCsv([row]), { settings: { resource_label: 'node' } })
  await reconcileDays(LOCAL_ADMINISTRATOR, shop.context)
  expect(await layers('effective')).toEqual({ gpu_compute: '80' })
})

test('the same account and month from another source is refused; from this one it replaces', async () => {
  await shop.bring(gcpCsv(ROWS))
  const [second] = await shop.bring(gcpCsv([...ROWS, { cost: '1' }]), { name: 'restated.csv' })
  expect(second?.version).toBe(2)
  const { sourceId } = await shop.context.db.prisma.source.create({ data: { name: 'other', kind: 'gcp-billing' } })
  const source = { sourceId, name: 'other', kind: 'gcp-billing', settings: {} }
  await expect(
    importFile(LOCAL_ADMINISTRATOR, shop.context, gcpBilling, source, { path: `${shop.dir}/restated.csv` }),
  ).rejects.toMatchObject({
    code: 'counted_twice',
  })
})

const refused: [why: string, content: string | Buffer, code: string][] = [
  ['another bill', 'BilledCost,ChargePeriodStart\n1,2\n', 'not_gcp'],
  ['semicolons', 'cost;currency;usage_start_time\n1;USD;2\n', 'wrong_delimiter'],
  ['no currency', 'cost,usage_start_time,usage_end_time\n1,2026-06-01,2026-06-02\n', 'no_currency'],
  ['empty', '', 'empty_file'],
  ['JSON of something else', '{"a":1}\n{"a":2}\n', 'no_readable_row'],
  ['no Parquet', 'PAR1 but not really PAR1', 'bad_parquet'],
]
test.each(refused)('a file that is refused: %s', async (_, content, code) => {
  await expect(shop.bring(content)).rejects.toMatchObject({ code })
  expect(await shop.rows('SELECT count(*)::int AS lines FROM bill_line')).toEqual([{ lines: 0 }])
})

test('read = accepted + quarantined + excluded in rows and money, whatever is broken, in CSV and JSON', async () => {
  await shop.rules([['ServiceName=Storage', 'out', '']])
  const broken = fc.record({
    row: fc.nat(),
    column: fc.constantFrom(
      'cost',
      'usage_end_time',
      'labels',
      'currency',
      'service.description',
      'billing_account_id',
      'cost_type',
      'credits',
      'invoice.month',
    ),
    value: fc.constantFrom(
      '',
      'x',
      '12,5',
      'Storage',
      '-3.5',
      '[]',
      'EUR',
      'tax',
      '1e-20',
      `[${PROMOTION}]`,
      `[${COMMITTED},${PROMOTION}]`,
      '202607',
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 8 }), fc.array(broken, { maxLength: 6 }), fc.boolean(), async (count, faults, json) => {
      await shop.rows('TRUNCATE bill_line, bill_excluded_day, batch, delivery, quarantine')
      const rows: Record<string, string>[] = Array.from({ length: count }, (_, i) => ({ 'sku.id': `s${i}` }))
      for (const { row, column, value } of faults) rows[row % count]![column] = value
      const content = json ? rows.map((row) => JSON.stringify(gcpObject(row))).join('\n') : gcpCsv(rows)
      const results = await shop.bring(content).catch((error: { code?: string }) => {
        expect(error.code).toBe('no_readable_row')
        return null
      })
      if (!results) return
      expect(results.reduce((sum, { rows: n }) => sum + n.read, 0)).toBe(count)
      for (const { rows: n, money } of results) {
        expect(n.read).toBe(n.accepted + n.quarantined + n.excluded)
        for (const m of money)
          expect(new Money(m.accepted).plus(m.quarantined).plus(m.excluded).toFixed()).toBe(new Money(m.read).toFixed())
      }
      const stored = await shop.rows<{ billed: string }>(
        'SELECT coalesce((SELECT sum(billed) FROM bill_line), 0) + coalesce((SELECT sum(billed) FROM bill_excluded_day), 0) AS billed',
      )
      const kept = results.flatMap(({ money }) =>
        money.filter(({ column }) => column === 'billed').flatMap((m) => [m.accepted, m.excluded]),
      )
      expect(new Money(stored[0]!.billed).toFixed()).toBe(Money.sum(0, ...kept).toFixed())
    }),
    { numRuns: 40 },
  )
})
