import { type CapacityState, STATES } from '../layers.ts'
import { type Money, splitMoney } from '../money.ts'
import { type Day, dayStart, MINUTE_MS } from '../time.ts'
import type { NodeFacts } from './facts.ts'
import { gpuMinutes } from './states.ts'

export type StatePart = { state: CapacityState; deployment: string; minutes: number; amount: Money }
export type NodeDay = { parts: StatePart[]; notBilled: number }

/**
 * One node-day: billed GPU-minutes by state and deployment, each with its part of the day's cost (RULES.md 13 and 14), and GPU-minutes seen
 * outside billed ones. Without GPUs or billed minutes all the cost is `unknown`.
 */
export function nodeDay(facts: NodeFacts, day: Day, billed: ReadonlySet<number>, cost: Money): NodeDay {
  const from = dayStart(day) / MINUTE_MS
  const counts = new Map<string, StatePart>()
  let notBilled = 0
  for (const gpu of facts.gpus) {
    for (const [minute, { state, deployment, seen }] of gpuMinutes(facts, gpu, from, from + 1440)) {
      if (!billed.has(minute)) {
        if (seen) notBilled++
        continue
      }
      const key = `${state} ${deployment}`
      const part = counts.get(key) ?? { state, deployment, minutes: 0, amount: cost }
      part.minutes++
      counts.set(key, part)
    }
  }
  const parts = [...counts.values()].sort(
    (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || (a.deployment < b.deployment ? -1 : 1),
  )
  if (parts.length === 0) return { parts: [{ state: 'unknown', deployment: '', minutes: 0, amount: cost }], notBilled }
  return { parts: priced(parts, cost), notBilled }
}

/** Parts in the order of the states: the cost over the states, then each state's over its deployments. */
function priced(parts: readonly StatePart[], cost: Money): StatePart[] {
  const states = [...Map.groupBy(parts, (part) => part.state).values()]
  const minutesOf = (list: readonly StatePart[]) => list.map((part) => part.minutes)
  const amounts = splitMoney(
    cost,
    states.map((list) => minutesOf(list).reduce((sum, minutes) => sum + minutes, 0)),
  )
  return states.flatMap((list, i) => splitMoney(amounts[i]!, minutesOf(list)).map((amount, j) => ({ ...list[j]!, amount })))
}
