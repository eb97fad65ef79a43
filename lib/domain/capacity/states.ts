// The state of every GPU-minute of a node, minute by minute, straight from RULES.md 8 to 11: slow, simple, and what the SQL must equal.
import type { CapacityState } from '../layers.ts'
import { MINUTE_MS } from '../time.ts'
import type { GpuFact, NodeFacts, ReplicaFact } from './facts.ts'
import { bit, factOf, hasPod, hourOf, mapped } from './mapping.ts'

export type GpuMinute = { state: CapacityState; deployment: string; seen: boolean }

const served = (replica: ReplicaFact, minute: number) => {
  const hour = replica.hours.get(hourOf(minute))
  return {
    running: hour !== undefined && bit(hour.running, minute),
    scraped: hour !== undefined && bit(hour.scraped | hour.running, minute),
    inHour: hour !== undefined && (hour.scraped | hour.running) !== 0n,
  }
}

/** The first deployment by name among those whose requests run, else that were scraped in the minute, else in the hour. */
function deploymentOf(facts: NodeFacts, gpu: GpuFact, minute: number): string {
  for (const evidence of ['running', 'scraped', 'inHour'] as const) {
    const names = facts.replicas
      .filter((one) => one.deployment !== null && served(one, minute)[evidence] && mapped(facts, one, gpu, minute))
      .map((one) => one.deployment!)
    const first = names.reduce<string | undefined>((least, name) => (least === undefined || name < least ? name : least), undefined)
    if (first !== undefined) return first
  }
  return ''
}

/** Every minute of [from, to) of one GPU; the facts must reach back to where its last failure began. */
export function gpuMinutes(facts: NodeFacts, gpu: GpuFact, from: number, to: number): Map<number, GpuMinute> {
  const minutes = new Map<number, GpuMinute>()
  const start = Math.min(from, ...[...(facts.hours.get(gpu.gpu)?.keys() ?? [])].map((hour) => hour * 60))
  let standing = false
  for (let minute = start; minute < to; minute++) {
    const fact = factOf(facts, gpu.gpu, hourOf(minute))
    const sample = fact !== undefined && bit(fact.seen, minute)
    const mine = facts.replicas.filter((replica) => mapped(facts, replica, gpu, minute))
    const running = mine.some((replica) => served(replica, minute).running)
    const scraped = mine.some((replica) => served(replica, minute).scraped)
    const busy = fact !== undefined && bit(fact.busy, minute)
    const starts = fact !== undefined && bit(fact.xidStart, minute)
    if (starts) standing = true
    else if (running || busy) standing = false
    if (sample && !bit(fact.xidStanding, minute)) standing = false
    if (minute < from) continue

    const another = [...facts.hours.keys()].some(
      (other) => other !== gpu.gpu && bit(factOf(facts, other, hourOf(minute))?.seen ?? 0n, minute),
    )
    const seenBefore = gpu.firstSeenMs !== null && Math.floor(gpu.firstSeenMs / MINUTE_MS) < minute
    const failed = standing || (!sample && another && seenBefore)
    const seen = sample || running
    const engine = facts.replicas.some((one) => served(one, minute).inHour && (one.local || hasPod(facts, one, hourOf(minute))))
    const known = fact !== undefined && bit(fact.utilKnown, minute) && (bit(fact.memKnown, minute) || scraped)
    const loaded = scraped || (fact !== undefined && bit(fact.memLoaded, minute))
    minutes.set(minute, {
      state: stateOf({ seen, failed, running, busy, engine, known, loaded }),
      deployment: deploymentOf(facts, gpu, minute),
      seen,
    })
  }
  return minutes
}

type Evidence = { seen: boolean; failed: boolean; running: boolean; busy: boolean; engine: boolean; known: boolean; loaded: boolean }

/** The state table of RULES.md 11, first fit. */
export function stateOf({ seen, failed, running, busy, engine, known, loaded }: Evidence): CapacityState {
  if (!seen && !failed) return 'dark'
  if (failed && !running && !busy) return 'lost'
  if (running) return 'serving'
  if (busy) return engine ? 'other_work' : 'busy_unattributed'
  if (!known) return 'unknown'
  return loaded ? 'warm_idle' : 'unallocated'
}
