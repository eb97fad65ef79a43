// The worked example of REFERENCE-CASES.md (source C), published and recomputed, from its own inputs.
import { describe, expect, it } from 'vitest'
import { breakEvenVolumes } from '#lib/domain/comparison/break-even.ts'
import { totalOf } from '#lib/domain/projection/layers.ts'
import { buildCost, project } from '#lib/domain/projection/project.ts'
import { type ProjectionDocument, projectionSchema } from '#lib/domain/projection/schema.ts'

type Inputs = { gpu: number; supporting?: number; fte?: number; opsRate?: number; buildRate?: number; goLive?: string }
/** One billion tokens a month on a fixed fleet; operations of `fte` engineers. */
const worked = ({ gpu, supporting = 0.25, fte = 1, opsRate = 250_000, buildRate = 250_000, goLive }: Inputs): ProjectionDocument =>
  projectionSchema.parse({
    currency: 'USD',
    start: '2026-01',
    ...(goLive ? { go_live: goLive } : {}),
    demand: { tokens_per_month: 1e9 },
    capacity: { cost_per_replica_month: gpu, redundancy: 1 },
    build: { engineers: 2, months: 4, rate_per_year: buildRate },
    run: { operations_fte: fte, rate_per_year: opsRate },
    supporting: { share_of_gpu: supporting },
  })
const first = (inputs: Inputs) => Math.round(totalOf(project(worked(inputs)).months[0]!.cash))
const ongoing = (inputs: Inputs) => Math.round(totalOf(project(worked(inputs)).months[12]!.cash))

const LOW = { gpu: 8000, fte: 1 }
const HIGH = { gpu: 12_000, fte: 1.25 }
/** Operations at the published 12,000 for one FTE and 15,000 for 1.25 are 144,000 a year. */
const PUBLISHED = { opsRate: 144_000 }

describe('the worked example, 1 billion tokens a month', () => {
  it.each([
    ['build as published: 200,000 needs 300,000 a year', buildCost(worked({ ...LOW, buildRate: 300_000 }).build!), 200_000],
    ['build recomputed at 250,000 a year', Math.round(buildCost(worked(LOW).build!)), 166_667],
    ['build of 2 × 5 months recomputed', Math.round(buildCost({ ...worked(LOW).build!, months: 5 })), 208_333],
    ['build a month as published', project(worked({ ...LOW, buildRate: 300_000 })).months[3]!.cash.build, 50_000],
    ['build a month recomputed', Math.round(project(worked(LOW)).months[0]!.cash.build!), 41_667],
    ['no build in the fifth month', project(worked(LOW)).months[4]!.cash.build, 0],
    ['operations recomputed, 1 FTE', Math.round(project(worked(LOW)).months[0]!.cash.operations!), 20_833],
    ['operations recomputed, 1.25 FTE', Math.round(project(worked(HIGH)).months[0]!.cash.operations!), 26_042],
    ['ongoing, by its own parts, low', ongoing({ ...LOW, ...PUBLISHED }), 22_000],
    ['ongoing, by its own parts, high: 30,000 and not 31,000', ongoing({ ...HIGH, ...PUBLISHED }), 30_000],
    ['ongoing recomputed, low', ongoing(LOW), 30_833],
    ['ongoing recomputed, high', ongoing(HIGH), 41_042],
    ['first months without operations, low', first({ ...LOW, buildRate: 300_000, goLive: '2026-05' }), 60_000],
    ['first months without operations, high', first({ ...HIGH, buildRate: 300_000, goLive: '2026-05' }), 65_000],
    ['first months with operations, low', first({ ...LOW, ...PUBLISHED, buildRate: 300_000 }), 72_000],
    ['first months with operations, high', first({ ...HIGH, ...PUBLISHED, buildRate: 300_000 }), 80_000],
    ['first months, build recomputed, operations as published, low', first({ ...LOW, ...PUBLISHED }), 63_667],
    ['first months, build recomputed, operations as published, high', first({ ...HIGH, ...PUBLISHED }), 71_667],
  ])('%s', (_, value, expected) => {
    expect(value).toBe(expected)
  })
})

describe('its break-even, published as 5 to 10 billion tokens a month', () => {
  const fixedFleet = (cost: number, price: number) =>
    breakEvenVolumes({ fixed: 0, perReplica: cost, capacity: { redundancy: 1 }, peakToAverage: 1 }, price).crossings[0]!.tokens / 1e9

  it.each([
    [22_000, 2, 11],
    [30_000, 1, 30],
    [30_833, 2, 15.4],
    [41_042, 1, 41],
  ])('a fixed %i a month against %i a million breaks even at %f billion', (cost, price, expected) => {
    expect(fixedFleet(cost, price)).toBeCloseTo(expected, 1)
  })

  it.each([
    [8000, 2],
    [12_000, 1],
  ])('never at this efficiency: %i for a billion on GPUs alone against %i a million', (gpu, price) => {
    // A replica that serves one billion tokens a month and no more: 30 billion need thirty of them.
    const capacity = { tokens_per_second_per_gpu: 1e9 / (730 * 3600), redundancy: 1 }
    const result = breakEvenVolumes({ fixed: 14_000, perReplica: gpu, capacity, peakToAverage: 1 }, price)
    expect(result).toMatchObject({ crossings: [], beyond: 'alternative' })
    expect(result.perMillionAtFullLoad).toBeCloseTo(gpu / 1000, 6)
  })
})
