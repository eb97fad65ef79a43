// 60-bit minute masks of one UTC hour; minute 0 is bit 0. BigInt here, bigint in SQL.

export type MinuteMask = bigint
export const FULL_HOUR: MinuteMask = (1n << 60n) - 1n

/** Minutes [from, to) of the hour. */
export const minuteMask = (from: number, to: number): MinuteMask =>
  to <= from ? 0n : ((1n << BigInt(Math.min(to, 60) - Math.max(from, 0))) - 1n) << BigInt(Math.max(from, 0))

/** How many minutes are set. */
export function minutesIn(mask: MinuteMask): number {
  let count = 0
  for (let rest = mask; rest > 0n; rest &= rest - 1n) count++
  return count
}

/** The complement within the hour. */
export const notMask = (mask: MinuteMask): MinuteMask => FULL_HOUR & ~mask
