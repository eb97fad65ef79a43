// Tokens by deployment and class as counters tell them (RULES.md 6, 7), and what others would charge for them (31).
import { findProvider } from '@pydantic/genai-prices'
import { COMPARATORS, type PriceRow } from '../sim/config-files.ts'
import { rankShare } from '../sim/counters.ts'
import { type Exact, exact } from '../sim/decimal.ts'
import type { Fleet, Replica } from '../sim/shape.ts'
import { EVERY_MINUTE, type Steps } from '../sim/text.ts'
import { DAY, dayText } from '../sim/time.ts'
import { MINUTES, World } from '../sim/world.ts'
import { Totals } from './totals.ts'

const COUNTED = ['prompt', 'cached', 'generation'] as const
type Counted = (typeof COUNTED)[number]

/** What the readings of one counter of one rank add up to, by day. The first reading is where counting begins. */
function increases(world: World, replica: Replica, rank: number, what: Counted, steps: Steps, to: number): Map<number, number> {
  const days = new Map<number, number>()
  let value = 0
  let last: number | undefined
  for (let day = world.fleet.start; day < to; day += DAY) {
    const facts = world.replicaDay(replica, day)
    for (let m = 0; m < MINUTES; m++) {
      if (facts.reset[m]) value = 0
      value += rankShare(facts[what][m]!, rank, replica.engines)
      const read = facts.running[m]! >= 0 && m % steps.slow === steps.slow - 1
      if (!read) continue
      if (last !== undefined) days.set(day, (days.get(day) ?? 0) + (value < last ? value : value - last))
      last = value
    }
  }
  return days
}

/** `tokens/<day>/<deployment>/<class>`. */
export function tokenTruth(fleet: Fleet, to: number, steps: Steps = EVERY_MINUTE): Totals {
  const totals = new Totals()
  const world = new World(fleet)
  for (const replica of fleet.replicas)
    for (let rank = 0; rank < replica.engines; rank++) {
      const [prompt, cached, generation] = COUNTED.map((what) => increases(world, replica, rank, what, steps, to))
      for (const day of prompt!.keys()) {
        const key = `tokens/${dayText(day)}/${replica.deployment}`
        totals.add(`${key}/prompt`, exact(prompt!.get(day)! - cached!.get(day)!))
        totals.add(`${key}/cache_read`, exact(cached!.get(day)!))
        totals.add(`${key}/generation`, exact(generation!.get(day)!))
      }
    }
  return totals
}

const CATALOGUE_NAMES: Record<string, string> = { prompt: 'input_mtok', cache_read: 'cache_read_mtok', generation: 'output_mtok' }

/** The price in force: our own list wins, the newest first; else the catalogue's, which is a plain number for these models. */
function priceOf(own: readonly PriceRow[], provider: string, model: string, tokenClass: string, day: string): Exact | undefined {
  const rows = own.filter((row) => row.provider === provider && row.model === model && row.class === tokenClass && row.from <= day)
  if (rows.length > 0) return exact(rows.sort((a, b) => (a.from < b.from ? 1 : -1))[0]!.perMillion)
  const entry = findProvider({ providerId: provider })?.models.find((one) => one.id === model)
  if (!entry || Array.isArray(entry.prices)) throw new Error(`choose another model than ${provider} ${model}`)
  const price = entry.prices[CATALOGUE_NAMES[tokenClass]!]
  return typeof price === 'number' ? exact(price) : undefined
}

/** `equivalent/<day>/<comparator>/<deployment>/<class>` in dollars and `unpriced/…` in tokens, of real demand only. */
export function equivalentTruth(fleet: Fleet, own: readonly PriceRow[], tokens: Totals): Totals {
  const totals = new Totals()
  for (const [key, count] of tokens.cells) {
    const [, day, deployment, tokenClass] = key.split('/') as [string, string, string, string]
    if (!fleet.deployments.find((one) => one.name === deployment)!.demand) continue
    for (const comparator of COMPARATORS) {
      const map = comparator.maps.find((one) => one.deployment === deployment)!
      const price = priceOf(own, map.provider, map.model, tokenClass, day)
      const ratio = exact(tokenClass === 'generation' ? comparator.output_ratio : comparator.tokenizer_ratio)
      if (price)
        totals.add(`equivalent/${day}/${comparator.name}/${deployment}/${tokenClass}`, count.times(ratio).times(price).div(1_000_000))
      else totals.add(`unpriced/${day}/${comparator.name}/${deployment}/${tokenClass}`, count)
    }
  }
  return totals
}
