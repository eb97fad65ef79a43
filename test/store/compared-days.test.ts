import { afterAll, beforeAll, expect, it } from 'vitest'
import { coverage } from '#lib/services/report/coverage.ts'
import { comparedDays } from '#lib/services/report/hours.ts'
import { compareSides } from '#lib/services/report/sides.ts'
import { freshDatabase } from '#test/support/database.ts'
import { postLedger } from '#test/support/postings.ts'
import { insertComparator, insertDeployment } from '#test/support/serving.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
const PERIOD = { from: '2026-06-01', to: '2026-06-08' }
beforeAll(async () => {
  db = await freshDatabase()
  await insertDeployment(db.pool, 'chat', { replica: 1 })
  await insertDeployment(db.pool, 'eval', { replica: 2 }, { demand: false })
  await insertComparator(db.pool, 'host', [{ deployment: 'chat', provider: 'p', model: 'm' }])
  for (const day of ['01', '02', '03', '04', '05'])
    await postLedger(db.pool, [{ day: `2026-06-${day}`, step: 'bills', measure: 'cost', layer: 'gpu_compute', amount: '10' }])
  await postLedger(db.pool, [
    { day: '2026-06-04', step: 'tokens', measure: 'serving', item: 'scraped_minutes', deployment: 'chat', quantity: '1440' },
    { day: '2026-06-05', step: 'tokens', measure: 'serving', item: 'scraped_minutes', deployment: 'eval', quantity: '1440' },
    { day: '2026-06-06', step: 'tokens', measure: 'serving', item: 'scraped_minutes', deployment: 'chat', quantity: '1440' },
    { day: '2026-06-07', step: 'bills', measure: 'cost', layer: 'supporting', amount: '3' },
  ])
})
afterAll(() => db.close())

it('leaves out days on which one side is unknown, from go-live on', async () => {
  const all = [...(await comparedDays({ db }, PERIOD)).leftOut]
  expect(all.map(([day, why]) => `${day.slice(8)} ${why}`)).toEqual([
    '01 no tokens are known',
    '02 no tokens are known',
    '03 no tokens are known',
    '05 no tokens are known', // an evaluation is no demand
    '06 no cost is known',
  ])
  await db.pool.query("UPDATE deployment SET go_live = '2026-06-03T09:00:00Z' WHERE name = 'chat'")
  const since = [...(await comparedDays({ db }, PERIOD)).leftOut.keys()]
  expect(since).toEqual(['2026-06-03', '2026-06-05', '2026-06-06'])
})

it('counts cost before go-live as own cost, and takes run rates from days with both', async () => {
  const { compared, sides } = await compareSides({ db }, PERIOD)
  expect(compared).toEqual(['2026-06-04'])
  expect(sides[0]).toMatchObject({ share: 1, alternative: null })
  expect(sides[0]!.own?.toFixed()).toBe('33') // 1st, 2nd, 4th, and the 7th that has no GPU and no tokens
  expect(sides[0]!.avoidable.toFixed()).toBe('10')
})

it('falls back to days where no GPU was ever counted', async () => {
  // cost: one of two days with tokens. tokens: 30 of 50 of the GPU cost. labour: no source ever delivered. prices: no token was priced or not
  expect(await coverage({ db }, PERIOD)).toEqual({ cost: 0.5, tokens: 0.6, labour: null, prices: null })
})
