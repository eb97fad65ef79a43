import { type ProjectedMonth, type Projection, trendAt } from '#lib/domain/projection/project.ts'
import { totalOf } from '#lib/domain/projection/layers.ts'
import type { ProjectionDocument } from '#lib/domain/projection/schema.ts'
import { type Day, dayStart, DAY_MS } from '#lib/domain/time.ts'
import { MONTH_HOURS } from '#lib/domain/projection/capacity.ts'
import { hoursOf, monthAfter, monthsFrom } from '#lib/domain/projection/months.ts'

export type Future = { months: number; own: number; alternative: number; reasons: string[] }

/** Cost that ends when the fleet ends: everything but the build, which is spent, and the premium on it. */
function avoidable({ cash }: ProjectedMonth): number {
  const labour = (cash.build ?? 0) + (cash.operations ?? 0) + (cash.on_call ?? 0)
  const premiumOnBuild = labour === 0 ? 0 : ((cash.talent_premium ?? 0) * (cash.build ?? 0)) / labour
  return totalOf(cash) - (cash.build ?? 0) - premiumOnBuild
}

/** The part of a plan month that lies at or after `day`. */
function remaining(month: Day, day: Day): number {
  const days = hoursOf(month) / 24
  const before = (dayStart(day) - dayStart(month)) / DAY_MS
  return Math.min(1, Math.max(0, 1 - before / days))
}

/**
 * Avoidable cost from `day` to the end of the plan: today's run rates, moved by how the plan itself changes from now on (its demand, its
 * capacity steps, its price trends). Leaving costs the declared exit. A string says why nothing can be said.
 */
export function futureFrom(
  document: ProjectionDocument,
  plan: Projection,
  day: Day,
  rates: { ownPerMonth: number; alternativePerMonth: number },
  /** One unit of the document's currency in that of the run rates. */
  fx: number,
): Future | string {
  const at = monthsFrom(document.start, day)
  const now = plan.months[Math.max(at, 0)]
  if (!now) return `the projection ends before ${day}`
  const ahead = plan.months.filter((month) => monthAfter(month.month, 1) > day)
  const [ownNow, tokensNow] = [avoidable(now), now.tokens]
  if (ownNow <= 0) return 'the projection states no running cost for the months ahead'
  if (!tokensNow) return 'the projection states no demand for the months ahead'
  let own = 0
  let alternative = 0
  let months = 0
  // Run rates are of an average month; the plan's months have their own lengths.
  const scale = hoursOf(now.month) / MONTH_HOURS
  for (const month of ahead) {
    const part = remaining(month.month, day)
    const trend = trendAt(document.price_trends?.api, monthsFrom(now.month, month.month))
    months += part
    own += part * scale * rates.ownPerMonth * (avoidable(month) / ownNow)
    alternative += part * scale * rates.alternativePerMonth * ((month.tokens ?? 0) / tokensNow) * trend
  }
  const exit = document.exit === undefined ? null : document.exit.cost * fx
  const reasons = [
    `run rates of the period, moved by the projection's own changes, over the ${months.toFixed(1)} months that it has left`,
    'what was spent on building is sunk; no remaining commitments are declared',
    exit === null
      ? 'no exit cost is declared'
      : `leaving costs ${document.exit?.cost} ${document.currency}, counted on the side that leaves`,
  ]
  return { months, own, alternative: alternative + (exit ?? 0), reasons }
}
