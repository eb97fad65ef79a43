// Prometheus exposition: the product's own health, and what the fleet cost over the last 30 whole days.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Health } from '#lib/services/health.ts'
import type { Overview } from '#lib/services/overview/types.ts'

type Labels = Record<string, string>
/** Every answer is made from a registry of its own: a source or layer that has gone leaves no last value behind. */
function gauges(registry: Registry) {
  return (name: string, help: string, values: { labels?: Labels; value: number | null }[]) => {
    const labelNames = [...new Set(values.flatMap(({ labels }) => Object.keys(labels ?? {})))]
    const gauge = new Gauge({ name: `denominator_${name}`, help, labelNames, registers: [registry] })
    gauge.reset()
    for (const { labels = {}, value } of values) if (value !== null) gauge.set(labels, value)
  }
}

const processes = new Registry()
collectDefaultMetrics({ register: processes, prefix: 'denominator_' })

const seconds = (instant: Date | null): number | null => (instant ? instant.getTime() / 1000 : null)
const counts = (label: string, of: Record<string, number>) =>
  Object.entries(of).map(([name, value]) => ({ labels: { [label]: name }, value }))

function ownHealth(registry: Registry, health: Health): void {
  const gauge = gauges(registry)
  const bySource = (value: (source: Health['sources'][number]) => number | null) =>
    health.sources.map((source) => ({ labels: { source: source.name, kind: source.kind }, value: value(source) }))
  gauge(
    'source_up',
    '1 when the last attempt of the source succeeded',
    bySource((one) => (one.failing ? 0 : 1)),
  )
  gauge(
    'source_last_success_seconds',
    'Unix time of the last success',
    bySource((one) => seconds(one.lastSuccess)),
  )
  gauge(
    'source_newest_fact_seconds',
    'Unix time of which the newest fact speaks',
    bySource((one) => seconds(one.lastFact)),
  )
  gauge('dirty_days', 'Days that wait to be reconciled', counts('step', health.dirty))
  gauge('jobs', 'Jobs by state', counts('state', health.jobs))
  gauge('quarantined_rows', 'Rows that could not be read', [{ value: health.quarantinedRows }])
  gauge('last_run_seconds', 'Unix time of the newest run of reconcile', [{ value: seconds(health.lastRun) }])
}

function fleetCost(registry: Registry, { totals, currency, layers, capacity, comparators, coverage, exceptions }: Overview): void {
  const gauge = gauges(registry)
  const inMoney = (labels: Labels, amount: string | null) => ({
    labels: { ...labels, currency },
    value: amount === null ? null : Number(amount),
  })
  gauge(
    'cost_30d',
    'Effective cost of the last 30 days by layer',
    layers.map((one) => inMoney({ layer: one.layer }, one.amount)),
  )
  gauge('cost_provisional_30d', 'The part of it that may still change', [inMoney({}, totals.provisional)])
  gauge('projected_30d', 'What the projection expected', [inMoney({}, totals.projected)])
  gauge(
    'api_equivalent_30d',
    'What the same tokens would have cost',
    comparators.map((one) => inMoney({ comparator: one.name }, one.equivalent)),
  )
  gauge('cost_per_million_tokens_30d', 'All cost by the tokens served', [inMoney({}, totals.unitAllocation)])
  gauge('tokens_30d', 'Tokens served in the last 30 days', [{ value: Number(totals.tokens) }])
  gauge(
    'gpu_minutes_30d',
    'Billed GPU-minutes by state',
    capacity.states.map((one) => ({ labels: { state: one.state }, value: Number(one.gpuMinutes) })),
  )
  gauge('busy_share_30d', 'Busy share of billed GPU-minutes', [{ value: capacity.busyShare }])
  gauge(
    'coverage_30d',
    'What is known, 0 to 1',
    Object.entries(coverage).map(([of, value]) => ({ labels: { of }, value })),
  )
  gauge(
    'exceptions_30d',
    'What could not be matched',
    exceptions.map((one) => ({ labels: { kind: one.kind }, value: one.count })),
  )
}

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

export async function exposition(health: Health, overview: Overview): Promise<string> {
  const registry = new Registry()
  ownHealth(registry, health)
  if (overview.hasData) fleetCost(registry, overview)
  return (await Promise.all([processes.metrics(), registry.metrics()])).join('\n')
}
