import { describe, expect, it } from 'vitest'
import { chanceOfWinning, seeded } from '#lib/domain/verdict/chance.ts'
import { type Case, decideVerdict } from '#lib/domain/verdict/decide.ts'
import { futureFrom } from '#lib/domain/verdict/future.ts'
import { project } from '#lib/domain/projection/project.ts'
import { projectionSchema } from '#lib/domain/projection/schema.ts'

const SOLID: Case = {
  own: 80,
  alternative: 100,
  coverages: { cost: 1, tokens: 1, labour: 1, prices: 1 },
  provisional: 0,
  assumed: 0,
  unconverted: false,
  probability: null,
  notEligible: null,
  gaps: [],
}
const cover = (more: Partial<Case['coverages']>) => ({ coverages: { ...SOLID.coverages, ...more } })

describe('decideVerdict', () => {
  it.each<[string, Partial<Case>, string, RegExp]>([
    ['cheaper by a fifth', {}, 'pays off', /self-hosting is cheaper by 20 %/],
    ['dearer by a fifth', { own: 120 }, 'costs more', /the alternative is cheaper by 20 %/],
    ['exactly 5 % is not more than 5 %', { own: 95 }, 'too close to call', /differ by 5 %/],
    ['a hair more is', { own: 94.99 }, 'pays off', /5 %/],
    ['mirrored: 5 % dearer', { own: 105 }, 'too close to call', /differ by 5 %/],
    ['mirrored: a hair more', { own: 105.01 }, 'costs more', /cheaper/],
    ['sure enough', { probability: 0.8 }, 'pays off', /cheaper/],
    ['not sure enough', { probability: 0.79 }, 'too close to call', /only with 79 % probability/],
    ['dearer, sure enough: 20 % chance to win', { own: 120, probability: 0.2 }, 'costs more', /cheaper/],
    ['dearer, not sure enough', { own: 120, probability: 0.21 }, 'too close to call', /only with 79 % probability/],
    ['coverage of 90 % is enough', cover({ cost: 0.9 }), 'pays off', /cheaper/],
    ['cost coverage', cover({ cost: 0.899 }), 'not enough evidence', /cost coverage is 89.9 %, below 90 %/],
    ['token coverage', cover({ tokens: 0.5 }), 'not enough evidence', /tokens coverage/],
    ['labour coverage', cover({ labour: 0 }), 'not enough evidence', /labour coverage is 0 %/],
    ['price coverage', cover({ prices: 0.1 }), 'not enough evidence', /prices coverage/],
    ['unknown coverage', cover({ labour: null }), 'not enough evidence', /labour coverage is unknown/],
    ['provisional of 20 % is allowed', { provisional: 0.2 }, 'pays off', /cheaper/],
    ['more is not', { provisional: 0.201 }, 'not enough evidence', /20.1 % of the cost is provisional/],
    ['assumed of 50 % is allowed', { assumed: 0.5 }, 'pays off', /cheaper/],
    ['more is not', { assumed: 0.51 }, 'not enough evidence', /51 % of the cost is assumed/],
    ['a missing rate', { unconverted: true }, 'not enough evidence', /no exchange rate/],
    ['own cost unknown', { own: null }, 'not enough evidence', /own cost is unknown/],
    ['alternative unknown', { alternative: null }, 'not enough evidence', /no price/],
    ['alternative of nothing', { alternative: 0 }, 'not enough evidence', /no price/],
    ['a gap that the caller found', { gaps: ['the projection ends'] }, 'not enough evidence', /the projection ends/],
    ['not eligible, whatever the figures', { notEligible: 'data residency', ...cover({ cost: 0 }) }, 'not eligible', /data residency/],
  ])('%s', (_, more, verdict, reason) => {
    const decision = decideVerdict({ ...SOLID, ...more })
    expect(decision.verdict).toBe(verdict)
    expect(decision.reasons.join('; ')).toMatch(reason)
  })

  it('names every gap at once, and still gives the margin', () => {
    const decision = decideVerdict({ ...SOLID, ...cover({ cost: 0.1, labour: null }), provisional: 0.9 })
    expect(decision).toMatchObject({ verdict: 'not enough evidence', margin: 0.2 })
    expect(decision.reasons).toHaveLength(3)
  })

  it('says when the margin alone decides', () => {
    expect(decideVerdict(SOLID).reasons.at(-1)).toMatch(/nothing uncertain is stated/)
    expect(decideVerdict({ ...SOLID, probability: 0.9 }).reasons.join()).not.toMatch(/nothing uncertain/)
  })
})

describe('chanceOfWinning', () => {
  const risk = { name: 'late', probability: 0.3, impact: 50 }
  it.each([
    ['no risk stated', 80, 100, [], null],
    ['cheaper even if it strikes', 40, 100, [risk], 1],
    ['dearer anyway', 120, 100, [risk], 0],
  ])('%s', (_, own, alternative, risks, expected) => {
    expect(chanceOfWinning(own, alternative, risks)).toBe(expected)
  })
  it('is about the probability that the deciding risk stays away', () => {
    expect(chanceOfWinning(80, 100, [risk])).toBeCloseTo(0.7, 1)
    expect(chanceOfWinning(80, 100, [risk])).toBe(chanceOfWinning(80, 100, [risk]))
  })
  it('draws uniformly', () => {
    const next = seeded(1)
    const draws = Array.from({ length: 10_000 }, next)
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...draws)).toBeLessThan(1)
    expect(draws.reduce((a, b) => a + b) / draws.length).toBeCloseTo(0.5, 1)
  })
})

describe('futureFrom', () => {
  const document = projectionSchema.parse({
    currency: 'USD',
    start: '2026-01',
    demand: { tokens_per_month: 1e9, growth_per_month: 0.1 },
    capacity: { cost_per_replica_month: 1000, redundancy: 2 },
    build: { engineers: 1, months: 12, rate_per_year: 120_000 },
    talent_premium: { share: 0.5 },
    exit: { cost: 700, probability: 0.1 },
    price_trends: { api: -0.5 },
  })
  const rates = { ownPerMonth: 300, alternativePerMonth: 100 }
  const future = futureFrom(document, project(document), '2026-07-01', rates, 2)
  it('moves run rates as the plan moves, leaves the build out and charges the exit to whoever leaves', () => {
    if (typeof future === 'string') throw new Error(future)
    expect(future.months).toBe(30)
    expect(future.own).toBeCloseTo(300 * 30 * (744 / 730), 6) // the fleet stays at two replicas; neither build nor its premium moves anything
    const hours = (index: number) => new Date(Date.UTC(2026, index + 1, 0)).getUTCDate() * 24
    const expected = Array.from({ length: 30 }, (_, k) => 100 * 1.1 ** k * (hours(k + 6) / 730) * 0.5 ** (k / 12))
    expect(future.alternative).toBeCloseTo(expected.reduce((a, b) => a + b) + 1400, 6)
  })
  it.each([
    ['after the plan', document, '2029-01-01', /ends before/],
    ['no running cost', { ...document, capacity: undefined }, '2026-07-01', /no running cost/],
    ['no demand', { ...document, demand: undefined }, '2026-07-01', /no demand/],
  ])('says why it cannot: %s', (_, doc, day, why) => {
    expect(futureFrom(doc, project(doc), day, rates, 1)).toMatch(why)
  })
})
