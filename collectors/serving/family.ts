// What adapters of inference engines have in common: tables of families, and which labels tell series of one replica apart.
import { labelOf, podOf } from '#collectors/telemetry/labels.ts'
import type { Binding, Labels, ReplicaIdentity, ServeCounter, ServeGauge } from '#lib/domain/telemetry/reading.ts'

/** `alt` orders names of one quantity: where several are exposed the lowest counts alone. Histograms are named without their suffixes. */
export type Families = {
  gauges: Record<string, { measure: ServeGauge; alt: number }>
  counters: Record<string, { measure: ServeCounter; alt: number }>
  histograms: Record<string, { measure: ServeCounter; alt: number }>
}

export type OfReplica = { replica: ReplicaIdentity; rank: string }

const HISTOGRAM = /^(.+)_(bucket|sum)$/

/** Labels of single measures: they do not tell replicas apart. */
const OF_MEASURE = new Set(['le', 'quantile', 'finished_reason', 'source', 'reason', 'position', 'sleep_state'])

export function replicaOf(engine: string, model: string, labels: Labels, without: ReadonlySet<string> = new Set()): ReplicaIdentity {
  const own: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(labels)) if (!OF_MEASURE.has(name) && !without.has(name)) own[name] = value
  return {
    engine,
    model,
    ...podOf(labels),
    hostname: labelOf(labels, 'Hostname', 'hostname'),
    kubernetesNode: labelOf(labels, 'kubernetes_node', 'node'),
    instance: labelOf(labels, 'instance'),
    labels: own,
  }
}

/** The binding of a family in the tables; a family that is in none of them still shows that the replica was scraped. */
export function bindFamily(family: string, labels: Labels, { replica, rank }: OfReplica, families: Families): Binding {
  const common = { fact: 'serve', replica, rank } as const
  const gauge = own(families.gauges, family)
  if (gauge) return { ...common, type: 'gauge', ...gauge }
  const counter = own(families.counters, family)
  if (counter) return { ...common, type: 'counter', ...counter, detail: '' }
  const [, base = '', part] = HISTOGRAM.exec(family) ?? []
  const histogram = own(families.histograms, base)
  if (histogram) return { ...common, type: 'counter', ...histogram, detail: part === 'sum' ? 'sum' : `le=${bound(labels.le ?? '')}` }
  return { ...common, type: 'gauge', measure: 'other', alt: 0 }
}

const own = <T>(table: Record<string, T>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined)

/** `1` and `1.0` are one bucket. */
const bound = (le: string): string => (Number.isFinite(Number(le)) && le !== '' ? String(Number(le)) : '+Inf')

/** As a pattern of metric names: what is worth asking a Prometheus for. */
export function namesOf({ gauges, counters, histograms }: Families, more: readonly string[] = []): string {
  const bases = Object.keys(histograms)
  return `(${[...Object.keys(gauges), ...Object.keys(counters), ...more].join('|')}|(${bases.join('|')})_(bucket|sum))`
}
