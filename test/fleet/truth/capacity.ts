// Which state every billed GPU-minute was in, and what it cost (RULES.md 1-14). Looks at what was simulated, minute by minute.
import { ACCOUNTS, type Line } from '../sim/bills.ts'
import type { FxRow } from '../sim/config-files.ts'
import { exact, NONE } from '../sim/decimal.ts'
import { type Fleet, type Node, type Replica, replicasOf } from '../sim/shape.ts'
import { DAY, dayText, MINUTE, midnight } from '../sim/time.ts'
import { type GpuDay, MINUTES, NO_VALUE, type ReplicaDay, World } from '../sim/world.ts'
import { inDollars, share } from './money.ts'
import { Totals } from './totals.ts'

const STATE_ORDER = ['dark', 'lost', 'serving', 'other_work', 'busy_unattributed', 'warm_idle', 'unallocated', 'unknown'] as const
type State = (typeof STATE_ORDER)[number]

const FATAL = new Set([48, 62, 64, 74, 79, 95, 119, 120])

/** Minutes of each line: whole spans, or as many as were consumed, at the end of a span that nothing precedes, else at its start. */
export function billedMinutes(lines: readonly Line[], node: string): Map<number, Uint8Array> {
  const mine = lines.filter((line) => line.node === node && line.category === 'Usage' && line.layer === 'gpu_compute')
  const ends = new Set(mine.map((line) => line.to))
  const days = new Map<number, Uint8Array>()
  for (const line of mine) {
    const minutes = Math.min((line.to - line.from) / MINUTE, line.quantity!.times(60).toDecimalPlaces(0).toNumber())
    const begin = ends.has(line.from) ? line.from : line.to - minutes * MINUTE
    for (let ms = begin; ms < begin + minutes * MINUTE; ms += MINUTE) {
      const day = midnight(ms)
      const mask = days.get(day) ?? new Uint8Array(MINUTES)
      mask[(ms - day) / MINUTE] = 1
      days.set(day, mask)
    }
  }
  return days
}

type Served = { replica: Replica; facts: ReplicaDay }
/** What is carried from minute to minute, of one GPU. */
type Standing = { fatal: boolean; seenBefore: boolean }
/** Everything about one node and day that a minute's state is decided from. */
type Scene = {
  node: Node
  gpus: GpuDay[]
  served: Served[]
  podHours: Set<string>[][]
  scrapedHours: boolean[]
  standing: Map<string, Standing>
}

function sceneOf(world: World, node: Node, day: number, standing: Map<string, Standing>): Scene {
  const gpus = world.gpuDays(node, day)
  const served = replicasOf(world.fleet, node.name).map((replica) => ({ replica, facts: world.replicaDay(replica, day) }))
  const podHours = gpus.map((gpu) =>
    Array.from({ length: 24 }, (_, hour) => {
      const pods = new Set<string>()
      for (let m = hour * 60; m < hour * 60 + 60; m++) if (gpu.present[m]! > 0 && gpu.pod[m]) pods.add(gpu.pod[m]!.pod)
      return pods
    }),
  )
  const scrapedHours = Array.from({ length: 24 }, (_, hour) =>
    served.some(({ facts }) => facts.running.subarray(hour * 60, hour * 60 + 60).some((value) => value >= 0)),
  )
  return { node, gpus, served, podHours, scrapedHours, standing }
}

const inMemory = (scene: Scene, gpu: GpuDay, m: number): boolean => gpu.used[m]! >= 0 && gpu.used[m]! * 20 >= scene.node.memoryMiB

/** Whose work can be on this GPU: by equal pod labels within the hour, by index, or by memory in use. */
function mapped(scene: Scene, g: number, m: number): Served[] {
  const gpu = scene.gpus[g]!
  return scene.served.filter(({ replica }) => {
    if (replica.map === 'pod') return scene.podHours[g]![Math.floor(m / 60)]!.has(replica.pod)
    if (replica.map === 'gpus') return replica.gpus.includes(gpu.gpu.index)
    return gpu.present[m]! > 0 && inMemory(scene, gpu, m)
  })
}

type Moment = { state: State; seen: boolean }

/** The state of every GPU of the node in one minute, in the order of the table of RULES.md 11. */
function minuteOf(scene: Scene, m: number): Moment[] {
  const anySample = scene.gpus.some((gpu) => gpu.present[m]! > 0)
  return scene.gpus.map((gpu, g) => {
    const standing = scene.standing.get(gpu.gpu.uuid) ?? { fatal: false, seenBefore: false }
    scene.standing.set(gpu.gpu.uuid, standing)
    const sampled = gpu.present[m]! > 0
    const mine = mapped(scene, g, m)
    const running = mine.some(({ facts }) => facts.running[m]! > 0)
    const seen = sampled || running
    const utilKnown = sampled && gpu.util[m] !== NO_VALUE
    const busy = utilKnown && gpu.util[m]! >= 10
    if (sampled) standing.fatal = FATAL.has(gpu.xid[m]!)
    if (running || busy) standing.fatal = false
    const failed = standing.fatal || (!sampled && anySample && standing.seenBefore)
    standing.seenBefore ||= sampled
    const loaded = mine.some(({ facts }) => facts.running[m]! >= 0) || inMemory(scene, gpu, m)
    const state = (): State => {
      if (!seen && !failed) return 'dark'
      if (failed && !running && !busy) return 'lost'
      if (running) return 'serving'
      if (busy) return scene.scrapedHours[Math.floor(m / 60)] ? 'other_work' : 'busy_unattributed'
      if (!utilKnown || gpu.used[m] === -1) return 'unknown'
      return loaded ? 'warm_idle' : 'unallocated'
    }
    return { state: state(), seen }
  })
}

/** GPUs of a node on a day: by declared UUIDs then, else those that were seen. */
const belongs = (node: Node, gpu: GpuDay): boolean => node.known === 'gpu_uuid' || gpu.present.some((count) => count > 0)

function nodeDay(scene: Scene, billed: Uint8Array | undefined) {
  const minutes = Object.fromEntries(STATE_ORDER.map((state) => [state, 0])) as Record<State, number>
  const counted = scene.gpus.map((gpu) => belongs(scene.node, gpu))
  let unbilled = 0
  for (let m = 0; m < MINUTES; m++)
    minuteOf(scene, m).forEach(({ state, seen }, g) => {
      if (!counted[g]) return
      if (billed?.[m]) minutes[state]++
      else if (seen) unbilled++
    })
  return { minutes, unbilled }
}

/** `minutes/<day>/<state>`, `money/<basis>/<day>/<state>` (dollars) and `unpaid/<day>`: minutes seen that no bill covers (yet). */
export function capacityTruth(fleet: Fleet, lines: readonly Line[], fx: readonly FxRow[], to: number): Totals {
  const totals = new Totals()
  const world = new World(fleet)
  for (const node of fleet.nodes) {
    const standing = new Map<string, Standing>()
    const billed = billedMinutes(lines, node.name)
    for (let day = fleet.start; day < to; day += DAY) {
      const { minutes, unbilled } = nodeDay(sceneOf(world, node, day, standing), billed.get(day))
      for (const state of STATE_ORDER) totals.add(`minutes/${dayText(day)}/${state}`, exact(minutes[state]))
      totals.add(`unpaid/${dayText(day)}`, exact(unbilled))
      addMoney(totals, lines, fx, node, day, minutes)
    }
  }
  return totals
}

function addMoney(
  totals: Totals,
  lines: readonly Line[],
  fx: readonly FxRow[],
  node: Node,
  day: number,
  minutes: Record<State, number>,
): void {
  const weights = STATE_ORDER.map((state) => exact(minutes[state]))
  if (weights.every((weight) => weight.isZero())) return
  const mine = lines.filter((line) => line.node === node.name && line.layer === 'gpu_compute' && line.from >= day && line.from < day + DAY)
  for (const basis of ['billed', 'effective'] as const) {
    const cost = mine.reduce((sum, line) => sum.plus(line[basis]), NONE)
    share(cost, weights).forEach((amount, i) => {
      totals.add(`money/${basis}/${dayText(day)}/${STATE_ORDER[i]}`, inDollars(amount, ACCOUNTS[node.account].currency, fx, day))
    })
  }
}
