// vLLM behind Ray Serve: `ray_vllm:NAME{model_name, engine, ReplicaId, WorkerId}`. One Ray agent exposes all workers of its node, so that a
// scrape instance carries several engines of one model: each is a rank.
import { labelOf } from '#collectors/telemetry/labels.ts'
import type { Binding, Labels } from '#lib/domain/telemetry/reading.ts'
import { replicaOf } from '../family.ts'
import { bindVllm, VLLM_FAMILIES } from '../vllm/map.ts'

const PREFIX = /^ray_vllm[:_]/
/** Names of processes, which change with every restart. */
const OF_WORKER = new Set(['WorkerId', 'ReplicaId', 'replica', 'engine', 'Component', 'SessionName', 'Version'])
export const RAY_SERVE_NAMES = `ray_vllm[:_]${VLLM_FAMILIES}`

export function rayServe(name: string, labels: Labels): Binding | null {
  const prefix = PREFIX.exec(name)?.[0]
  const model = labelOf(labels, 'model_name', 'model')
  if (prefix === undefined || model === null) return null
  const worker = labelOf(labels, 'WorkerId', 'ReplicaId', 'replica') ?? ''
  const rank = worker === '' ? (labels.engine ?? '') : `${worker} ${labels.engine ?? ''}`.trimEnd()
  return bindVllm(name.slice(prefix.length), labels, { replica: replicaOf('ray-serve', model, labels, OF_WORKER), rank })
}
