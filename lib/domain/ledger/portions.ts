// How a bill line spreads over UTC days and how a shared line is told apart: the oracle of lib/reconcile/bills.
import { type Money, splitMoney } from '../money.ts'
import { addDays, type Day, dayStart, daysOf, type Interval } from '../time.ts'

export type Portion = { day: Day; amount: Money }

/** A line's portion of each UTC day that it touches, by seconds; inside one day, and for an empty interval, the whole (RULES.md 14). */
export function portionsOf(charge: Interval, amount: Money): Portion[] {
  const days = daysOf(charge)
  if (days.length === 1) return [{ day: days[0]!, amount }]
  const lengths = days.map((day) => Math.min(charge.end, dayStart(addDays(day, 1))) - Math.max(charge.start, dayStart(day)))
  return splitMoney(amount, lengths).map((part, index) => ({ day: days[index]!, amount: part }))
}

/**
 * The fleet's part of one day's portion of a shared line, and the rest. `fleet` and `everything` are that day's effective Usage of the
 * same billing account and currency; without any Usage the whole is outside (RULES.md 20).
 */
export function shareOf(amount: Money, fleet: Money, everything: Money): { cost: Money; outside: Money } {
  if (everything.lte(0) || fleet.lte(0)) return { cost: amount.minus(amount), outside: amount }
  const rest = everything.minus(fleet)
  const [cost, outside] = splitMoney(amount, rest.isNegative() ? [everything, 0] : [fleet, rest])
  return { cost: cost!, outside: outside! }
}
