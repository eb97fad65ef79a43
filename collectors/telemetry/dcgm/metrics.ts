// The fields of the DCGM exporter that are kept, by their names without `DCGM_FI_`. Units as NVIDIA/dcgm-exporter's counter lists state them.
import type { GpuCounter, GpuGauge } from '#lib/domain/telemetry/reading.ts'

const MiB = 1024 * 1024

/** Gauges: percent, MiB to bytes, °C, W; the profiling ratio 0-1 to percent. */
export const GAUGES: Record<string, { measure: GpuGauge; scale: number }> = {
  DEV_GPU_UTIL: { measure: 'util', scale: 1 },
  PROF_GR_ENGINE_ACTIVE: { measure: 'engine', scale: 100 },
  DEV_FB_USED: { measure: 'used', scale: MiB },
  DEV_FB_FREE: { measure: 'free', scale: MiB },
  DEV_FB_RESERVED: { measure: 'reserved', scale: MiB },
  DEV_GPU_TEMP: { measure: 'temp', scale: 1 },
  DEV_POWER_USAGE: { measure: 'power', scale: 1 },
  DEV_XID_ERRORS: { measure: 'xid', scale: 1 },
}

/** Counters: mJ to J, ns to s. Of the two ECC counters the volatile one counts. */
export const COUNTERS: Record<string, { measure: GpuCounter; scale: number; alt: number }> = {
  DEV_TOTAL_ENERGY_CONSUMPTION: { measure: 'energy', scale: 1e-3, alt: 0 },
  DEV_POWER_VIOLATION: { measure: 'throttle', scale: 1e-9, alt: 0 },
  DEV_THERMAL_VIOLATION: { measure: 'throttle', scale: 1e-9, alt: 0 },
  DEV_ECC_DBE_VOL_TOTAL: { measure: 'ecc', scale: 1, alt: 0 },
  DEV_ECC_DBE_AGG_TOTAL: { measure: 'ecc', scale: 1, alt: 1 },
}
