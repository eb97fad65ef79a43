// At what volume, and at what load, self-hosting equals an alternative (DESIGN.md section 7). Estimates: numbers.
import { fleetFor, mostTokens, replicaThroughput } from '#lib/domain/projection/capacity.ts'
import type { ProjectionDocument } from '#lib/domain/projection/schema.ts'

type Capacity = NonNullable<ProjectionDocument['capacity']>

/** One month of self-hosting: `fixed` whatever the volume, `perReplica` for every replica that the volume needs. */
export type CostModel = { fixed: number; perReplica: number; capacity: Capacity; peakToAverage: number }

/** `wins` is who is cheaper just above `tokens`. `step`: capacity grows by a replica there. */
export type Crossing = { tokens: number; wins: 'self-hosted' | 'alternative'; step: boolean }

export type BreakEven = {
  crossings: Crossing[]
  /** Who wins at any greater volume. */
  beyond: 'self-hosted' | 'alternative'
  /** Cost of a million tokens on a full replica, without the fixed part: above the alternative's price no volume suffices. Null: unknown. */
  perMillionAtFullLoad: number | null
}

const MOST_STEPS = 10_000

/** All volumes (tokens a month) at which the cheaper side changes. `pricePerMillion` is the alternative's blended price; it must be above 0. */
export function breakEvenVolumes(model: CostModel, pricePerMillion: number): BreakEven {
  const { capacity, peakToAverage, fixed, perReplica } = model
  const price = pricePerMillion / 1e6
  const throughput = replicaThroughput(capacity)
  if (throughput === null) {
    const tokens = (fixed + perReplica * (capacity.redundancy ?? 0)) / price
    return { crossings: [{ tokens, wins: 'self-hosted', step: false }], beyond: 'self-hosted', perMillionAtFullLoad: null }
  }
  const perStep = mostTokens(capacity, 1, peakToAverage)
  const gainPerStep = price * perStep - perReplica
  const crossings: Crossing[] = []
  let winning = false
  let from = 0
  for (let replicas = Math.max(capacity.redundancy ?? 0, 1), steps = 0; steps < MOST_STEPS; replicas++, steps++) {
    const cost = fixed + perReplica * replicas
    const to = replicas * perStep
    if (winning && price * from < cost) {
      crossings.push({ tokens: from, wins: 'alternative', step: true })
      winning = false
    }
    const equal = cost / price
    if (!winning && equal <= to) {
      crossings.push({ tokens: Math.max(equal, from), wins: 'self-hosted', step: false })
      winning = true
    }
    // From here on each further replica changes nothing: it either always pays for itself at once, or never does.
    if (winning && gainPerStep > 0 && price * to >= cost + perReplica) break
    if (!winning && gainPerStep <= 0) break
    from = to
  }
  return { crossings, beyond: winning ? 'self-hosted' : 'alternative', perMillionAtFullLoad: (perReplica / perStep) * 1e6 }
}

export type Flip = {
  kind: 'more tokens, same fleet' | 'fewer tokens, same fleet' | 'fewer GPUs, same tokens' | 'price of the alternative'
  /** Tokens a month, replicas, or a price per million, at which the answer changes. */
  value: number
  /** value ÷ today's. */
  ratio: number
  /** The load that the fleet would then run at; null: no throughput is declared, or it does not matter. */
  load: number | null
  /** null: cannot be told, because no throughput is declared. */
  feasible: boolean | null
  why: string
}

const percent = (value: number) => `${(value * 100).toFixed(Math.abs(value) < 0.1 ? 1 : 0)} %`
const billions = (tokens: number) => `${(tokens / 1e9).toPrecision(3)} billion tokens a month`

/** What would change the answer, from where the fleet stands now; infeasible ways are named as such. Empty when nothing was served. */
export function flipsFrom(model: CostModel, now: { tokens: number; replicas: number }, pricePerMillion: number): Flip[] {
  const price = pricePerMillion / 1e6
  const cost = model.fixed + model.perReplica * now.replicas
  if (price <= 0 || now.tokens <= 0 || cost <= 0) return []
  const flips =
    cost > price * now.tokens
      ? [moreTokens(model, now, cost / price), fewerGpus(model, now, price * now.tokens)]
      : [fewerTokens(model, now, cost / price)]
  return [...flips, otherPrice(cost / (price * now.tokens), pricePerMillion)]
}

function otherPrice(ratio: number, pricePerMillion: number): Flip {
  const change = ratio < 1 ? `${percent(1 - ratio)} lower` : `${percent(ratio - 1)} higher`
  return {
    kind: 'price of the alternative',
    value: pricePerMillion * ratio,
    ratio,
    load: null,
    feasible: true,
    why: `the alternative's prices ${change}`,
  }
}

function fewerTokens(model: CostModel, now: { tokens: number; replicas: number }, tokens: number): Flip {
  const why = `${billions(tokens)} on the same fleet: ${percent(1 - tokens / now.tokens)} fewer than now`
  return {
    kind: 'fewer tokens, same fleet',
    value: tokens,
    ratio: tokens / now.tokens,
    load: loadOf(model, tokens, now.replicas),
    feasible: true,
    why,
  }
}

function moreTokens(model: CostModel, now: { tokens: number; replicas: number }, tokens: number): Flip {
  const most = mostTokens(model.capacity, now.replicas, model.peakToAverage)
  const known = Number.isFinite(most)
  const load = loadOf(model, tokens, now.replicas)
  const feasible = known ? tokens <= most : null
  const why = !known
    ? `${billions(tokens)} on the same fleet; no throughput is declared, so whether it can serve them is unknown`
    : feasible
      ? `${billions(tokens)} on the same fleet, at ${percent(load!)} load`
      : `infeasible: ${billions(tokens)} would be needed and the same fleet serves ${billions(most)} at most`
  return { kind: 'more tokens, same fleet', value: tokens, ratio: tokens / now.tokens, load, feasible, why }
}

function fewerGpus(model: CostModel, now: { tokens: number; replicas: number }, alternative: number): Flip {
  const replicas = model.perReplica > 0 ? Math.floor((alternative - model.fixed) / model.perReplica) : -1
  const needed = fleetFor({ ...model.capacity, redundancy: undefined }, now.tokens, model.peakToAverage)?.replicas ?? null
  const redundancy = model.capacity.redundancy ?? 0
  const load = replicas > 0 ? loadOf(model, now.tokens, replicas) : null
  const base = { kind: 'fewer GPUs, same tokens' as const, value: Math.max(replicas, 0), ratio: Math.max(replicas, 0) / now.replicas, load }
  if (replicas < 1)
    return { ...base, feasible: false, why: 'infeasible: what does not depend on GPUs already costs more than the alternative' }
  if (replicas < redundancy)
    return { ...base, feasible: false, why: `infeasible: ${replicas} replicas are fewer than the ${redundancy} that redundancy asks for` }
  if (needed === null)
    return { ...base, feasible: null, why: `${replicas} replicas; no throughput is declared, so whether they suffice is unknown` }
  if (replicas < needed) return { ...base, feasible: false, why: `infeasible: ${replicas} replicas, but the peaks need ${needed}` }
  return {
    ...base,
    feasible: true,
    why: `${replicas} instead of ${Number(now.replicas.toFixed(2))} replicas${load === null ? '' : `, at ${percent(load)} load`}`,
  }
}

function loadOf({ capacity }: CostModel, tokens: number, replicas: number): number | null {
  if (capacity.tokens_per_second_per_gpu === undefined) return null
  const full = mostTokens({ ...capacity, load_ceiling: undefined }, replicas, 1)
  return full > 0 ? tokens / full : null
}
