// NVIDIA NIM for LLMs (/v1/metrics): vLLM's families without a prefix; so does TensorRT-LLM's server by itself. Names as common as these
// count only with the label of a model.
import { labelOf } from '#collectors/telemetry/labels.ts'
import type { Binding, Labels } from '#lib/domain/telemetry/reading.ts'
import { replicaOf } from '../family.ts'
import { bindVllm, VLLM_FAMILIES } from '../vllm/map.ts'
import { FAILED } from '../vllm/metrics.ts'

const OWN = ['request_finish_total', 'request_failure_total']
export const NIM_NAMES = `(${OWN.join('|')}|${VLLM_FAMILIES})`
const KNOWN = new RegExp(`^${NIM_NAMES}$`)

export function nim(name: string, labels: Labels): Binding | null {
  const model = labelOf(labels, 'model_name')
  if (model === null || !KNOWN.test(name)) return null
  const of = { replica: replicaOf(labels.engine_type === 'trtllm' ? 'tensorrt-llm' : 'nim', model, labels), rank: labels.engine ?? '' }
  const common = { fact: 'serve', type: 'counter', ...of } as const
  // What finished by reason is what succeeded by reason under an older name.
  if (name === 'request_finish_total') {
    const reason = labels.finished_reason ?? ''
    return { ...common, measure: FAILED.has(reason) ? 'failures' : 'requests', alt: 1, detail: reason }
  }
  if (name === 'request_failure_total') return { ...common, measure: 'failures', alt: 2, detail: '' }
  return bindVllm(name, labels, of)
}
