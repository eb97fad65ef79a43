import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectFiles, type Pullable } from '#collectors/files.ts'
import { COLLECTORS } from '#collectors/registry.ts'
import { freshDatabase } from '#test/support/database.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
let folder: string
let source: Pullable

beforeEach(async () => {
  db = await freshDatabase()
  folder = fs.mkdtempSync(path.join(process.env.TMPDIR ?? '/tmp', 'denominator-folder-'))
  fs.mkdirSync(path.join(folder, 'bills'))
  const { rows } = await db.pool.query("INSERT INTO source (name, kind) VALUES ('cloud', 'focus') RETURNING source_id")
  source = { name: 'cloud', kind: 'focus', sourceId: rows[0].source_id, settings: { path: path.join(folder, 'bills') }, shown: {}, line: 1 }
})
afterEach(async () => {
  await db.close()
  fs.rmSync(folder, { recursive: true, force: true })
})

const HEADER =
  'BilledCost,EffectiveCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargePeriodStart,ChargePeriodEnd'
const put = (name: string, ...costs: string[]) =>
  fs.writeFileSync(
    path.join(folder, 'bills', name),
    [HEADER, ...costs.map((cost) => `${cost},${cost},a,USD,2026-01-01,2026-02-01,Usage,2026-01-01,2026-01-02`)].join('\n'),
  )
const collect = () =>
  collectFiles(
    { db, now: new Date('2026-03-01T00:00:00Z'), currency: 'USD', timezone: 'UTC', dataDir: path.join(folder, 'data') },
    COLLECTORS.focus,
    source,
  )
const total = async () =>
  (await db.pool.query('SELECT trim_scale(sum(billed)) AS billed FROM bill_line WHERE to_seq IS NULL')).rows[0].billed
const health = async () => (await db.pool.query('SELECT last_error FROM source')).rows[0].last_error

test('a restatement lying beside what it restates wins, and goes on winning however often the folder is read', async () => {
  put('1-first.csv', '10', '20')
  put('2-restated.csv', '10', '21')
  await collect()
  expect(await total()).toBe('31')
  const versions = async () => (await db.pool.query('SELECT count(*)::int AS n FROM batch')).rows[0].n
  const before = await versions()
  await collect()
  await collect()
  expect([await total(), await versions()]).toEqual(['31', before])
})

test('a file that is refused keeps no other from being read, and leaves the source red', async () => {
  fs.writeFileSync(path.join(folder, 'bills/0-manifest.json'), '{}')
  put('1-first.csv', '10', '20')
  await expect(collect()).rejects.toThrow()
  expect(await total()).toBe('30')
  expect(await health()).toContain('0-manifest.json')
  fs.rmSync(path.join(folder, 'bills/0-manifest.json'))
  await collect()
  expect(await health()).toBeNull()
})

test('a path that is missing turns the source red', async () => {
  fs.rmSync(path.join(folder, 'bills'), { recursive: true })
  await expect(collect()).rejects.toThrow('does not exist')
  expect(await health()).toContain('does not exist')
})
