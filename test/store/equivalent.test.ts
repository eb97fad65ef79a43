import { afterAll, beforeAll, expect, it } from 'vitest'
import { equivalentStep } from '#lib/reconcile/comparison/index.ts'
import { freshDatabase } from '#test/support/database.ts'
import { insertComparator, insertDeployment, insertPrice, insertServeHour } from '#test/support/serving.ts'
import { postingsOf } from '#test/support/step.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
  await insertDeployment(db.pool, 'chat', { replica: 1 })
  await insertDeployment(db.pool, 'eval', { replica: 2 }, { demand: false })
  await insertDeployment(db.pool, 'unmapped', { replica: 3 })
  await insertComparator(db.pool, 'frontier', [
    { deployment: 'chat', provider: 'openai', model: 'gpt-4o' },
    { deployment: 'eval', provider: 'openai', model: 'gpt-4o' },
  ])
  await insertComparator(db.pool, 'no cache', [{ deployment: 'chat', provider: 'openai', model: 'gpt-4o' }], {
    tokenizer: '1.2',
    output: '0.5',
    settings: { cache_parity: 'none' },
  })
  const price = { provider: 'openai', model: 'gpt-4o' }
  await insertPrice(db.pool, { ...price, class: 'prompt', from: '2026-01-01', perMillion: '2.5', origin: 'catalogue' })
  await insertPrice(db.pool, { ...price, class: 'prompt', from: '2026-06-02', perMillion: '2', origin: 'catalogue' })
  await insertPrice(db.pool, { ...price, class: 'prompt', from: '2025-01-01', perMillion: '3', currency: 'EUR' })
  await insertPrice(db.pool, { ...price, class: 'generation', from: '2026-06-02', perMillion: '10', origin: 'catalogue' })
  for (const replica of [1, 2, 3])
    for (const day of ['2026-06-01', '2026-06-02'])
      await insertServeHour(db.pool, { replica, hour: `${day}T10:00:00Z`, prompt: '1000000', cacheRead: '400000', generation: '300000' })
})
afterAll(() => db.close())

it('prices demand at the price in force, declared over catalogue, and leaves the rest unpriced', async () => {
  const rows = await postingsOf(db.pool, equivalentStep, ['2026-06-01', '2026-06-02'])
  const text = rows.map((r) =>
    [
      r.day,
      r.measure,
      r.comparator,
      r.deployment,
      r.item,
      Number(r.quantity),
      r.effective === null ? '-' : Number(r.effective),
      r.evidence,
    ].join(' '),
  )
  expect(text).toEqual([
    '2026-06-01 equivalent frontier chat prompt 1000000 3 inferred', // the declared price of 2025 beats the later catalogue
    '2026-06-01 equivalent no cache chat cache_read 480000 1.44 assumed', // 400,000 × 1.2 at the prompt price
    '2026-06-01 equivalent no cache chat prompt 1200000 3.6 assumed',
    '2026-06-01 unpriced frontier chat cache_read 400000 - measured', // never at the prompt price, never 0
    '2026-06-01 unpriced frontier chat generation 300000 - measured', // its price begins a day later
    '2026-06-01 unpriced no cache chat generation 300000 - measured', // our own tokens, before any ratio
    '2026-06-02 equivalent frontier chat generation 300000 3 inferred',
    '2026-06-02 equivalent frontier chat prompt 1000000 3 inferred',
    '2026-06-02 equivalent no cache chat cache_read 480000 1.44 assumed',
    '2026-06-02 equivalent no cache chat generation 150000 1.5 assumed',
    '2026-06-02 equivalent no cache chat prompt 1200000 3.6 assumed',
    '2026-06-02 unpriced frontier chat cache_read 400000 - measured',
  ])
  expect(rows[0]?.currency).toBe('EUR')
})
