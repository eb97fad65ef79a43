// Rows of gpu_hour and serve_hour as COPY takes them, in the order of their columns.
import type { GpuRow, ServeRow } from '#lib/domain/telemetry/target.ts'
import type { Cell } from '#lib/store/copy.ts'

export const GPU_KEY = ['node_id', 'hour', 'gpu_uuid', 'mig', 'source_id'] as const
const GPU_FACTS = `gpu_index pods seen util_known mem_known mem_loaded util_1 util_5 util_10 util_20 util_30 util_50
  xid_start xid_standing xid_code covered_s util_mean util_max mem_used_mean_b mem_used_max_b mem_total_b temp_mean_c temp_max_c
  power_mean_w power_max_w energy_wh throttle_s xid_count ecc_count bad_samples`.split(/\s+/)
export const SERVE_KEY = ['node_id', 'hour', 'replica_id', 'source_id'] as const
const SERVE_FACTS = `scraped running prompt_tokens cache_read_tokens cache_write_tokens generation_tokens requests failures
  prefill_s decode_s queue_mean queue_max kv_mean kv_max running_mean running_max histograms covered_s`.split(/\s+/)

export type FactTable = { table: 'gpu_hour' | 'serve_hour'; key: readonly string[]; facts: readonly string[] }
export const GPU_HOUR: FactTable = { table: 'gpu_hour', key: GPU_KEY, facts: GPU_FACTS }
export const SERVE_HOUR: FactTable = { table: 'serve_hour', key: SERVE_KEY, facts: SERVE_FACTS }

const mean = ({ n, sum }: { n: number; sum: number }): number | null => (n > 0 ? sum / n : null)
const top = ({ n, max }: { n: number; max: number }): number | null => (n > 0 ? max : null)
/** A text array in PostgreSQL's notation. */
const textArray = (texts: readonly string[]): string =>
  `{${[...texts]
    .sort()
    .map((text) => `"${text.replace(/[\\"]/g, '\\$&')}"`)
    .join(',')}}`

/** Facts of one GPU-hour without its key, as text: also what tells whether it changed. */
export function gpuFacts({ gpu, slot, hour }: GpuRow): Cell[] {
  const { util, xid } = hour
  return [
    gpu.index,
    textArray(slot.pods),
    hour.seen,
    hour.utilKnown,
    hour.memKnown,
    hour.memLoaded,
    util[1],
    util[5],
    util[10],
    util[20],
    util[30],
    util[50],
    xid.start,
    xid.standing,
    xid.code,
    hour.coveredS,
    hour.utilMean,
    hour.utilMax,
    hour.memUsedMean,
    hour.memUsedMax,
    hour.memTotal,
    mean(hour.temp),
    top(hour.temp),
    mean(hour.power),
    top(hour.power),
    hour.energyWh,
    hour.throttleS,
    xid.count,
    hour.ecc === null ? null : Math.round(hour.ecc),
    hour.bad,
  ]
}

export function serveFacts({ hour }: ServeRow): Cell[] {
  return [
    hour.scraped,
    hour.running,
    hour.prompt,
    hour.cacheRead,
    hour.cacheWrite,
    hour.generation,
    hour.requests,
    hour.failures,
    hour.prefillS,
    hour.decodeS,
    hour.queue?.mean,
    hour.queue?.max,
    hour.kv?.mean,
    hour.kv?.max,
    hour.runningLevel?.mean,
    hour.runningLevel?.max,
    JSON.stringify(hour.witness ? { witness: hour.witness } : hour.histograms),
    hour.coveredS,
  ]
}
