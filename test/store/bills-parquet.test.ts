import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { csvOf, hours, type Workshop, workshop } from '#test/support/bills.ts'

let shop: Workshop
let dir: string
beforeEach(async () => {
  shop = await workshop()
  dir = mkdtempSync(path.join(os.tmpdir(), 'denominator-parquet-'))
})
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true })
  await shop.close()
})

/** A Parquet file of a query's rows, as an exporter would write it. */
async function parquet(query: string): Promise<Buffer> {
  const db = await DuckDBInstance.create(':memory:')
  const connection = await db.connect()
  const file = path.join(dir, 'x.parquet')
  await connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet)`)
  connection.closeSync()
  db.closeSync()
  return readFileSync(file)
}

const typed = (count: number) => `
  SELECT CAST('0.123456789012345678901234567890' AS DECIMAL(38, 30)) + i AS BilledCost, CAST(0.1 AS DOUBLE) AS EffectiveCost,
    'acc-1' AS BillingAccountId, 'USD' AS BillingCurrency, TIMESTAMP '2026-06-01 00:00:00' AS BillingPeriodStart,
    TIMESTAMP '2026-07-01 00:00:00' AS BillingPeriodEnd, TIMESTAMPTZ '2026-06-01 00:00:00+00' + to_hours(i % 700) AS ChargePeriodStart,
    TIMESTAMPTZ '2026-06-01 01:00:00+00' + to_hours(i % 700) AS ChargePeriodEnd, 'Usage' AS ChargeCategory, NULL AS ChargeClass,
    'i-' || i AS ResourceId, MAP {'team': 'ml', 'quote': 'a"b'} AS Tags, 1e-7 AS ConsumedQuantity
  FROM (SELECT unnest(generate_series(0, ${count - 1}))::int AS i)`

test('typed columns are read with every digit, tags from a map, the row number as the line', async () => {
  const [result] = await shop.bring(await parquet(typed(3)), { name: 'bill.parquet' })
  expect(result).toMatchObject({ dialect: '1.0 parquet', rows: { read: 3, accepted: 3 } })
  expect(result?.money[0]).toMatchObject({ column: 'billed', accepted: '3.37037036703703703670370370367' })
  expect(
    await shop.rows(
      'SELECT billed::text, effective::text, charge_start, tags, consumed_quantity::text AS consumed, line FROM bill_line WHERE line = 2',
    ),
  ).toEqual([
    {
      billed: '1.123456789012345678901234567890',
      effective: '0.1',
      charge_start: new Date('2026-06-01T01:00:00Z'),
      tags: { team: 'ml', quote: 'a"b' },
      consumed: '0.0000001',
      line: '2',
    },
  ])
})

test('many chunks come in order, and a bad row is named by its number', async () => {
  const query = `SELECT * REPLACE (CASE WHEN ResourceId = 'i-4999' THEN 'none' ELSE ChargeCategory END AS ChargeCategory) FROM (${typed(7000)})`
  const [result] = await shop.bring(await parquet(query), { name: 'bill.parquet' })
  expect(result?.rows).toEqual({ read: 7000, accepted: 6999, quarantined: 1, excluded: 0 })
  expect(result?.rejects).toEqual([{ line: 5000, column: 'ChargeCategory', value: 'none', reason: 'not a charge category' }])
  expect(await shop.rows("SELECT count(*)::int AS count FROM bill_line WHERE resource_id = 'i-' || (line - 1)")).toEqual([{ count: 6999 }])
})

test('the same texts as CSV are the same content', async () => {
  const file = path.join(dir, 'same.csv').replaceAll("'", "''")
  writeFileSync(file, csvOf(hours(5)))
  await shop.bring(csvOf(hours(5)))
  const [again] = await shop.bring(await parquet(`SELECT * FROM read_csv('${file}', all_varchar = true)`), { name: 'bill.parquet' })
  expect(again).toMatchObject({ unchanged: true, version: 1 })
})
