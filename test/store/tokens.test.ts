import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tokensStep } from '#lib/reconcile/tokens/index.ts'
import { freshDatabase } from '#test/support/database.ts'
import { insertDeployment, insertServeHour } from '#test/support/serving.ts'
import { type Posting, postingsOf } from '#test/support/step.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
  await insertDeployment(db.pool, 'chat', { replica: 1, to: '2026-06-02T12:00:00Z' }, { team: 'search' })
  await insertDeployment(db.pool, 'eval', { replica: 1, from: '2026-06-02T12:00:00Z' }, { demand: false })
  await insertDeployment(db.pool, 'chat', { replica: 2 })
  await insertDeployment(db.pool, 'late', { replica: 2 })
  const hours = [
    { replica: 1, hour: '2026-06-01T23:00:00Z', prompt: '1000', cacheRead: '0', generation: '70', requests: '5', failures: '1' },
    { replica: 2, hour: '2026-06-01T23:00:00Z', prompt: '200', generation: '30', scraped: 7n, running: 3n, prefillS: 1.2345, decodeS: 10 },
    { replica: 1, hour: '2026-06-02T00:00:00Z', prompt: '10', scraped: 0b1011n },
    { replica: 1, hour: '2026-06-02T12:00:00Z', prompt: '4' },
    { replica: 3, hour: '2026-06-02T05:00:00Z', generation: '9' },
    { replica: 1, hour: '2026-06-03T00:00:00Z', prompt: '555' },
  ]
  for (const hour of hours) await insertServeHour(db.pool, hour)
})
afterAll(() => db.close())

const brief = (rows: Posting[]) => rows.map((r) => `${r.day} ${r.measure} ${r.deployment || '-'} ${r.item} ${r.quantity}`)

describe('tokensStep', () => {
  it('posts what was counted by UTC day and deployment, and nothing for what was not', async () => {
    const rows = await postingsOf(db.pool, tokensStep, ['2026-06-01', '2026-06-02'])
    expect(brief(rows).filter((line) => !line.endsWith('_minutes 0'))).toEqual([
      '2026-06-01 serving chat decode_ms 10000',
      '2026-06-01 serving chat failures 1',
      '2026-06-01 serving chat prefill_ms 1235', // 1234.5 ms, rounded once
      '2026-06-01 serving chat requests 5',
      '2026-06-01 serving chat running_minutes 2',
      '2026-06-01 serving chat scraped_minutes 3',
      '2026-06-01 tokens chat cache_read 0', // measured and none
      '2026-06-01 tokens chat generation 100',
      '2026-06-01 tokens chat prompt 1200', // 'late' claims replica 2 as well: the earlier declaration takes it
      '2026-06-02 serving chat scraped_minutes 3',
      '2026-06-02 tokens - generation 9', // no deployment claims replica 3
      '2026-06-02 tokens chat prompt 10',
      '2026-06-02 tokens eval prompt 4', // the claim changed at noon
    ])
    expect(rows.find((r) => r.deployment === 'chat')?.team).toBe('search')
  })

  it('posts only the days asked for', async () => {
    const rows = await postingsOf(db.pool, tokensStep, ['2026-06-01', '2026-06-03'])
    expect([...new Set(rows.map((r) => r.day))]).toEqual(['2026-06-01', '2026-06-03'])
  })
})
