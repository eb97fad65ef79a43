// The SQL that prices tokens against its oracle, on arbitrary prices, knobs and days.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DatedPrice, equivalentOf } from '#lib/domain/comparison/equivalent.ts'
import { TOKEN_CLASSES } from '#lib/domain/layers.ts'
import { formatAmount, Money } from '#lib/domain/money.ts'
import { equivalentStep } from '#lib/reconcile/comparison/index.ts'
import { freshDatabase } from '#test/support/database.ts'
import { insertComparator, insertDeployment, insertPrice, insertServeHour } from '#test/support/serving.ts'
import { postingsOf } from '#test/support/step.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())

const DAYS = ['2026-06-01', '2026-06-02', '2026-06-03'] as const
const day = fc.constantFrom('2026-05-01', ...DAYS, '2026-06-04')
const ratio = fc.integer({ min: 1, max: 3000 }).map((n) => new Money(n).div(1000))
const price = fc.record({
  class: fc.constantFrom(...TOKEN_CLASSES),
  from: day,
  origin: fc.constantFrom('declared' as const, 'catalogue' as const),
  perMillion: fc.integer({ min: 0, max: 99_999_999 }).map((n) => new Money(n).div(1_000_000)),
})
const tokens = fc.option(fc.bigInt({ min: 0n, max: 10n ** 13n }).map(String))
const use = fc.record({ day: fc.constantFrom(...DAYS), prompt: tokens, cacheRead: tokens, cacheWrite: tokens, generation: tokens })

describe('equivalentStep', () => {
  it('equals the oracle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(price, { maxLength: 14, selector: (p) => `${p.class} ${p.from} ${p.origin}` }),
        fc.uniqueArray(use, { minLength: 1, maxLength: 3, selector: (u) => u.day }),
        ratio,
        ratio,
        fc.constantFrom('equal' as const, 'none' as const),
        async (prices, uses, tokenizerRatio, outputRatio, cacheParity) => {
          await db.pool.query('TRUNCATE price, comparator, comparator_map, deployment, deployment_match, replica_deployment, serve_hour')
          await insertDeployment(db.pool, 'chat', { replica: 1 })
          await insertComparator(db.pool, 'api', [{ deployment: 'chat', provider: 'p', model: 'm' }], {
            tokenizer: formatAmount(tokenizerRatio),
            output: formatAmount(outputRatio),
            settings: cacheParity === 'none' ? { cache_parity: 'none' } : {},
          })
          const dated: DatedPrice[] = prices.map((p) => ({ ...p, provider: 'p', model: 'm', currency: 'USD' }))
          for (const p of dated) await insertPrice(db.pool, p)
          await insertPrice(db.pool, { provider: 'p', model: 'other', class: 'prompt', from: '2026-01-01', perMillion: '77' })
          for (const u of uses) await insertServeHour(db.pool, { replica: 1, hour: `${u.day}T13:00:00Z`, ...u })

          const expected = uses
            .flatMap((u) =>
              TOKEN_CLASSES.flatMap((c) => {
                const count = { prompt: u.prompt, cache_read: u.cacheRead, cache_write: u.cacheWrite, generation: u.generation }[c]
                if (count === null) return []
                const result = equivalentOf(
                  { day: u.day, tokens: new Money(count), class: c, provider: 'p', model: 'm' },
                  { tokenizerRatio, outputRatio, cacheParity },
                  dated,
                )
                if ('unpriced' in result)
                  return result.unpriced.isZero() ? [] : [`${u.day} unpriced ${c} ${formatAmount(result.unpriced)} -`]
                return [`${u.day} equivalent ${c} ${formatAmount(result.billable)} ${formatAmount(result.amount)}`]
              }),
            )
            .sort()
          const plain = (text: string | null) => (text === null ? '-' : formatAmount(new Money(text)))
          const posted = (await postingsOf(db.pool, equivalentStep, DAYS))
            .map((r) => `${r.day} ${r.measure} ${r.item} ${plain(r.quantity)} ${plain(r.effective)}`)
            .sort()
          expect(posted).toEqual(expected)
        },
      ),
      { numRuns: 40, seed: 7 },
    )
  })
})
