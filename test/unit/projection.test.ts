import { describe, expect, it } from 'vitest'
import { fleetFor } from '#lib/domain/projection/capacity.ts'
import { addAmounts, totalOf } from '#lib/domain/projection/layers.ts'
import { monthAfter, monthsFrom } from '#lib/domain/projection/months.ts'
import { naivePlan } from '#lib/domain/projection/naive.ts'
import { classShares, project } from '#lib/domain/projection/project.ts'
import { projectionSchema } from '#lib/domain/projection/schema.ts'

const plan = (more: object) => projectionSchema.parse({ currency: 'USD', start: '2026-01', ...more })
/** 500 tokens a second a GPU, 4 GPUs a replica: 2,000 a second. */
const CAPACITY = { price_per_gpu_hour: 2, gpus_per_replica: 4, tokens_per_second_per_gpu: 500 }
/** Tokens of an average month at one token a second. */
const PER_SECOND = 730 * 3600

describe('fleetFor: max(redundancy, ⌈peak ÷ (throughput × ceiling)⌉)', () => {
  it.each([
    ['exactly one replica', 2000, {}, 1, 1, 1],
    ['a token more', 2001, {}, 1, 2, 0.5],
    ['peaks of five', 2000, {}, 5, 5, 0.2],
    ['a ceiling of a half', 2000, { load_ceiling: 0.5 }, 1, 2, 0.5],
    ['redundancy of three', 2000, { redundancy: 3 }, 1, 3, 1 / 3],
    ['redundancy below the need', 9000, { redundancy: 3 }, 1, 5, 0.9],
    ['nothing to serve', 0, {}, 1, 0, null],
    ['nothing to serve, redundant', 0, { redundancy: 2 }, 1, 2, 0],
  ])('%s', (_, rate, more, peak, replicas, load) => {
    const fleet = fleetFor({ ...CAPACITY, ...more }, rate * PER_SECOND, peak)!
    expect(fleet.replicas).toBe(replicas)
    expect(fleet.gpus).toBe(replicas * 4)
    if (load === null) expect(fleet.load).toBeNull()
    else expect(fleet.load).toBeCloseTo(load, 3)
  })
  it('cannot say without a throughput and a redundancy', () => {
    expect(fleetFor({}, 1e9, 1)).toBeNull()
  })
  it.each([5, 10])('a fleet sized for a peak of %i × averages 1 ÷ that at most (REFERENCE-CASES.md)', (peak) => {
    for (const rate of [17, 1999, 54_321]) expect(fleetFor(CAPACITY, rate * PER_SECOND, peak)!.load).toBeLessThanOrEqual(1 / peak + 1e-12)
  })
})

describe('project', () => {
  it('is silent about what the document does not say', () => {
    const silent = project(plan({}))
    expect(silent.months).toHaveLength(36)
    expect(silent.months[0]).toMatchObject({ month: '2026-01-01', tokens: null, replicas: null, cash: {}, accounting: {}, economic: {} })
    expect(silent).toMatchObject({ build: null, discountedCash: null, totals: { cash: 0, accounting: 0, economic: 0 } })
    expect(silent.unplanned).toContain('security')
    expect(project(plan({ security: { per_quarter: 0 } })).unplanned).not.toContain('security')
  })

  const full = plan({
    go_live: '2026-03',
    demand: { tokens_per_month: 1500 * PER_SECOND, growth_per_month: 0.5 },
    capacity: { ...CAPACITY, redundancy: 1 },
    build: { engineers: 2, months: 2.5, rate_per_year: 240_000, amortise_months: 40 },
    run: { operations_fte: 1, on_call_share: 0.25, rate_per_year: 120_000 },
    supporting: { share_of_gpu: 0.25, per_month: 10 },
    observability: { per_month: 7 },
    model_updates: { per_year: 2, cost: 6000 },
    security: { per_quarter: 900 },
    talent_premium: { share: 0.1 },
    opportunity: { hours_per_month: 10, alternative_value_per_hour: 100, loaded_rate_per_hour: 60 },
    attrition: { engineers: 3, probability_per_year: 0.2, replacement_cost: 50_000 },
    exit: { cost: 3600, probability: 0.5 },
    discount_rate_per_year: 0.1,
    risks: [
      { name: 'late', probability: 0.5, impact: 1000, month: '2026-04' },
      { name: 'rework', probability: 0.1, impact: 36_000 },
    ],
  })
  const projection = project(full)

  it('by hand, while building: GPUs and supporting are paid, nobody serves', () => {
    const { cash, accounting, economic, tokens, replicas } = projection.months[1]!
    expect({ tokens, replicas }).toEqual({ tokens: 0, replicas: 1 })
    // February: 28 × 24 × 4 × 2 = 5,376; build 40,000 a month
    expect(cash).toEqual({ gpu_compute: 5376, supporting: 1354, build: 40_000, talent_premium: 4000 })
    expect(accounting).toEqual({ gpu_compute: 5376, supporting: 1354, build: 0, talent_premium: 0 })
    expect(economic).toEqual({ exit: 50, risk_reserve: 100 })
  })

  it('by hand, serving: capacity has grown by a step', () => {
    const { cash, accounting, economic, replicas, tokens } = projection.months[3]!
    expect(replicas).toBe(2) // 2,250 tokens a second
    expect(tokens).toBeCloseTo(2250 * 720 * 3600, 0)
    expect(cash).toMatchObject({ gpu_compute: 11_520, supporting: 2890, build: 0, operations: 10_000, on_call: 2500, talent_premium: 1250 })
    expect(cash).toMatchObject({ observability: 7, lifecycle: 1000, security: 300 })
    expect(accounting).toMatchObject({ build: 2500, talent_premium: 1500 })
    expect(economic).toEqual({ opportunity: 400, attrition: expect.closeTo(2500, 6), exit: 50, risk_reserve: 600 })
  })

  it('spends the last half month of the build in the third month', () => {
    expect(projection.months[2]!.cash.build).toBe(20_000)
  })

  it('amortised + remaining = spent', () => {
    expect(projection.build).toEqual({ spent: 100_000, amortised: 85_000, remaining: 15_000 }) // 34 of 40 months
  })

  it('adds economic layers to accounting, and the whole reserve of every risk', () => {
    const economic = projection.months.reduce((sum, month) => addAmounts(sum, month.economic), {} as Record<string, number>)
    expect(economic.risk_reserve).toBeCloseTo(500 + 3600, 6)
    expect(projection.totals.economic - projection.totals.accounting).toBeCloseTo(totalOf(economic), 6)
    expect(projection.discountedCash).toBeLessThan(projection.totals.cash)
  })

  it('lets prices drift', () => {
    const drift = project(plan({ capacity: { cost_per_replica_month: 100, redundancy: 1 }, price_trends: { gpu: -0.5 } }))
    expect([0, 12, 24].map((index) => drift.months[index]!.cash.gpu_compute)).toEqual([100, 50, 25])
  })

  it('knows shares of classes only where the plan does', () => {
    expect(classShares(plan({ demand: { tokens_per_month: 5 } }).demand!)).toBeNull()
    expect(classShares(plan({ demand: { tokens_per_month: { prompt: 3, generation: 1 } } }).demand!)).toEqual({
      prompt: 0.75,
      generation: 0.25,
    })
  })
})

describe('naivePlan', () => {
  const honest = plan({
    demand: { tokens_per_month: 2000 * PER_SECOND, peak_to_average: 6 },
    capacity: { ...CAPACITY, redundancy: 2, load_ceiling: 0.7 },
    build: { engineers: 2, months: 5, rate_per_year: 240_000 },
    run: { operations_fte: 1, on_call_share: 0.3, rate_per_year: 120_000 },
    supporting: { share_of_gpu: 0.3 },
    naive: { utilisation: 0.75, build_weeks: 8 },
  })
  it('has fewer GPUs, a shorter build, and no one to run it', () => {
    const naive = naivePlan(honest)!
    expect(project(honest).months[0]!.replicas).toBe(9)
    expect(naive.months[0]!.replicas).toBe(2) // 2,000 ÷ (2,000 × 0.75)
    expect(naive.build!.spent).toBeCloseTo((2 * 240_000 * 8 * 7) / 365, 6)
    expect(Object.keys(naive.months[0]!.cash).sort()).toEqual(['build', 'gpu_compute'])
  })
  it('is none where none is described', () => {
    expect(naivePlan({ ...honest, naive: undefined })).toBeNull()
  })
})

it('months', () => {
  expect(monthAfter('2026-11', 2)).toBe('2027-01-01')
  expect(monthAfter('2026-01', -1)).toBe('2025-12-01')
  expect(monthsFrom('2025-11', '2026-02-14')).toBe(3)
})
