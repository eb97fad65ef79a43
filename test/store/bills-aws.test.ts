import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { awsCur } from '#collectors/bills/aws-cur/index.ts'
import { focus } from '#collectors/bills/focus/index.ts'
import { reconcile } from '#lib/reconcile/engine.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import { importFile, reimportAll } from '#lib/services/import.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { type Cells, csvOf, USAGE, type Workshop, workshop } from '#test/support/bills.ts'
import { CUR_USAGE, legacy, mapped } from '#test/support/cur.ts'
import { insertNode } from '#test/support/ledger-facts.ts'

const PLAN = 'arn:aws:savingsplans::1:savingsplan/sp-1'
const hour = (h: number) => new Date(Date.UTC(2026, 5, 1, h)).toISOString().replace('.000', '')

/** Two hours of a fleet: a machine on demand, one under a plan, the plan's fee a quarter unused, tax, credit, refund; another team's bucket. */
function curRows(): Cells[] {
  const rows: Cells[] = []
  const add = (h: number, more: Cells) =>
    rows.push({
      ...CUR_USAGE,
      resource_tags_user_team: '',
      identity_line_item_id: `id-${rows.length}`,
      line_item_usage_start_date: hour(h),
      line_item_usage_end_date: hour(h + 1),
      ...more,
    })
  const plan = { line_item_usage_type: 'BoxUsage:p4d.24xlarge', product_instance_type: 'p4d.24xlarge', savings_plan_savings_plan_arn: PLAN }
  const none = { line_item_resource_id: '', product_instance_type: '', pricing_public_on_demand_cost: '' }
  for (const h of [0, 1]) {
    add(h, { resource_tags_user_team: 'inference' })
    add(h, {
      ...plan,
      line_item_line_item_type: 'SavingsPlanCoveredUsage',
      line_item_resource_id: 'i-0def',
      line_item_unblended_cost: '32.7726',
      savings_plan_savings_plan_effective_cost: '15.000000000001',
      resource_tags_user_team: 'inference',
    })
    add(h, { ...plan, ...none, line_item_line_item_type: 'SavingsPlanNegation', line_item_unblended_cost: '-32.7726' })
    add(h, {
      ...none,
      line_item_line_item_type: 'SavingsPlanRecurringFee',
      line_item_usage_type: 'ComputeSP:3yrNoUpfront',
      line_item_unblended_cost: '20',
      product_product_name: 'Savings Plans for AWS Compute usage',
      savings_plan_savings_plan_arn: PLAN,
      savings_plan_total_commitment_to_date: '20',
      savings_plan_used_commitment: '15.000000000001',
    })
    add(h, {
      line_item_resource_id: 'models-bucket',
      line_item_unblended_cost: '1.37',
      product_product_name: 'Amazon Simple Storage Service',
      product_instance_type: '',
      resource_tags_user_team: h === 0 ? 'web' : 'inference',
      pricing_unit: 'GB-Mo',
    })
  }
  const month = { line_item_usage_start_date: hour(0), line_item_usage_end_date: '2026-07-01T00:00:00Z' }
  add(0, { ...none, ...month, line_item_line_item_type: 'Tax', line_item_unblended_cost: '31' })
  add(0, { ...none, line_item_line_item_type: 'Credit', line_item_unblended_cost: '-3.5' })
  add(1, { ...none, line_item_line_item_type: 'Refund', line_item_unblended_cost: '-1.25' })
  return rows
}

/** The same two hours as a FOCUS export tells them. */
function focusRows(): Cells[] {
  const rows: Cells[] = []
  const base = {
    ...USAGE,
    BillingAccountId: '111122223333',
    CommitmentDiscountId: '',
    CommitmentDiscountStatus: '',
    ConsumedUnit: 'Hrs',
    x_InstanceType: '',
  }
  const add = (h: number, billed: string, effective: string, more: Cells) =>
    rows.push({ ...base, ChargePeriodStart: hour(h), ChargePeriodEnd: hour(h + 1), BilledCost: billed, EffectiveCost: effective, ...more })
  const compute = { ServiceName: 'Amazon Elastic Compute Cloud', Tags: '{"user:team":"inference"}' }
  const none = { ResourceId: '', ConsumedQuantity: '', ConsumedUnit: '' }
  for (const h of [0, 1]) {
    add(h, '98.32', '98.32', { ...compute, ResourceId: 'i-0abc', x_InstanceType: 'p5.48xlarge' })
    add(h, '0', '15.000000000001', {
      ...compute,
      ResourceId: 'i-0def',
      x_InstanceType: 'p4d.24xlarge',
      CommitmentDiscountId: PLAN,
      CommitmentDiscountStatus: 'Used',
    })
    add(h, '20', '0', { ...none, ChargeCategory: 'Purchase', CommitmentDiscountId: PLAN })
    add(h, '0', '4.999999999999', { ...none, CommitmentDiscountId: PLAN, CommitmentDiscountStatus: 'Unused' })
    const team = h === 0 ? 'web' : 'inference'
    add(h, '1.37', '1.37', { ServiceName: 'Amazon Simple Storage Service', ResourceId: 'models-bucket', Tags: `{"user:team":"${team}"}` })
  }
  add(0, '31', '31', { ...none, ChargeCategory: 'Tax', ChargePeriodEnd: '2026-07-01T00:00:00Z' })
  add(0, '-3.5', '-3.5', { ...none, ServiceName: 'Amazon Elastic Compute Cloud', ChargeCategory: 'Credit' })
  add(1, '-1.25', '-1.25', { ...none, ServiceName: 'Amazon Elastic Compute Cloud', ChargeCategory: 'Credit', ChargeClass: 'Correction' })
  return rows
}

const RULES: [string, string, string][] = [
  ['tag:team=web', 'out', ''],
  ['ServiceName=Amazon Simple Storage Service', 'in', 'supporting'],
]
const NODES = [
  ['h100', 'i-0abc'],
  ['a100', 'i-0def'],
] as const

let shop: Workshop
const open = async (kind: typeof awsCur | typeof focus) => {
  shop = await workshop(kind as typeof focus)
  for (const [name, alias] of NODES) await insertNode(shop.context.db.pool, name, [{ kind: 'instance_id', alias }], 'east')
}
const run = () => reconcile(shop.context.db, { now: shop.context.now, currency: 'USD', timezone: 'UTC' })
const violations = async () => (await check(LOCAL_ADMINISTRATOR, shop.context)).violations

/** Everything that the two steps of bills posted, but for which delivery it came from. */
const ledger = () =>
  ledgerSums(shop.context.db, {
    measures: ['cost', 'outside', 'gpu_minutes'],
    from: '2026-06-01',
    to: '2026-07-01',
    by: ['day', 'measure', 'layer', 'item', 'charge_category', 'cluster', 'currency', 'billing_account', 'evidence'],
  })

async function parquetOf(rows: Cells[]): Promise<Buffer> {
  const target = path.join(shop.dir, 'cur.parquet')
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const names = Object.keys(rows[0]!)
  const literal = (text: string) => (text === '' ? 'NULL' : `'${text.replaceAll("'", "''")}'`)
  const values = rows.map((row) => `(${names.map((name) => literal(row[name]!)).join(', ')})`).join(', ')
  const types: Record<string, string> = {
    product: 'CAST(CAST(product AS JSON) AS MAP(VARCHAR, VARCHAR))',
    resource_tags: 'CAST(CAST(resource_tags AS JSON) AS MAP(VARCHAR, VARCHAR))',
    line_item_usage_start_date: 'CAST(line_item_usage_start_date AS TIMESTAMP)',
    line_item_unblended_cost: 'CAST(line_item_unblended_cost AS DECIMAL(38, 12))',
  }
  const list = names.map((name) => (types[name] ? `${types[name]} AS ${name}` : name)).join(', ')
  await connection.run(`COPY (SELECT ${list} FROM (VALUES ${values}) AS t(${names.join(', ')})) TO '${target}' (FORMAT parquet)`)
  connection.closeSync()
  return readFileSync(target)
}

afterEach(() => shop.close())

describe('one bill in every format', () => {
  let truth: Awaited<ReturnType<typeof ledger>>
  let tco: unknown
  const report = async () => {
    const { rows, totals } = await reportTco(LOCAL_ADMINISTRATOR, shop.context, { from: '2026-06-01', to: '2026-07-01' })
    return [rows.map((row) => ({ ...row, id: '' })), totals]
  }
  beforeEach(async () => {
    await open(focus)
    await shop.rules(RULES)
    await shop.bring(csvOf(focusRows()))
    await run()
    ;[truth, tco] = [await ledger(), await report()]
    await shop.close()
    await open(awsCur)
    await shop.rules(RULES)
  })

  for (const [format, content] of [
    ['legacy CSV', async () => csvOf(curRows().map(legacy))],
    ['legacy, compressed', async () => gzipSync(csvOf(curRows().map(legacy)))],
    ['2.0 CSV with JSON maps', async () => csvOf(curRows().map(mapped))],
    ['2.0 Parquet with maps', async () => parquetOf(curRows().map(mapped))],
  ] as const)
    test(`${format} gives the ledger that FOCUS gives`, async () => {
      const [result] = await shop.bring(await content(), { name: 'cur' })
      expect(result).toMatchObject({ rows: { read: 13, accepted: 12, quarantined: 0, excluded: 1 }, status: 'provisional' })
      // 2 × (98.32 + 32.7726 − 32.7726 + 20 + 1.37) + 31 − 3.5 − 1.25, of which one 1.37 is another team's
      expect(result?.money).toEqual([
        { currency: 'USD', column: 'billed', read: '265.63', accepted: '264.26', quarantined: '0', excluded: '1.37' },
        { currency: 'USD', column: 'effective', read: '265.63', accepted: '264.26', quarantined: '0', excluded: '1.37' },
      ])
      await run()
      expect(await ledger()).toEqual(truth)
      expect(await report()).toEqual(tco)
      expect(await violations()).toEqual([])
    })

  test('that ledger is not empty, and holds the plan', async () => {
    const by = (layer: string) =>
      truth.filter((row) => row.layer === layer && row.measure === 'cost').map((row) => [row.billed, row.effective])
    // the fleet's part of the first day: 227.01 of 228.38 of all usage
    expect(by('gpu_compute')).toEqual([['196.64', '226.640000000002']])
    expect(by('supporting')).toEqual([['1.37', '1.37']])
    expect(truth.filter((row) => row.layer === 'unused_commitment').map((row) => row.effective)).toHaveLength(2)
    expect(truth.filter((row) => row.layer === 'commitment_purchase').map((row) => row.effective)).toEqual(['0', '0'])
    await shop.bring(csvOf(curRows().map(legacy)))
  })
})

describe('a report of its own', () => {
  beforeEach(() => open(awsCur))

  test('the same rows numbered anew, reordered and compressed are unchanged', async () => {
    await shop.bring(csvOf(curRows()))
    const again = curRows()
      .reverse()
      .map((row, i) => ({ ...row, identity_line_item_id: `other-${i}` }))
    expect((await shop.bring(gzipSync(csvOf(again)), { name: 'x.gz' }))[0]).toMatchObject({ unchanged: true, version: 1 })
  })

  test('a restatement replaces both charges of a fee, and keeps what stayed', async () => {
    await shop.bring(csvOf(curRows()))
    const rows = curRows().map((row) =>
      row.line_item_line_item_type === 'SavingsPlanRecurringFee' && row.line_item_usage_start_date === hour(1)
        ? { ...row, savings_plan_used_commitment: '14' }
        : row,
    )
    expect((await shop.bring(csvOf(rows)))[0]).toMatchObject({ version: 2, rows: { read: 13, accepted: 13 } })
    expect(
      await shop.rows(
        `SELECT to_seq IS NULL AS current, count(*)::int AS lines, count(*) FILTER (WHERE ordinal < 0)::int AS beside FROM bill_line GROUP BY 1 ORDER BY 1`,
      ),
    ).toEqual([
      { current: false, lines: 2, beside: 1 },
      { current: true, lines: 15, beside: 2 },
    ])
    await run()
    expect(await violations()).toEqual([])
  })

  test('the other generation of the same bill is refused, in this source and in another; other months are welcome', async () => {
    await shop.bring(csvOf(curRows().map(legacy)))
    const before = await shop.rows('SELECT count(*)::int AS lines, sum(billed)::text AS billed FROM bill_line WHERE to_seq IS NULL')
    const said = /account 111122223333 for 2026-06 is already here from the source bills \(legacy\): with this file it would count twice/
    await expect(shop.bring(csvOf(curRows().map(mapped)), { name: 'cur2.csv' })).rejects.toThrow(said)
    await expect(shop.bring(csvOf(curRows().map(mapped)), { name: 'cur2.csv', options: { confirm: true } })).rejects.toThrow(said)
    const other = await shop.context.db.prisma.source.create({ data: { name: 'aws-2', kind: 'aws-cur' } })
    const source = { sourceId: other.sourceId, name: 'aws-2', kind: 'aws-cur', settings: {} }
    const again = importFile(LOCAL_ADMINISTRATOR, shop.context, awsCur, source, { path: path.join(shop.dir, 'cur2.csv') })
    await expect(again).rejects.toThrow(said)
    expect(await shop.rows('SELECT count(*)::int AS lines, sum(billed)::text AS billed FROM bill_line WHERE to_seq IS NULL')).toEqual(
      before,
    )
    const july = curRows().map((row) => ({ ...row, bill_billing_period_start_date: '2026-07-01' }))
    expect(await shop.bring(csvOf(july.map(mapped)), { name: 'cur2-july.csv' })).toMatchObject([{ period: '2026-07', dialect: '2.0' }])
    expect(await violations()).toEqual([])
  })

  test('invoice numbers close it, age does not', async () => {
    expect((await shop.bring(csvOf(curRows()), { now: '2027-06-01' }))[0]?.status).toBe('provisional')
    const numbered = curRows().map((row) => ({ ...row, bill_invoice_id: '42' }))
    expect((await shop.bring(csvOf(numbered)))[0]).toMatchObject({ status: 'final', version: 2 })
  })

  test('negations count as accepted even where every rule says out', async () => {
    await shop.rules([['BillingAccountId=*', 'out', '']])
    const [result] = await shop.bring(csvOf(curRows()))
    expect(result?.rows).toEqual({ read: 13, accepted: 2, quarantined: 0, excluded: 11 })
    // the file's own sums: −2 × 32.7726 accepted, of which the ledger takes nothing
    expect(result?.money[0]).toEqual({
      currency: 'USD',
      column: 'billed',
      read: '265.63',
      accepted: '-65.5452',
      quarantined: '0',
      excluded: '331.1752',
      ledger: '0',
    })
    await run()
    expect(await violations()).toEqual([])
  })

  test.each([
    ['CommitmentDiscountStatus=Unused', { accepted: 13, excluded: 0 }, '9.999999999998', 'the row is its fee, which stays'],
    ['ChargeCategory=Purchase', { accepted: 11, excluded: 2 }, '0', 'the unused part stays where its fee goes'],
  ])('a later rule %s moves one charge of a row: %s', async (match, rows, excluded) => {
    await shop.bring(csvOf(curRows()))
    await shop.rules([[match, 'out', '']])
    const [result] = await reimportAll(LOCAL_ADMINISTRATOR, shop.context, () => awsCur)
    expect(result?.rows).toEqual({ read: 13, quarantined: 0, ...rows })
    expect(result?.money[1]).toMatchObject({ column: 'effective', read: '265.63', excluded })
    await run()
    expect(await violations()).toEqual([])
  })

  test('what negations take away beyond the covered usage stays, as an exception', async () => {
    const rows = curRows().filter(
      (row) => row.line_item_line_item_type !== 'SavingsPlanCoveredUsage' || row.line_item_usage_start_date !== hour(1),
    )
    const [result] = await shop.bring(csvOf(rows))
    // Σ of the file: 265.63 − 32.7726
    expect(result?.money[0]).toMatchObject({ read: '232.8574', accepted: '232.8574' })
    expect(result?.money[0]?.ledger).toBeUndefined()
    expect(result?.rows).toMatchObject({ read: 12, accepted: 12 })
    await run()
    const sums = await ledgerSums(shop.context.db, { measures: ['cost', 'outside'], from: '2026-06-01', to: '2026-07-01', by: ['layer'] })
    expect(sums.find(({ layer }) => layer === 'unassigned')).toMatchObject({ billed: '-30.0326' }) // −32.7726 + 2 × 1.37 of storage
    expect(await violations()).toEqual([])
  })

  test('a split row and its parent count once', async () => {
    const rows = curRows()
      .slice(0, 1)
      .map((row) => ({ ...row, split_line_item_parent_resource_id: '' }))
    const pod = { ...rows[0]!, line_item_resource_id: 'arn:aws:eks:us-east-1:1:pod/c/n/p', line_item_unblended_cost: '98.32' }
    await shop.bring(csvOf([...rows, { ...pod, split_line_item_parent_resource_id: 'i-0abc' }]))
    await run()
    const sums = await ledgerSums(shop.context.db, { measures: ['cost'], from: '2026-06-01', to: '2026-07-01', by: ['layer'] })
    expect(sums.map(({ layer, billed, effective }) => [layer, billed, effective])).toEqual([['gpu_compute', '98.32', '98.32']])
    expect(await violations()).toEqual([])
  })
})
