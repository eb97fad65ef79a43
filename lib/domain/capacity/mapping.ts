import type { MinuteMask } from '../mask.ts'
import type { GpuFact, GpuHourFact, NodeFacts, ReplicaFact } from './facts.ts'

const HOURS_CARRIED = 7 * 24
export const bit = (mask: MinuteMask, minute: number): boolean => ((mask >> BigInt(minute % 60)) & 1n) === 1n
export const hourOf = (minute: number): number => Math.floor(minute / 60)

export const factOf = (facts: NodeFacts, gpu: string, hour: number): GpuHourFact | undefined => facts.hours.get(gpu)?.get(hour)

/** The pods on a GPU in an hour; through unseen hours those it had last, for at most 7 days. */
function podsOf(facts: NodeFacts, gpu: string, hour: number): readonly string[] {
  for (let back = hour; back >= Math.floor(hour / 24) * 24 - HOURS_CARRIED; back--) {
    const fact = factOf(facts, gpu, back)
    if (fact && fact.seen !== 0n) return fact.pods
  }
  return []
}

const byPod = (facts: NodeFacts, replica: ReplicaFact, gpu: string, hour: number) =>
  replica.pod !== null && podsOf(facts, gpu, hour).includes(replica.pod)

export const hasPod = (facts: NodeFacts, replica: ReplicaFact, hour: number) =>
  facts.gpus.some(({ gpu }) => byPod(facts, replica, gpu, hour))

/** By equal namespace and pod, else by declared index. */
function claims(facts: NodeFacts, replica: ReplicaFact, { gpu, index }: GpuFact, hour: number): boolean {
  if (hasPod(facts, replica, hour)) return byPod(facts, replica, gpu, hour)
  return replica.local && index !== null && replica.gpus.includes(index)
}

/** Whether a replica works on a GPU in a minute (RULES.md 8). */
export function mapped(facts: NodeFacts, replica: ReplicaFact, gpu: GpuFact, minute: number): boolean {
  const hour = hourOf(minute)
  if (hasPod(facts, replica, hour) || replica.gpus.length > 0) return claims(facts, replica, gpu, hour)
  if (!replica.local || facts.replicas.some((other) => claims(facts, other, gpu, hour))) return false
  const fact = factOf(facts, gpu.gpu, hour)
  return fact !== undefined && bit(fact.memLoaded, minute)
}
