// What happens in the fleet, minute by minute. Both the exporters' text and the truth are made from this, and from nothing else.
import { between, hash, keyOf, unit } from './random.ts'
import { type Deployment, type Fleet, type Gpu, type Node, type Replica, replicasOf } from './shape.ts'
import { DAY, inside, MINUTE, type Span } from './time.ts'

export const MINUTES = 1440
/** Utilisation that is no value: the exporter writes one of the vendor's markers for it. */
export const NO_VALUE = 255

/** One UTC day of one replica. `running` is -1 where it could not be scraped; tokens flow on through gaps. `reset` marks restarts. */
export type ReplicaDay = {
  running: Int16Array
  requests: Int32Array
  prompt: Int32Array
  cached: Int32Array
  generation: Int32Array
  /** Load 0-100, for utilisation. */
  load: Uint8Array
  reset: Uint8Array
}

/** One UTC day of one GPU. `present`: samples in that minute (0, 1 or 3). Memory in MiB; -1 is no value. */
export type GpuDay = { gpu: Gpu; present: Uint8Array; util: Uint8Array; used: Int32Array; xid: Uint8Array; pod: (Replica | null)[] }

/** How busy people and programs are at that instant, 0 to 1. Nights and weekends are quiet: the peak is 5 to 10 times the night. */
function demand(deployment: Deployment, ms: number, fleet: Fleet): number {
  const { seed } = fleet
  const date = new Date(ms)
  const hour = date.getUTCHours() + date.getUTCMinutes() / 60
  const weekend = date.getUTCDay() === 0 || date.getUTCDay() === 6
  const noise = 0.85 + 0.3 * unit(seed, keyOf(deployment.name), Math.floor(ms / (10 * MINUTE)))
  if (deployment.curve === 'nightly') return hour >= 1 && hour < 4 ? 0.8 * noise : 0
  const wave = 0.5 - 0.5 * Math.cos(((hour - 2.5) / 24) * 2 * Math.PI)
  const peaked = deployment.curve === 'office' ? 0.06 + 0.94 * wave ** 2.2 : 0.22 + 0.78 * wave ** 1.4
  const quiet = weekend ? (deployment.curve === 'office' ? 0.35 : 0.7) : 1
  return peaked * quiet * noise * moodOfDay(deployment, ms, fleet)
}

/** Use grows over the months, and no two days are alike. */
function moodOfDay(deployment: Deployment, ms: number, { seed, start, end, days }: Fleet): number {
  const grown = days < 60 ? 1 : 0.62 + 0.38 * Math.min(1, (ms - start) / (end - start))
  return grown * (0.86 + 0.28 * unit(seed, keyOf(deployment.name) + 5, Math.floor(ms / DAY)))
}

const isUp = (fleet: Fleet, replica: Replica, ms: number): boolean =>
  ms >= replica.span.from && ms < replica.span.to && !inside(fleet.troubles.replicaDown[replica.name] ?? [], ms)

const clip = (spans: readonly Span[] | undefined, from: number, to: number): Span[] =>
  (spans ?? []).filter((span) => span.from < to && span.to > from)

export class World {
  readonly fleet: Fleet
  readonly #replicaDays = new Map<string, ReplicaDay>()
  readonly #gpuDays = new Map<string, GpuDay[]>()
  constructor(fleet: Fleet) {
    this.fleet = fleet
  }

  /** The day that begins at `day` (UTC midnight). The last few days asked for are kept. */
  replicaDay(replica: Replica, day: number): ReplicaDay {
    return remember(this.#replicaDays, `${replica.name}/${day}`, () => simulateReplica(this.fleet, replica, day))
  }

  gpuDays(node: Node, day: number): GpuDay[] {
    return remember(this.#gpuDays, `${node.name}/${day}`, () => simulateNode(this, node, day))
  }
}

function remember<T>(cache: Map<string, T>, key: string, make: () => T): T {
  let value = cache.get(key)
  if (value === undefined) {
    value = make()
    cache.set(key, value)
    if (cache.size > 48) cache.delete(cache.keys().next().value!)
  }
  return value
}

function simulateReplica(fleet: Fleet, replica: Replica, day: number): ReplicaDay {
  const deployment = fleet.deployments.find((one) => one.name === replica.deployment)!
  const siblings = fleet.replicas.filter((one) => one.deployment === replica.deployment)
  const gaps = clip(fleet.troubles.replicaGap[replica.name], day, day + DAY)
  const key = keyOf(replica.name)
  const result: ReplicaDay = {
    running: new Int16Array(MINUTES).fill(-1),
    requests: new Int32Array(MINUTES),
    prompt: new Int32Array(MINUTES),
    cached: new Int32Array(MINUTES),
    generation: new Int32Array(MINUTES),
    load: new Uint8Array(MINUTES),
    reset: new Uint8Array(MINUTES),
  }
  let level = 0
  for (let m = 0; m < MINUTES; m++) {
    const ms = day + m * MINUTE
    if (!isUp(fleet, replica, ms)) continue
    if (!isUp(fleet, replica, ms - MINUTE)) result.reset[m] = 1
    if (m % 5 === 0 || level === 0) {
      const up = siblings.filter((one) => isUp(fleet, one, ms)).length
      level = Math.min(1.25, (demand(deployment, ms, fleet) * siblings.length) / up)
    }
    const minute = Math.floor(ms / MINUTE)
    simulateMinute(result, m, deployment, level, fleet.seed ^ key, minute)
    if (!inside(gaps, ms)) result.running[m] = result.requests[m] === 0 ? 0 : Math.max(1, Math.round(result.requests[m]! / 4))
  }
  return result
}

function simulateMinute(into: ReplicaDay, m: number, { peak }: Deployment, level: number, seed: number, minute: number): void {
  // At low load a minute is often without any request at all.
  const requests = level <= 0 ? 0 : Math.floor(peak.requests * level * (0.6 + 0.8 * unit(seed, minute, 1)))
  const quiet = level < 0.25 && unit(seed, minute, 2) > level * 4
  if (requests === 0 || quiet) return
  const size = 0.7 + 0.6 * unit(seed, minute, 3)
  into.requests[m] = requests
  into.prompt[m] = Math.floor((peak.prompt / peak.requests) * requests * size)
  into.cached[m] = Math.floor(into.prompt[m]! * peak.cachedShare * (0.8 + 0.4 * unit(seed, minute, 4)))
  into.generation[m] = Math.floor((peak.generation / peak.requests) * requests * (0.7 + 0.6 * unit(seed, minute, 5)))
  into.load[m] = Math.min(99, 22 + Math.floor(level * 70 + 8 * unit(seed, minute, 6)))
}

function simulateNode(world: World, node: Node, day: number): GpuDay[] {
  const { fleet } = world
  const replicas = replicasOf(fleet, node.name)
  return node.gpus
    .filter((gpu) => gpu.span.from < day + DAY && gpu.span.to > day)
    .map((gpu) => {
      const result: GpuDay = {
        gpu,
        present: new Uint8Array(MINUTES),
        util: new Uint8Array(MINUTES),
        used: new Int32Array(MINUTES),
        xid: new Uint8Array(MINUTES),
        pod: Array.from({ length: MINUTES }, () => null),
      }
      for (const replica of replicas) if (replica.gpus.includes(gpu.index)) occupy(world, result, replica, day)
      trouble(fleet, node, result, day)
      return result
    })
}

/** The replica holds the GPU: memory is full while it is up, and it is busy while requests run. */
function occupy(world: World, gpu: GpuDay, replica: Replica, day: number): void {
  const { fleet } = world
  const { load } = world.replicaDay(replica, day)
  const memory = fleet.nodes.find((node) => node.name === replica.node)!.memoryMiB
  for (let m = 0; m < MINUTES; m++) {
    const ms = day + m * MINUTE
    if (ms < replica.span.from || ms >= replica.span.to) continue
    if (replica.map === 'pod') gpu.pod[m] = replica
    if (!isUp(fleet, replica, ms)) continue
    gpu.used[m] = Math.floor(memory * 0.86) + gpu.gpu.index
    gpu.util[m] = load[m] === 0 ? 0 : Math.max(11, load[m]! - gpu.gpu.index)
  }
}

/** Everything else that the troubles say of one GPU: jobs, failures, readings that are none, gaps. */
function trouble(fleet: Fleet, node: Node, gpu: GpuDay, day: number): void {
  const { troubles } = fleet
  const mine = (one: { node: string; index: number }) => one.node === node.name && one.index === gpu.gpu.index
  const busy = troubles.busy.filter((one) => one.node === node.name && one.gpus.includes(gpu.gpu.index)).map((one) => one.span)
  const utilUnknown = troubles.utilUnknown.filter(mine).map((one) => one.span)
  const memUnknown = troubles.memUnknown.filter(mine).map((one) => one.span)
  const harmless = troubles.harmlessXid.filter(mine).map((one) => one.span)
  const failing = troubles.failing.filter((one) => mine(one) && gpu.gpu.span.to === one.backAt)
  const fine = troubles.fineSteps.filter((one) => one.node === node.name).map((one) => one.span)
  const silent = [...(troubles.exporterDown[node.name] ?? []), ...(troubles.off[node.name] ?? []).map(wakesEarly)]
  const unloaded = 4
  for (let m = 0; m < MINUTES; m++) {
    const ms = day + m * MINUTE
    if (gpu.used[m] === 0) gpu.used[m] = unloaded
    if (inside(busy, ms)) job(fleet, node, gpu, m, ms)
    if (inside(harmless, ms)) gpu.xid[m] = 31
    if (inside(utilUnknown, ms)) gpu.util[m] = NO_VALUE
    if (inside(memUnknown, ms)) gpu.used[m] = -1
    gpu.present[m] = inside(fine, ms) ? 3 : 1
    for (const { xidAt, goneAt } of failing) {
      if (ms >= xidAt) gpu.xid[m] = 79
      if (ms >= goneAt) gpu.present[m] = 0
    }
    if (inside(silent, ms) || ms < gpu.gpu.span.from || ms >= gpu.gpu.span.to) gpu.present[m] = 0
  }
}

/** The exporter of a node that is switched on answers a few minutes before the provider bills it. */
const wakesEarly = (span: Span): Span => ({ from: span.from, to: span.to - 5 * MINUTE })

/** A job without an engine. On the node without any replica it walks around the thresholds: exactly 10 % busy, exactly 5 % loaded. */
function job(fleet: Fleet, node: Node, gpu: GpuDay, m: number, ms: number): void {
  if (replicasOf(fleet, node.name).length > 0) {
    gpu.used[m] = Math.floor(node.memoryMiB * 0.93)
    gpu.util[m] = between(88, 100, fleet.seed, hash(fleet.seed, gpu.gpu.index), Math.floor(ms / MINUTE))
    return
  }
  const step = new Date(ms).getUTCHours() % 4
  gpu.util[m] = [10, 9, 60, 0][step]!
  gpu.used[m] = step === 3 ? 4 : Math.round(node.memoryMiB / 20)
}
