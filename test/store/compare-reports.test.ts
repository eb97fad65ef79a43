// Ten days of one GPU and one deployment, small enough to be added up by hand.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addDays } from '#lib/domain/time.ts'
import { reconcile } from '#lib/reconcile/engine.ts'
import { LOCAL_ADMINISTRATOR as me } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { reportCompare } from '#lib/services/report/compare.ts'
import { reportTokens } from '#lib/services/report/tokens.ts'
import { reportVerdict } from '#lib/services/report/verdict.ts'
import { markDirty } from '#lib/store/dirty.ts'
import { transaction } from '#lib/store/transaction.ts'
import { freshDatabase } from '#test/support/database.ts'
import { postLedger } from '#test/support/postings.ts'
import { insertComparator, insertDeployment, insertPrice, insertServeHour } from '#test/support/serving.ts'

const NOW = new Date('2026-06-20T00:00:00Z')
const DAYS = Array.from({ length: 10 }, (_, index) => addDays('2026-06-01', index))
const PERIOD = { from: '2026-06-01', to: '2026-06-11' }
/** On the last day the engine was not scraped. */
const SERVED = DAYS.slice(0, 9)
const FULL_HOUR = (1n << 60n) - 1n

let db: Awaited<ReturnType<typeof freshDatabase>>
let context: ServiceContext
beforeAll(async () => {
  db = await freshDatabase()
  context = { db, now: NOW, currency: 'USD', timezone: 'UTC', dataDir: '' }
  await insertDeployment(db.pool, 'chat', { replica: 1 })
  await insertDeployment(db.pool, 'eval', { replica: 2 }, { demand: false })
  await db.pool.query(
    `INSERT INTO replica (replica_id, source_id, instance, engine, first_seen, last_seen) OVERRIDING SYSTEM VALUE
     VALUES (1, 1, 'a:8000', 'vllm', '2026-06-01T10:00:00Z', '2026-06-09T10:59:45Z')`,
  )
  await insertComparator(db.pool, 'host', [{ deployment: 'chat', provider: 'together', model: 'llama' }], { tokenizer: '1.25' })
  await insertComparator(db.pool, 'nobody', [{ deployment: 'chat', provider: 'none', model: 'none' }])
  for (const [tokenClass, perMillion] of [
    ['prompt', '2'],
    ['generation', '4'],
  ] as const)
    await insertPrice(db.pool, { provider: 'together', model: 'llama', class: tokenClass, from: '2026-01-01', perMillion })
  const day = { scraped: FULL_HOUR, prompt: '8000000', cacheRead: '0', generation: '5000000', prefillS: 600, decodeS: 3000 }
  for (const d of SERVED) await insertServeHour(db.pool, { replica: 1, hour: `${d}T10:00:00Z`, ...day })
  await insertServeHour(db.pool, { replica: 2, hour: '2026-06-01T10:00:00Z', prompt: '999' })
  await transaction(db.pool, (client) => markDirty(client, ['tokens', 'equivalent'], DAYS, 'test'))
  await reconcile(db, { now: NOW, currency: 'USD', timezone: 'UTC', steps: ['tokens', 'equivalent'] })
  for (const d of DAYS)
    await postLedger(db.pool, [
      { day: d, step: 'bills', measure: 'cost', layer: 'gpu_compute', amount: '30' },
      { day: d, step: 'bills', measure: 'cost', layer: 'tax', amount: '5' },
      { day: d, step: 'bills', measure: 'cost', layer: 'credits', amount: '-7' },
      { day: d, step: 'capacity', measure: 'gpu_minutes', item: 'serving', deployment: 'chat', amount: '10', quantity: '480' },
      { day: d, step: 'capacity', measure: 'gpu_minutes', item: 'warm_idle', amount: '20', quantity: '960' },
    ])
  await postLedger(db.pool, [
    { day: DAYS[9]!, step: 'labour', measure: 'cost', layer: 'build', item: 'logged', amount: '100', quantity: '3600' },
    {
      day: DAYS[0]!,
      step: 'labour',
      measure: 'cost',
      layer: 'on_call',
      item: 'unlogged',
      amount: '40',
      quantity: '1800',
      evidence: 'inferred',
    },
    { day: DAYS[0]!, step: 'labour', measure: 'time', item: 'logged', quantity: '3600' },
    { day: DAYS[0]!, step: 'labour', measure: 'time', item: 'unlogged', quantity: '1800' },
  ])
})
afterAll(() => db.close())

describe('report tokens', () => {
  it('sums by deployment and class', async () => {
    const { rows, serving } = await reportTokens(me, context, PERIOD)
    expect(rows.map((r) => [r.deployment, r.class, r.tokens, r.demand])).toEqual([
      ['chat', 'prompt', '72000000', true],
      ['chat', 'cache_read', '0', true],
      ['chat', 'generation', '45000000', true],
      ['eval', 'prompt', '999', false],
    ])
    expect(serving[0]).toMatchObject({
      deployment: 'chat',
      scrapedMinutes: '540',
      prefillSeconds: '5400',
      decodeSeconds: '27000',
      requests: null,
    })
  })
  it('also by day, and only by what it has', async () => {
    const { rows } = await reportTokens(me, context, { ...PERIOD, by: ['day', 'deployment'] })
    expect(rows).toHaveLength(9 * 3 + 1)
    expect(rows[1]).toMatchObject({ day: '2026-06-01', deployment: 'chat', class: 'cache_read', tokens: '0' })
    await expect(reportTokens(me, context, { ...PERIOD, by: ['invoice'] })).rejects.toThrow(/invoice/)
  })
})

describe('report compare', () => {
  it('prices the very same tokens and splits the own cost by class', async () => {
    const report = await reportCompare(me, context, PERIOD)
    const [host, nobody] = report.comparators
    // 72 M × 1.25 × 2 + 45 M × 4
    expect(host).toMatchObject({
      name: 'host',
      apiEquivalent: '360',
      unpricedTokens: '0',
      hoursLeftOut: 24,
      notCompared: [],
      perMillion: '3.076923076923',
    })
    expect(host!.rows.map((r) => [r.deployment, r.class, r.tokens, r.billableTokens, r.amount])).toEqual([
      ['chat', 'generation', '45000000', '45000000', '180'],
      ['chat', 'prompt', '72000000', '90000000', '180'],
    ])
    expect(nobody).toMatchObject({ apiEquivalent: '0', perMillion: null, unpricedTokens: '117000000', rows: [] })
    // all cost: 300 + 50 − 70 + 140 = 420; a sixth of request-seconds is prefill
    expect(report.selfHosted.allocation).toMatchObject({ amount: '420', byClass: { prompt: '70', cache_read: '0', generation: '350' } })
    expect(report.selfHosted.usage).toMatchObject({ amount: '100' })
    expect(Number(report.selfHosted.allocation!.perMillion.all)).toBeCloseTo(420 / 117, 10)
  })
  it('knows four coverages', async () => {
    // cost: nothing awaits its bill. tokens: 540 of 8 × 1440 + 60 minutes between the first scrape and the last.
    // labour: 5,400 of 5,400 s have a rate. prices: one comparator knows them, one does not.
    const { coverage } = await reportCompare(me, context, PERIOD)
    expect(coverage).toEqual({ cost: 1, tokens: expect.closeTo(540 / 11_580, 9), labour: 1, prices: 0.5 })
  })
})

describe('report verdict', () => {
  const judge = async () => (await reportVerdict(me, context, PERIOD)).comparators

  it('compares the days on which both sides are known: without tax and credits, with the build', async () => {
    const [host, nobody] = await judge()
    // 9 × 30 + 40 + 100; the tenth day has no tokens, so its GPU cost stays out
    expect(host!.didItPay).toMatchObject({ own: '410', alternative: '360', margin: '-50', marginShare: expect.closeTo(-50 / 360, 9) })
    expect(host!.didItPay).toMatchObject({ verdict: 'not enough evidence', probability: null })
    expect(host!.didItPay.evidence.reasons).toContain('tokens coverage is 4.7 %, below 90 %')
    expect(host!.didItPay.evidence.reasons).toEqual(
      expect.arrayContaining([
        '1 days are left out, because only one side is known on them',
        expect.stringMatching(/build counts in full.*100\.00/),
      ]),
    )
    expect(nobody!.didItPay).toMatchObject({
      verdict: 'not enough evidence',
      alternative: null,
      margin: null,
      evidence: { coverage: { prices: 0 } },
    })
    expect(host!.continue).toMatchObject({ verdict: 'not enough evidence', margin: null })
    expect(host!.continue.evidence.reasons[0]).toMatch(/no projection/)
  })

  it('decides once the evidence is there: the build weighs on the past, not on the future', async () => {
    await db.pool.query("UPDATE replica SET first_seen = '2026-06-09T10:00:00Z'")
    const document = {
      currency: 'USD',
      start: '2026-01',
      demand: { tokens_per_month: 1e9 },
      capacity: { price_per_gpu_hour: 1, redundancy: 1, gpus_per_replica: 1, tokens_per_second_per_gpu: 1000 },
      risks: [{ name: 'second model', probability: 0.5, impact: 9e9 }],
    }
    await db.pool.query('INSERT INTO projection (document) VALUES ($1)', [document])
    const [host] = await judge()
    expect(host!.didItPay).toMatchObject({ verdict: 'costs more' })
    expect(host!.didItPay.flips.map((flip) => [flip.kind, flip.feasible])).toEqual([
      ['more tokens, same fleet', true],
      ['fewer GPUs, same tokens', false],
      ['price of the alternative', true],
    ])
    // avoidable 310 against 360 in nine days; but a risk with about an even chance would turn it
    expect(host!.continue).toMatchObject({ verdict: 'too close to call' })
    expect(host!.continue.marginShare).toBeCloseTo(50 / 360, 9)
    expect(host!.continue.probability).toBeGreaterThan(0.5)
    expect(host!.continue.probability).toBeLessThan(0.65)
    expect(host!.breakEven!.crossings.length).toBeGreaterThan(0)

    await db.pool.query('INSERT INTO projection (document) VALUES ($1)', [{ ...document, risks: [] }])
    expect((await judge())[0]!.continue).toMatchObject({ verdict: 'pays off', probability: null })
  })

  it('gives no verdict over an amount without a rate', async () => {
    await postLedger(db.pool, [{ day: DAYS[3]!, step: 'bills', measure: 'cost', layer: 'support', currency: 'EUR', unconverted: '5' }])
    const [host] = await judge()
    expect(host!.didItPay.verdict).toBe('not enough evidence')
    expect(host!.didItPay.evidence.reasons).toContain('an amount has no exchange rate and stays unconverted')
  })

  it('rules out what may not be chosen', async () => {
    await db.pool.query(`UPDATE comparator SET settings = '{"not_eligible": "data residency"}' WHERE name = 'host'`)
    const [host] = await judge()
    expect(host!.didItPay).toMatchObject({ verdict: 'not eligible', margin: '-50' })
    expect(host!.continue).toMatchObject({ verdict: 'not eligible' })
  })
})
