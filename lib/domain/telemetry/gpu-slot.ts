// What one GPU did in one hour, as far as it was sampled: sums by minute for what masks need, sums by hour for the rest.
import type { GpuGauge } from './reading.ts'
import { Slot } from './timeline.ts'

/** The gauges whose minute means decide masks, in the order of the grid. */
export const GRID = ['util', 'engine', 'used', 'free', 'reserved', 'total'] as const
export type GridGauge = (typeof GRID)[number]
const COLUMNS = GRID.length * 120

export type Moments = { n: number; sum: number; max: number }
const none = (): Moments => ({ n: 0, sum: 0, max: -Infinity })

export class GpuSlot extends Slot {
  /** For each gauge of GRID 60 sums, then 60 counts. */
  grid = new Float64Array(COLUMNS)
  /** Gauges that had any sample at all, valid or not, as bits in the order of GRID. */
  exposed = 0
  maxima = new Float64Array(GRID.length).fill(-Infinity)
  temp = none()
  power = none()
  bad = 0
  pods: string[] = []

  /** Adds a valid reading. */
  add(measure: GpuGauge, minute: number, value: number): void {
    if (measure === 'temp' || measure === 'power') {
      const moments = measure === 'temp' ? this.temp : this.power
      moments.n++
      moments.sum += value
      if (value > moments.max) moments.max = value
    } else if (measure !== 'xid' && measure !== 'other') this.addGrid(GRID.indexOf(measure), minute, value)
  }

  addGrid(gauge: number, minute: number, value: number): void {
    const at = gauge * 120 + minute
    this.grid[at] = this.grid[at]! + value
    this.grid[at + 60] = this.grid[at + 60]! + 1
    if (value > this.maxima[gauge]!) this.maxima[gauge] = value
  }

  /** The mean of the minute's valid samples (RULES.md 2), undefined where there were none. */
  mean(gauge: GridGauge, minute: number): number | undefined {
    const at = GRID.indexOf(gauge) * 120 + minute
    const n = this.grid[at + 60]!
    return n > 0 ? this.grid[at]! / n : undefined
  }

  isExposed = (gauge: GridGauge): boolean => (this.exposed & (1 << GRID.indexOf(gauge))) !== 0
}
