// What each table of the configuration means: rows in, typed records out. Pure.
import { isLayer, LAYERS, TOKEN_CLASSES } from '#lib/domain/layers.ts'
import { parseMatch } from '#lib/domain/rule.ts'
import type { TableRow } from './cells.ts'

const ALIAS_KINDS = ['instance_id', 'resource_id', 'hostname', 'kubernetes_node', 'scrape_instance', 'gpu_uuid'] as const
const CLOCK = /^([01]\d|2[0-4]):[0-5]\d$/

export type NodeRecord = { name: string; cluster: string; aliases: { kind: string; alias: string; from: Date | null; to: Date | null }[] }

/** node,cluster,alias_kind,alias,from,to: one row an alias. Spans of one name must not overlap across nodes. */
export function readInventory(rows: readonly TableRow[]): NodeRecord[] {
  const nodes = new Map<string, NodeRecord>()
  const taken = new Map<string, { row: TableRow; from: number; to: number; node: string }[]>()
  for (const row of rows) {
    const name = row.required('node')
    const node = nodes.get(name) ?? { name, cluster: '', aliases: [] }
    nodes.set(name, node)
    node.cluster ||= row.text('cluster') ?? ''
    if (!row.text('alias')) continue
    const kind = row.oneOf('alias_kind', ALIAS_KINDS)
    const alias = row.required('alias')
    const [from, to] = [row.instant('from') ?? null, row.instant('to') ?? null]
    const span = { row, node: name, from: from?.getTime() ?? -Infinity, to: to?.getTime() ?? Infinity }
    if (span.from >= span.to) throw row.fault('to', 'is not after `from`', 'a span is [from, to)')
    const key = `${kind}\n${alias.toLowerCase()}`
    const others = taken.get(key) ?? []
    taken.set(key, [...others, span])
    const clash = others.find((other) => other.from < span.to && span.from < other.to)
    if (clash?.node === name && clash.from === span.from && clash.to === span.to) continue // the same line twice says nothing new
    if (clash)
      throw row.fault(
        'alias',
        `\`${alias}\` already belongs to ${clash.node} then (line ${clash.row.line})`,
        'give the two spans that do not overlap',
      )
    node.aliases.push({ kind, alias, from, to })
  }
  return [...nodes.values()]
}

export type DeploymentRecord = {
  name: string
  model: string
  team: string
  demand: boolean
  goLive: Date | null
  matches: { labels: Record<string, string>; gpus: number[]; from: Date | null; to: Date | null }[]
}

/** `0-3`, `0,2,5` or `0;1`: device indexes. */
function readGpus(row: TableRow): number[] {
  const gpus: number[] = []
  for (const part of (row.text('gpus') ?? '').split(/[;,\s]+/).filter(Boolean)) {
    const range = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part)
    if (!range) throw row.fault('gpus', `\`${part}\` is not a device index or a range`, 'write for example 0-3')
    for (let gpu = Number(range[1]); gpu <= Number(range[2] ?? range[1]); gpu++) gpus.push(gpu)
  }
  return gpus
}

function readLabels(row: TableRow): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const pair of (row.text('match') ?? '')
    .split(/[;,]/)
    .map((part) => part.trim())
    .filter(Boolean)) {
    const at = pair.indexOf('=')
    if (at <= 0) throw row.fault('match', `\`${pair}\` is not a label=value pair`, 'write pairs such as namespace=prod;pod=chat-*')
    labels[pair.slice(0, at).trim()] = pair
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
  }
  return labels
}

/** deployment,model,team,match,gpus,demand,from,to,go_live: several rows of one deployment add matches. */
export function readDeployments(rows: readonly TableRow[]): DeploymentRecord[] {
  const deployments = new Map<string, DeploymentRecord>()
  for (const row of rows) {
    const name = row.required('deployment')
    const known = deployments.get(name)
    const deployment = known ?? { name, model: '', team: '', demand: row.boolean('demand', true), goLive: null, matches: [] }
    deployments.set(name, deployment)
    deployment.model ||= row.text('model') ?? ''
    deployment.team ||= row.text('team') ?? ''
    deployment.goLive ??= row.instant('go_live') ?? null
    if (known && row.text('demand') && row.boolean('demand', true) !== known.demand)
      throw row.fault('demand', 'differs from an earlier row of this deployment', 'say the same in every row')
    deployment.matches.push({
      labels: readLabels(row),
      gpus: readGpus(row),
      from: row.instant('from') ?? null,
      to: row.instant('to') ?? null,
    })
  }
  return [...deployments.values()]
}

/** order,match,scope,layer (RULES.md 19). */
export function readLayers(rows: readonly TableRow[]) {
  return rows
    .map((row, index) => {
      const match = row.required('match')
      if (!parseMatch(match))
        throw row.fault(
          'match',
          `\`${match}\` is not a list of Column=value pairs`,
          'write for example ServiceName=Amazon EC2*;tag:team=ml',
        )
      const scope = row.oneOf('scope', ['in', 'out', 'share'] as const)
      const layer = row.text('layer') ?? ''
      if (layer !== '' && !isLayer(layer)) throw row.fault('layer', `\`${layer}\` is unknown`, `use one of ${LAYERS.join(', ')}`)
      return { ordinal: row.integer('order') ?? index + 1, match, scope, layer }
    })
    .sort((a, b) => a.ordinal - b.ordinal)
}

/** person,role,timezone,team,workday_start,workday_end,holidays. */
export function readRoster(rows: readonly TableRow[]) {
  const known = ['person', 'role', 'timezone', 'team', 'workday_start', 'workday_end', 'holidays']
  return rows.map((row) => {
    const clock = (column: string, otherwise: string) => {
      const value = row.text(column)?.replace(/^(\d):/, '0$1:') ?? otherwise
      if (!CLOCK.test(value)) throw row.fault(column, `\`${value}\` is not a time of day`, 'write HH:MM')
      return value
    }
    const timezone = row.text('timezone') ?? 'UTC'
    try {
      new Intl.DateTimeFormat('en', { timeZone: timezone })
    } catch {
      throw row.fault('timezone', `\`${timezone}\` is not a time zone`, 'write an IANA name such as Europe/Berlin')
    }
    return {
      person: row.required('person'),
      role: row.text('role') ?? '',
      timezone,
      team: row.text('team') ?? '',
      workdayStart: clock('workday_start', '09:00'),
      workdayEnd: clock('workday_end', '17:00'),
      holidays: row.days('holidays'),
      extra: Object.fromEntries(Object.entries(row.cells).filter(([name, value]) => !known.includes(name) && value !== '')),
    }
  })
}

/** role,from,currency,standard_per_year,actual_per_year,hours_per_year. */
export const readRates = (rows: readonly TableRow[]) =>
  rows.map((row) => {
    const hours = row.requiredAmount('hours_per_year')
    if (hours.lte(0)) throw row.fault('hours_per_year', 'must be above zero', 'write the paid working hours of a year, such as 1720')
    return {
      role: row.required('role'),
      validFrom: new Date(`${row.day('from')}T00:00:00Z`),
      currency: row.required('currency'),
      standardPerYear: row.requiredAmount('standard_per_year').toFixed(),
      actualPerYear: row.amount('actual_per_year')?.toFixed() ?? null,
      hoursPerYear: hours.toFixed(),
    }
  })

/** rotation,from,currency,per_hour,per_shift,holiday_factor. */
export const readStandby = (rows: readonly TableRow[]) =>
  rows.map((row) => ({
    rotation: row.required('rotation'),
    validFrom: new Date(`${row.day('from')}T00:00:00Z`),
    currency: row.required('currency'),
    perHour: row.amount('per_hour')?.toFixed() ?? '0',
    perShift: row.amount('per_shift')?.toFixed() ?? '0',
    holidayFactor: row.amount('holiday_factor')?.toFixed() ?? '1',
  }))

/** date,from,to,rate,source. */
export const readFx = (rows: readonly TableRow[]) =>
  rows.map((row) => ({
    day: new Date(`${row.day('date')}T00:00:00Z`),
    from: row.required('from'),
    to: row.required('to'),
    rate: row.requiredAmount('rate').toFixed(),
    source: row.text('source') ?? '',
  }))

/** provider,model,class,per_million,currency,from,source. */
export const readPrices = (rows: readonly TableRow[]) =>
  rows.map((row) => ({
    provider: row.required('provider'),
    model: row.required('model'),
    class: row.oneOf('class', TOKEN_CLASSES),
    perMillion: row.requiredAmount('per_million').toFixed(),
    currency: row.required('currency'),
    validFrom: new Date(`${row.day('from')}T00:00:00Z`),
    source: row.text('source') ?? '',
  }))
