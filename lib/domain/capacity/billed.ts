// Which minutes of a node its lines bill (RULES.md 12). The oracle of lib/reconcile/capacity/cost.ts.
import { Money, type Money as Quantity } from '../money.ts'
import { type Interval, MINUTE_MS } from '../time.ts'

export type UsageLine = {
  charge: Interval
  /** Hours consumed; null where the unit is not hours, or nothing is said: then the whole span is billed. */
  hours: Quantity | null
}

/** Billed minutes, counted since the epoch, of the lines of one node: united over lines. */
export function billedMinutes(lines: readonly UsageLine[]): Set<number> {
  const billed = new Set<number>()
  for (const { charge, hours } of lines) {
    const first = Math.ceil(charge.start / MINUTE_MS)
    const end = Math.ceil(charge.end / MINUTE_MS)
    const whole = hours === null || hours.times(3_600_000).gte(charge.end - charge.start)
    const rounded = hours === null ? 0 : Math.max(0, hours.times(60).toDecimalPlaces(0, Money.ROUND_HALF_EVEN).toNumber())
    const count = whole ? end - first : Math.min(rounded, end - first)
    const continues = lines.some((other) => other.charge.end === charge.start && other.charge.start < other.charge.end)
    const from = whole || continues ? first : end - count
    for (let minute = from; minute < from + count; minute++) billed.add(minute)
  }
  return billed
}
