// The engine's counters of one replica: what its process has counted since it last started, per engine rank.
import type { Replica } from './shape.ts'
import { DAY } from './time.ts'
import { MINUTES, type World } from './world.ts'

/** Totals since the process started. `easy` and `hard` are requests by load, for the latency histograms. */
export type Totals = { requests: number; prompt: number; cached: number; generation: number; easy: number; hard: number }
export const NOTHING: Totals = { requests: 0, prompt: 0, cached: 0, generation: 0, easy: 0, hard: 0 }

/** The part of a minute's count that falls to one of the replica's engine ranks. */
export const rankShare = (count: number, rank: number, engines: number): number =>
  engines === 1 ? count : rank === 0 ? count - Math.floor(count / 2) : Math.floor(count / 2)

/** Adds minute `m` of the day to the totals of one rank; a restart in that minute clears them first. */
function step(into: Totals, world: World, replica: Replica, rank: number, day: number, m: number): void {
  const facts = world.replicaDay(replica, day)
  if (facts.reset[m]) Object.assign(into, NOTHING)
  const requests = rankShare(facts.requests[m]!, rank, replica.engines)
  into.requests += requests
  into.prompt += rankShare(facts.prompt[m]!, rank, replica.engines)
  into.cached += rankShare(facts.cached[m]!, rank, replica.engines)
  into.generation += rankShare(facts.generation[m]!, rank, replica.engines)
  if (facts.load[m]! < 60) into.easy += requests
  else into.hard += requests
}

export class Counters {
  readonly #world: World
  /** Totals at the beginning of each day, by replica, rank and day. */
  readonly #atMidnight = new Map<string, Totals>()
  constructor(world: World) {
    this.#world = world
  }

  #midnight(replica: Replica, rank: number, day: number): Totals {
    const { start } = this.#world.fleet
    if (day <= start) return { ...NOTHING }
    const key = `${replica.name}/${rank}/${day}`
    const known = this.#atMidnight.get(key)
    if (known) return { ...known }
    // From the latest known midnight on, so that a window in the middle does not recurse through months.
    let from = day - DAY
    while (from > start && !this.#atMidnight.has(`${replica.name}/${rank}/${from}`)) from -= DAY
    const totals = from <= start ? { ...NOTHING } : { ...this.#atMidnight.get(`${replica.name}/${rank}/${from}`)! }
    for (let at = from; at < day; at += DAY) {
      for (let m = 0; m < MINUTES; m++) step(totals, this.#world, replica, rank, at, m)
      this.#atMidnight.set(`${replica.name}/${rank}/${at + DAY}`, { ...totals })
    }
    return totals
  }

  /** The totals at the end of each minute [first, last) of the day. */
  minutes(replica: Replica, rank: number, day: number, first: number, last: number): Totals[] {
    const totals = this.#midnight(replica, rank, day)
    const result: Totals[] = []
    for (let m = 0; m < last; m++) {
      step(totals, this.#world, replica, rank, day, m)
      if (m >= first) result.push({ ...totals })
    }
    return result
  }
}
