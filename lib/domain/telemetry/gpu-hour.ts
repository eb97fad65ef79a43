// From the accumulator of an hour to the row of gpu_hour (RULES.md 1-4, 6, 10).
import type { GpuCounter } from './reading.ts'
import { GRID, type GpuSlot, type GridGauge, type Moments } from './gpu-slot.ts'
import { maskOf } from './timeline.ts'
import type { XidHour } from './xid.ts'

export const UTIL_THRESHOLDS = [1, 5, 10, 20, 30, 50] as const
/** A model is loaded from this share of the GPU's memory (RULES.md 4). */
export const LOADED_SHARE = 0.05

/** Increases of this hour by counter; what did not step is absent. Throttle and ECC carry their variants apart. */
export type GpuIncreases = ReadonlyMap<string, { measure: GpuCounter; alt: number; increase: number; scale: number }>

export type GpuHour = {
  seen: bigint
  utilKnown: bigint
  memKnown: bigint
  memLoaded: bigint
  util: Record<(typeof UTIL_THRESHOLDS)[number], bigint>
  xid: XidHour
  coveredS: number
  utilMean: number | null
  utilMax: number | null
  memUsedMean: number | null
  memUsedMax: number | null
  memTotal: number | null
  temp: Moments
  power: Moments
  energyWh: number | null
  throttleS: number | null
  ecc: number | null
  bad: number
}

/** Used share and total bytes of one minute; undefined where a part of it is unknown. */
function memoryOf(slot: GpuSlot, minute: number): { share: number; total: number } | undefined {
  const used = slot.mean('used', minute)
  if (used === undefined) return undefined
  const free = slot.mean('free', minute)
  const reserved = slot.isExposed('reserved') ? slot.mean('reserved', minute) : 0
  const parts = free === undefined || reserved === undefined ? undefined : used + free + reserved
  // Exporters that state the total are taken at their word; DCGM's parts are added up.
  const total = slot.mean('total', minute) ?? parts
  return total === undefined || total <= 0 ? undefined : { share: used / total, total }
}

function meanOf(slot: GpuSlot, gauge: GridGauge): { mean: number; max: number } | undefined {
  const at = GRID.indexOf(gauge)
  let sum = 0
  let n = 0
  for (let minute = 0; minute < 60; minute++) {
    sum += slot.grid[at * 120 + minute]!
    n += slot.grid[at * 120 + 60 + minute]!
  }
  return n > 0 ? { mean: sum / n, max: slot.maxima[at]! } : undefined
}

const bitsOf = (mask: bigint): number => {
  let n = 0
  for (let rest = mask; rest > 0n; rest &= rest - 1n) n++
  return n
}

/** The increase of the preferred variant, in its own unit; null when nothing measured it. */
function increaseOf(increases: GpuIncreases, measure: GpuCounter): number | null {
  const found = [...increases.values()].filter((one) => one.measure === measure)
  if (found.length === 0) return null
  const alt = Math.min(...found.map((one) => one.alt))
  return found.filter((one) => one.alt === alt).reduce((sum, one) => sum + one.increase * one.scale, 0)
}

/** Reasons overlap in time: the longest is what is sure. */
const throttleOf = (increases: GpuIncreases): number | null => {
  const found = [...increases.values()].filter((one) => one.measure === 'throttle').map((one) => one.increase * one.scale)
  return found.length > 0 ? Math.max(...found) : null
}

/** Energy in Wh: the counter's increase, else mean power over the covered minutes. */
function energyOf(increases: GpuIncreases, power: Moments, coveredS: number): number | null {
  const joules = increaseOf(increases, 'energy')
  if (joules !== null) return joules / 3600
  return power.n > 0 ? ((power.sum / power.n) * coveredS) / 3600 : null
}

/** The row of one slot. `increases` are this slot's, `xid` its hour by samples alone. */
export function gpuHour(slot: GpuSlot, increases: GpuIncreases, xid: XidHour): GpuHour {
  const seen = maskOf(slot.seenLow, slot.seenHigh)
  const gauge: GridGauge = slot.isExposed('util') ? 'util' : 'engine'
  const util = { 1: 0n, 5: 0n, 10: 0n, 20: 0n, 30: 0n, 50: 0n }
  let utilKnown = 0n
  let memKnown = 0n
  let memLoaded = 0n
  let totals = 0
  for (let minute = 0; minute < 60; minute++) {
    const bit = 1n << BigInt(minute)
    const busy = slot.mean(gauge, minute)
    if (busy !== undefined) {
      utilKnown |= bit
      for (const threshold of UTIL_THRESHOLDS) if (busy >= threshold) util[threshold] |= bit
    }
    const memory = memoryOf(slot, minute)
    if (memory === undefined) continue
    memKnown |= bit
    totals += memory.total
    if (memory.share >= LOADED_SHARE) memLoaded |= bit
  }
  const coveredS = bitsOf(seen) * 60
  const known = bitsOf(memKnown)
  const busy = meanOf(slot, gauge)
  const used = meanOf(slot, 'used')
  return {
    seen,
    utilKnown,
    memKnown,
    memLoaded,
    util,
    xid,
    coveredS,
    utilMean: busy?.mean ?? null,
    utilMax: busy?.max ?? null,
    memUsedMean: used?.mean ?? null,
    memUsedMax: used?.max ?? null,
    memTotal: known > 0 ? totals / known : null,
    temp: slot.temp,
    power: slot.power,
    energyWh: energyOf(increases, slot.power, coveredS),
    throttleS: throttleOf(increases),
    ecc: increaseOf(increases, 'ecc'),
    bad: slot.bad,
  }
}
