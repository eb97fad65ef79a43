// Deterministic noise: the same keys give the same number, in any order of asking, so that any minute can be simulated alone.

/** 32 mixed bits of a seed and two keys. */
export function hash(seed: number, a: number, b = 0): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul((a | 0) + 0x7f4a7c15, 0xc2b2ae35)
  h ^= h >>> 15
  h = Math.imul(h ^ Math.imul((b | 0) + 0x165667b1, 0x27d4eb2f), 0x2c1b3c6d)
  h ^= h >>> 12
  h = Math.imul(h, 0x297a2d39)
  h ^= h >>> 15
  return h >>> 0
}

/** A number in [0, 1). */
export const unit = (seed: number, a: number, b = 0): number => hash(seed, a, b) / 4294967296

/** A whole number in [low, high]. */
export const between = (low: number, high: number, seed: number, a: number, b = 0): number =>
  low + Math.floor(unit(seed, a, b) * (high - low + 1))

/** A key from a name. */
export function keyOf(text: string): number {
  let h = 2166136261
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619)
  return h | 0
}
