// What scrapes are recognised by: the names of their metrics. One line an adapter; the first that knows a series has it.
import { vllm } from '#collectors/serving/vllm/map.ts'
import type { Recogniser } from '#lib/domain/telemetry/reading.ts'
import { dcgm } from './dcgm/map.ts'
import { nvidiaGpuExporter } from './nvidia-gpu-exporter/map.ts'

const RECOGNISERS: readonly Recogniser[] = [dcgm, nvidiaGpuExporter, vllm]

export const recognise: Recogniser = (name, labels) => {
  for (const recogniser of RECOGNISERS) {
    const binding = recogniser(name, labels)
    if (binding !== null) return binding
  }
  return null
}
