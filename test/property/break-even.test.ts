import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { breakEvenVolumes, type CostModel, flipsFrom } from '#lib/domain/comparison/break-even.ts'
import { fleetFor } from '#lib/domain/projection/capacity.ts'

const model = fc.record({
  fixed: fc.integer({ min: 0, max: 50_000 }),
  perReplica: fc.integer({ min: 500, max: 20_000 }),
  peakToAverage: fc.integer({ min: 1, max: 10 }),
  capacity: fc.record({
    tokens_per_second_per_gpu: fc.integer({ min: 100, max: 5000 }),
    gpus_per_replica: fc.constantFrom(1, 4, 8),
    load_ceiling: fc.constantFrom(0.5, 0.7, 1),
    redundancy: fc.constantFrom(1, 2, 3),
  }),
})
const price = fc.integer({ min: 5, max: 3000 }).map((cents) => cents / 100)

const selfHostedWins = (m: CostModel, tokens: number, perMillion: number) =>
  m.fixed + m.perReplica * fleetFor(m.capacity, tokens, m.peakToAverage)!.replicas <= (tokens * perMillion) / 1e6

describe('break-even', () => {
  it('finds every volume at which the cheaper side changes, and no other', () => {
    fc.assert(
      fc.property(model, price, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (m, perMillion, where) => {
        const { crossings, beyond } = breakEvenVolumes(m, perMillion)
        const volumes = [0, ...crossings.map((one) => one.tokens), (crossings.at(-1)?.tokens ?? 1e9) * 3]
        for (let i = 0; i + 1 < volumes.length; i++) {
          const [low, high] = [volumes[i]!, volumes[i + 1]!]
          if (high - low < high * 1e-6) continue
          const winner = i === 0 ? 'alternative' : crossings[i - 1]!.wins
          expect(selfHostedWins(m, low + (high - low) * where, perMillion)).toBe(winner === 'self-hosted')
        }
        expect(crossings.at(-1)?.wins ?? 'alternative').toBe(beyond)
      }),
      { numRuns: 1000, seed: 11 },
    )
  })

  it('flips to a volume or a fleet at which self-hosting really is as cheap', () => {
    fc.assert(
      fc.property(model, price, fc.integer({ min: 1, max: 60 }), (m, perMillion, billions) => {
        const tokens = billions * 1e9
        const { replicas } = fleetFor(m.capacity, tokens, m.peakToAverage)!
        const cost = m.fixed + m.perReplica * replicas
        for (const flip of flipsFrom(m, { tokens, replicas }, perMillion)) {
          if (flip.kind === 'price of the alternative') expect((flip.value * tokens) / 1e6).toBeCloseTo(cost, 4)
          if (flip.kind === 'more tokens, same fleet' || flip.kind === 'fewer tokens, same fleet')
            expect((flip.value * perMillion) / 1e6).toBeCloseTo(cost, 4)
          if (flip.kind === 'more tokens, same fleet' && flip.feasible)
            expect(fleetFor(m.capacity, flip.value * (1 - 1e-9), m.peakToAverage)!.replicas).toBeLessThanOrEqual(replicas)
          if (flip.kind === 'fewer GPUs, same tokens' && flip.feasible) {
            expect(m.fixed + m.perReplica * flip.value).toBeLessThanOrEqual((tokens * perMillion) / 1e6)
            expect(flip.value).toBeGreaterThanOrEqual(replicas) // the fleet was sized by its peaks already
          }
        }
      }),
      { numRuns: 500, seed: 12 },
    )
  })
})
