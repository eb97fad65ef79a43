import type { ProjectionDocument } from '#lib/domain/projection/schema.ts'

type Risk = NonNullable<ProjectionDocument['risks']>[number]

/** Uniform numbers in [0, 1) from a seed (mulberry32): the same seed gives the same answer everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const DRAWS = 4000
const SEED = 20_260_101

/**
 * The share of draws in which self-hosting stays cheaper once risks strike or not. `own` holds no reserve for them: the draws replace it.
 * Null when no risk is stated.
 */
export function chanceOfWinning(own: number, alternative: number, risks: readonly Risk[], seed = SEED): number | null {
  if (risks.length === 0) return null
  const next = seeded(seed)
  let wins = 0
  for (let draw = 0; draw < DRAWS; draw++) {
    let cost = own
    for (const risk of risks) if (next() < risk.probability) cost += risk.impact
    if (cost < alternative) wins++
  }
  return wins / DRAWS
}
