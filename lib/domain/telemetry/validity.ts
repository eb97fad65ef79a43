// Which readings are values at all (FORMATS.md). Everything else is unknown: counted, never a number.
import type { GpuGauge } from './reading.ts'

const TiB = 1024 ** 4
const RANGES: Record<GpuGauge, readonly [number, number]> = {
  util: [0, 100],
  engine: [0, 100],
  used: [0, 16 * TiB],
  free: [0, 16 * TiB],
  reserved: [0, 16 * TiB],
  total: [0, 16 * TiB],
  temp: [-60, 250],
  power: [0, 20_000],
  xid: [0, 10_000],
  other: [-Number.MAX_VALUE, Number.MAX_VALUE],
}

/** The range of plausible readings, in the measure's own unit. */
export const gaugeRange = (measure: GpuGauge): readonly [number, number] => RANGES[measure]

const UNSIGNED_MINUS_ONE = 4_294_967_295
/** DCGM's double "no value" is 2^47 and its three successors; its 64-bit one, 2^63 - 16 and on, reads as 2^63. */
const FP64_BLANK = 140_737_488_355_328
const INT64_BLANK = 2 ** 63

/** True for NaN, infinities and the numbers by which drivers and DCGM say "no value". `raw` is the sample as exposed, before any scale. */
export const isBlank = (raw: number): boolean =>
  !Number.isFinite(raw) || raw === UNSIGNED_MINUS_ONE || raw >= INT64_BLANK || (raw >= FP64_BLANK && raw <= FP64_BLANK + 3)
