// What is known of one node, for the oracle of lib/reconcile/capacity. Minutes and hours are counted since the epoch.
import type { MinuteMask } from '../mask.ts'

export type GpuHourFact = {
  gpu: string
  hour: number
  pods: readonly string[]
  seen: MinuteMask
  utilKnown: MinuteMask
  memKnown: MinuteMask
  memLoaded: MinuteMask
  /** Utilisation at or above the busy threshold. */
  busy: MinuteMask
  xidStart: MinuteMask
  xidStanding: MinuteMask
}

export type GpuFact = {
  gpu: string
  index: number | null
  /** Instant of the first sample ever, in milliseconds; null: never seen. */
  firstSeenMs: number | null
}

export type ReplicaFact = {
  id: number
  /** Whether the replica runs on this node. */
  local: boolean
  /** `namespace/pod`, or null */
  pod: string | null
  deployment: string | null
  /** Declared device indexes; empty: none declared. */
  gpus: readonly number[]
  hours: ReadonlyMap<number, { scraped: MinuteMask; running: MinuteMask }>
}

export type NodeFacts = {
  /** The GPUs of the node on the day (RULES.md 9). */
  gpus: readonly GpuFact[]
  /** By GPU, then hour. */
  hours: ReadonlyMap<string, ReadonlyMap<number, GpuHourFact>>
  replicas: readonly ReplicaFact[]
}
