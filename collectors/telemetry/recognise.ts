// What scrapes are recognised by: the names of their metrics. One line an adapter; the first that knows a series has it.
import { LITELLM_NAMES, litellm } from '#collectors/serving/litellm/map.ts'
import { LLAMA_CPP_NAMES, llamaCpp } from '#collectors/serving/llama-cpp/map.ts'
import { NIM_NAMES, nim } from '#collectors/serving/nim/map.ts'
import { RAY_SERVE_NAMES, rayServe } from '#collectors/serving/ray-serve/map.ts'
import { SGLANG_NAMES, sglang } from '#collectors/serving/sglang/map.ts'
import { TENSORRT_LLM_NAMES, tensorrtLlm } from '#collectors/serving/tensorrt-llm/map.ts'
import { TGI_NAMES, tgi } from '#collectors/serving/tgi/map.ts'
import { TRITON_NAMES, triton } from '#collectors/serving/triton/map.ts'
import { VLLM_NAMES, vllm } from '#collectors/serving/vllm/map.ts'
import type { Recogniser } from '#lib/domain/telemetry/reading.ts'
import { dcgm } from './dcgm/map.ts'
import { nvidiaGpuExporter } from './nvidia-gpu-exporter/map.ts'

/** `names`: a pattern of what is worth asking a Prometheus for. NIM's have no prefix: it comes last. */
const ADAPTERS: readonly { recognise: Recogniser; names: string }[] = [
  { recognise: dcgm, names: 'DCGM_FI_.+|dcgm_fi_.+' },
  { recognise: nvidiaGpuExporter, names: 'nvidia_smi_.+' },
  { recognise: vllm, names: VLLM_NAMES },
  { recognise: rayServe, names: RAY_SERVE_NAMES },
  { recognise: sglang, names: SGLANG_NAMES },
  { recognise: tgi, names: TGI_NAMES },
  { recognise: triton, names: TRITON_NAMES },
  { recognise: tensorrtLlm, names: TENSORRT_LLM_NAMES },
  { recognise: llamaCpp, names: LLAMA_CPP_NAMES },
  { recognise: litellm, names: LITELLM_NAMES },
  { recognise: nim, names: NIM_NAMES },
]

/** Whole names of metrics, as PromQL matches them. */
export const RECOGNISED_NAMES = ADAPTERS.map(({ names }) => names).join('|')

export const recognise: Recogniser = (name, labels) => {
  for (const { recognise: adapter } of ADAPTERS) {
    const binding = adapter(name, labels)
    if (binding !== null) return binding
  }
  return null
}
