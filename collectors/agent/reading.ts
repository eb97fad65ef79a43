// What a capture of nvidia-smi says about one GPU or MIG instance at one moment, in the units of lib/domain/telemetry/reading.ts.
import type { GpuCounter, GpuGauge, GpuIdentity } from '#lib/domain/telemetry/reading.ts'
import type { Place, Reject } from '#lib/ingest/contract.ts'
import { isUnknown } from './cell.ts'

export type SmiReading = Place & {
  /** The host's own clock without a zone, `YYYY-MM-DDTHH:MM:SS[.mmm]`; null where the capture has none. Whoever uses it must know the zone. */
  localTime: string | null
  gpu: GpuIdentity
  /** `util` in percent, memory in bytes, °C, W. What nvidia-smi did not know is not here. Plausibility is not judged. */
  gauges: { measure: GpuGauge; value: number }[]
  /** Since the driver was loaded: `throttle` in seconds with its reason as detail, `ecc` uncorrected errors. */
  counters: { measure: GpuCounter; detail: string; value: number }[]
}
export type SmiReadings = { readings: SmiReading[]; rejects: Reject[] }

/** A ratio as a percentage, without the last-digit error of binary fractions. */
export const percent = (ratio: number): number => Math.round(ratio * 1e8) / 1e6

const GPU_UUID = /^gpu-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** The UUID in the form `GPU-…` in lower case behind the prefix, or null when this is none. */
export const gpuUuid = (text: string): string | null => (GPU_UUID.test(text.trim()) ? `GPU-${text.trim().slice(4).toLowerCase()}` : null)

/** As exporters label it: lower case, without the prefix. */
export const bareUuid = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^(gpu|mig)-/, '')

export const identity = (uuid: string, mig: string, index: number | null, model: string | null): GpuIdentity => ({
  uuid,
  mig,
  index,
  model,
  hostname: null,
  kubernetesNode: null,
  namespace: null,
  pod: null,
  instance: null,
})

export const indexOf = (text: string | undefined): number | null => (text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null)
export const knownText = (text: string | undefined): string | null => (text === undefined || isUnknown(text) ? null : text)
