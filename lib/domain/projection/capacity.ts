import type { ProjectionDocument } from './schema.ts'

/** Hours of an average month: 365 × 24 ÷ 12. */
export const MONTH_HOURS = 730
const MONTH_SECONDS = MONTH_HOURS * 3600

export type Fleet = {
  /** Replicas; fractions never occur: capacity grows in steps. */
  replicas: number
  gpus: number
  /** Average tokens ÷ measured throughput, 0..1; null where the plan names no throughput. */
  load: number | null
}

type Capacity = NonNullable<ProjectionDocument['capacity']>

/** Peak tokens a second that one replica may carry; null where the plan names no throughput. */
export const replicaThroughput = (capacity: Capacity): number | null =>
  capacity.tokens_per_second_per_gpu === undefined
    ? null
    : capacity.tokens_per_second_per_gpu * (capacity.gpus_per_replica ?? 1) * (capacity.load_ceiling ?? 1)

/** max(redundancy, ⌈peak(v) ÷ (throughput × ceiling)⌉) for `tokensPerMonth` (DESIGN.md section 7); null: the plan cannot say. */
export function fleetFor(capacity: Capacity, tokensPerMonth: number, peakToAverage: number): Fleet | null {
  const throughput = replicaThroughput(capacity)
  if (throughput === null && capacity.redundancy === undefined) return null
  const average = tokensPerMonth / MONTH_SECONDS
  // A hair's breadth above a whole number is an artefact of doubles, not one more replica.
  const needed = throughput === null ? 0 : Math.ceil((average * peakToAverage) / throughput - 1e-9)
  const replicas = Math.max(capacity.redundancy ?? 0, needed)
  const gpus = replicas * (capacity.gpus_per_replica ?? 1)
  const full = (capacity.tokens_per_second_per_gpu ?? 0) * gpus
  return { replicas, gpus, load: full > 0 ? average / full : null }
}

/** The most tokens a month that `replicas` can serve; Infinity where the plan names no throughput. */
export function mostTokens(capacity: Capacity, replicas: number, peakToAverage: number): number {
  const throughput = replicaThroughput(capacity)
  return throughput === null ? Infinity : (replicas * throughput * MONTH_SECONDS) / peakToAverage
}

/** Cost of `replicas` over `hours`; null where the plan names no price. `trend` multiplies the price. */
export function fleetCost(capacity: Capacity, replicas: number, hours: number, trend = 1): number | null {
  if (capacity.cost_per_replica_month !== undefined) return replicas * capacity.cost_per_replica_month * trend
  if (capacity.price_per_gpu_hour === undefined) return null
  return replicas * (capacity.gpus_per_replica ?? 1) * capacity.price_per_gpu_hour * hours * trend
}
