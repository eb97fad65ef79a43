// What a series of an exporter means. Collectors recognise series and return these; the accumulators know nothing of metric names.

/** Null-prototype records: any label name is safe as a key. */
export type Labels = Readonly<Record<string, string>>

/** A GPU (or MIG instance) as an exporter names it. `uuid` is in the form `GPU-…`; `mig` is the GPU instance id, '' for a whole GPU. */
export type GpuIdentity = {
  uuid: string
  mig: string
  index: number | null
  model: string | null
  hostname: string | null
  kubernetesNode: string | null
  namespace: string | null
  pod: string | null
  /** The scrape instance that the series itself names (federation); null: the target's. */
  instance: string | null
  /** Told by an engine about the GPUs it uses: an exporter of GPUs knows more, where there is one. */
  byEngine?: boolean
}

/** `util` and `engine` in percent (engine: only where util does not exist), memory in bytes, °C, W; `xid` is the last code; `other` only proves sight. */
export type GpuGauge = 'util' | 'engine' | 'used' | 'free' | 'reserved' | 'total' | 'temp' | 'power' | 'xid' | 'other'
/** `energy` in J, `throttle` in s by reason, `ecc` uncorrected errors, `xid_event` errors by code (detail). */
export type GpuCounter = 'energy' | 'throttle' | 'ecc' | 'xid_event'

export type ReplicaIdentity = {
  engine: string
  model: string
  namespace: string | null
  pod: string | null
  hostname: string | null
  kubernetesNode: string | null
  instance: string | null
  /** Labels that tell replicas apart, without those of single measures such as `le`. */
  labels: Labels
}

/** Gateways say what went through them: beside the engines' counters, never in their place (DESIGN.md section 4). */
export const WITNESSES: ReadonlySet<string> = new Set(['litellm'])

export type ServeGauge = 'running' | 'queue' | 'kv' | 'other'
/** `prompt` includes cached tokens, `computed` are those without. Histograms arrive as `NAME` with detail `le=…` or `sum`. */
export type ServeCounter =
  | 'prompt'
  | 'computed'
  | 'cached'
  | 'generation'
  | 'requests'
  | 'failures'
  | 'prefill'
  | 'decode'
  | 'hist_ttft'
  | 'hist_tpot'
  | 'hist_e2e'
  | 'hist_prompt'

/** `alt` orders names of one quantity that may be exposed together: the lowest present counts, they are never added. */
export type Binding =
  | { fact: 'gpu'; type: 'gauge'; gpu: GpuIdentity; measure: GpuGauge; scale: number }
  | { fact: 'gpu'; type: 'counter'; gpu: GpuIdentity; measure: GpuCounter; scale: number; alt: number; detail: string }
  | { fact: 'gpu_info'; uuid: string; index: number | null; model: string | null }
  | { fact: 'serve'; type: 'gauge'; replica: ReplicaIdentity; measure: ServeGauge; alt: number; rank: string }
  | { fact: 'serve'; type: 'counter'; replica: ReplicaIdentity; measure: ServeCounter; alt: number; rank: string; detail: string }

/** Null: a series that is none of this exporter's, or says nothing that is kept. */
export type Recogniser = (name: string, labels: Labels) => Binding | null

/** A known node, or the name of one to be created when its first rows are written. */
export type NodeRef = number | string
/** The node of a series is `node` in [from, to), milliseconds since the epoch. */
export type NodeSpan = { node: NodeRef; from: number; to: number }
