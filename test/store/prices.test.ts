import { afterAll, beforeAll, expect, it } from 'vitest'
import { syncCatalogue } from '#lib/services/prices.ts'
import { freshDatabase } from '#test/support/database.ts'
import { insertComparator, insertPrice } from '#test/support/serving.ts'
import { transaction } from '#lib/store/transaction.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())

const NOW = new Date('2026-06-10T00:00:00Z')
const sync = () => transaction(db.pool, (client) => syncCatalogue(client, NOW))
const dirty = async () =>
  (await db.pool.query<{ version: string }>("SELECT version FROM dirty_day WHERE day = '2026-06-01'")).rows[0]?.version

it('fills the catalogue for mapped models, once, and makes priced days dirty when it changed', async () => {
  await insertComparator(db.pool, 'frontier', [
    { deployment: 'chat', provider: 'openai', model: 'o3' },
    { deployment: 'code', provider: 'nobody', model: 'weights' },
  ])
  await insertPrice(db.pool, { provider: 'openai', model: 'o3', class: 'prompt', from: '2026-01-01', perMillion: '1.9' })
  await db.pool.query("INSERT INTO dirty_day (day, step, version, done) VALUES ('2026-06-01', 'equivalent', 1, 1)")

  const first = await sync()
  expect(first).toEqual({ priced: [{ provider: 'openai', model: 'o3' }], unknown: [{ provider: 'nobody', model: 'weights' }], changed: 6 })
  const { rows } = await db.pool.query<Record<string, string>>(
    "SELECT class, valid_from, per_million, currency, source FROM price WHERE origin = 'catalogue' ORDER BY class, valid_from",
  )
  expect(rows.map((r) => `${r.class} ${r.valid_from} ${r.per_million} ${r.currency}`)).toEqual([
    'cache_read 1970-01-01 0.5 USD',
    'cache_read 2025-06-10 0.5 USD',
    'generation 1970-01-01 40 USD',
    'generation 2025-06-10 8 USD',
    'prompt 1970-01-01 10 USD',
    'prompt 2025-06-10 2 USD',
  ])
  expect(rows[0]?.source).toMatch(/^genai-prices openai\/o3, https:/)
  expect(await dirty()).toBe('2')

  expect((await sync()).changed).toBe(0)
  expect(await dirty()).toBe('2')

  await db.pool.query("UPDATE price SET per_million = 3 WHERE origin = 'catalogue' AND class = 'prompt' AND valid_from = '2025-06-10'")
  expect((await sync()).changed).toBe(1)
  expect(await dirty()).toBe('3')
  const audit = await db.pool.query<{ detail: unknown[] }>('SELECT detail FROM audit_log ORDER BY audit_id')
  expect(audit.rows.map((r) => r.detail.length)).toEqual([6, 1])
})

it('forgets models that nothing maps to, never declared prices', async () => {
  await db.pool.query('DELETE FROM comparator_map')
  expect((await sync()).changed).toBe(6)
  const { rows } = await db.pool.query<{ origin: string }>('SELECT origin FROM price')
  expect(rows).toEqual([{ origin: 'declared' }])
})
