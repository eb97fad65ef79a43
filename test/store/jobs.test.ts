import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { addJob, finishJob, takeJob } from '#lib/store/jobs.ts'
import { freshDatabase } from '#test/support/database.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())
beforeEach(() => db.pool.query('DELETE FROM job'))

test('concurrent runners take each job once', async () => {
  for (let i = 0; i < 20; i++) await addJob(db.pool, 'collect', { i })
  const taken = await Promise.all(Array.from({ length: 25 }, () => takeJob(db.pool)))
  const ids = taken.flatMap((job) => (job ? [job.jobId] : []))
  expect([ids.length, new Set(ids).size]).toEqual([20, 20])
})

test('a job that fails is tried three times, then laid aside with its error', async () => {
  await addJob(db.pool, 'collect', {})
  for (let attempt = 1; attempt <= 3; attempt++) {
    const job = await takeJob(db.pool)
    expect(job?.attempts).toBe(attempt)
    await finishJob(db.pool, job!, { error: 'the source is down' })
    expect(await takeJob(db.pool)).toBeUndefined()
    await db.pool.query('UPDATE job SET run_after = now()')
  }
  expect(await takeJob(db.pool)).toBeUndefined()
  expect((await db.pool.query('SELECT state, error FROM job')).rows).toEqual([{ state: 'failed', error: 'the source is down' }])
})

test('a job whose runner died is taken again', async () => {
  await addJob(db.pool, 'collect', {})
  const first = await takeJob(db.pool)
  expect(await takeJob(db.pool)).toBeUndefined()
  await db.pool.query("UPDATE job SET run_after = now() - interval '1 second'")
  expect((await takeJob(db.pool))?.jobId).toBe(first?.jobId)
})
