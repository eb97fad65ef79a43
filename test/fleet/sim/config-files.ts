// The whole configuration of the simulated fleet, as its operator would write it.
import fs from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import { between } from './random.ts'
import { type Staff, ROTATIONS, type TimeEntry } from './people.ts'
import type { Fleet } from './shape.ts'
import { DAY, dayText, iso, monthText, MINUTE } from './time.ts'

/** Where the simulator listens: `127.0.0.1:port` of every exporter by node, every engine by replica, and of PagerDuty. */
export type Addresses = { nodes: Record<string, string>; replicas: Record<string, string>; pagerduty: string }

export const TOKEN = 'simulated-token'

type Row = readonly (string | number)[]
const cell = (value: string | number): string => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value))
export const csv = (header: string, rows: readonly Row[]): string =>
  `${[header, ...rows.map((row) => row.map(cell).join(','))].join('\n')}\n`

const instant = (ms: number): string => (Number.isFinite(ms) ? iso(ms) : '')

function nodesCsv(fleet: Fleet, addresses: Addresses): string {
  const rows: Row[] = []
  for (const node of fleet.nodes) {
    const add = (kind: string, alias: string, from = '', to = '') => rows.push([node.name, node.cluster, kind, alias, from, to])
    add('instance_id', node.instanceId)
    if (node.known === 'hostname') add('hostname', node.hostname)
    if (node.known === 'scrape_instance') add('scrape_instance', addresses.nodes[node.name]!)
    if (node.known === 'gpu_uuid') for (const gpu of node.gpus) add('gpu_uuid', gpu.uuid, instant(gpu.span.from), instant(gpu.span.to))
    for (const replica of fleet.replicas) if (replica.node === node.name) add('scrape_instance', addresses.replicas[replica.name]!)
  }
  return csv('node,cluster,alias_kind,alias,from,to', rows)
}

function deploymentsCsv(fleet: Fleet, addresses: Addresses): string {
  const rows: Row[] = []
  for (const one of fleet.deployments) {
    const head = (match: string, gpus: string) => [
      one.name,
      one.model,
      one.team,
      match,
      gpus,
      one.demand ? 'true' : 'false',
      '',
      '',
      dayText(fleet.start),
    ]
    const replicas = fleet.replicas.filter((replica) => replica.deployment === one.name)
    if (replicas.every((replica) => replica.map !== 'gpus')) rows.push(head(`model_name=${one.model}`, ''))
    else
      for (const replica of replicas)
        rows.push(head(`model_name=${one.model};instance=${addresses.replicas[replica.name]}`, `${replica.gpus[0]}-${replica.gpus.at(-1)}`))
  }
  return csv('deployment,model,team,match,gpus,demand,from,to,go_live', rows)
}

const LAYERS: Row[] = [
  [10, 'ServiceName=GPU Compute;RegionId=eu-central-1', 'in', 'gpu_compute'],
  [20, 'CommitmentDiscountId=*commit-fleet*', 'in', ''],
  [30, 'tag:team=web', 'out', ''],
  [31, 'tag:team=data', 'out', ''],
  [40, 'ServiceCategory=Storage', 'in', 'supporting'],
  [41, 'ServiceCategory=Networking;tag:team=inference', 'in', 'supporting'],
  [42, 'ServiceName=Managed Kubernetes', 'in', 'supporting'],
  [43, 'ServiceName=Managed Metrics', 'in', 'observability'],
  [50, 'ServiceName=*Support*', 'share', 'support'],
  [51, 'ChargeCategory=Credit', 'in', ''],
  [60, 'time.tags=fleet:*', 'in', 'security'],
  [61, 'time.project=fleet-ops', 'in', 'operations'],
  [62, 'time.project=fleet-incidents', 'in', 'on_call'],
  [63, 'time.project=model-updates', 'in', 'lifecycle'],
  [64, 'time.project=fleet-build', 'in', 'build'],
]

export type Rate = { role: string; from: string; currency: string; standard: string; actual: string; hours: string }
export const ratesOf = (fleet: Fleet): Rate[] => [
  { role: 'sre', from: '2020-01-01', currency: 'USD', standard: '158000', actual: '187000', hours: '1720' },
  // dearer from the middle of the history on
  {
    role: 'sre',
    from: dayText(fleet.today - Math.floor(fleet.days / 2) * DAY),
    currency: 'USD',
    standard: '164000',
    actual: '193000',
    hours: '1720',
  },
  { role: 'mle', from: '2020-01-01', currency: 'USD', standard: '190000', actual: '246000', hours: '1800' },
  { role: 'lead', from: '2020-01-01', currency: 'EUR', standard: '148000', actual: '148000', hours: '1650' },
]

export type StandbyRate = { rotation: string; currency: string; perHour: string; perShift: string; holidayFactor: string }
export const STANDBY: StandbyRate[] = [
  { rotation: ROTATIONS[0], currency: 'USD', perHour: '4.5', perShift: '120', holidayFactor: '1.5' },
  { rotation: ROTATIONS[1], currency: 'EUR', perHour: '2.25', perShift: '0', holidayFactor: '2' },
]

export type FxRow = { day: string; rate: string }
/** One euro in dollars, on working days only: weekends take Friday's. */
export function fxOf(fleet: Fleet): FxRow[] {
  const rows: FxRow[] = []
  for (let day = fleet.start - 40 * DAY; day <= fleet.today + 31 * DAY; day += DAY) {
    const weekday = new Date(day).getUTCDay()
    if (weekday !== 0 && weekday !== 6)
      rows.push({
        day: dayText(day),
        rate: `1.${between(780, 1190, fleet.seed, 4242, Math.floor(day / (7 * DAY)))
          .toString()
          .padStart(4, '0')}`,
      })
  }
  return rows
}

export type PriceRow = { provider: string; model: string; class: 'prompt' | 'cache_read' | 'generation'; perMillion: string; from: string }
/** Prices that the catalogue does not have; the second replaces the first from its day on. */
export const pricesOf = (fleet: Fleet): PriceRow[] => [
  {
    provider: 'together',
    model: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    class: 'cache_read',
    perMillion: '0.44',
    from: dayText(fleet.start - 30 * DAY),
  },
  {
    provider: 'together',
    model: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    class: 'cache_read',
    perMillion: '0.35',
    from: dayText(fleet.today - 8 * DAY),
  },
]

export type ComparatorDocument = {
  name: string
  kind: 'api'
  maps: { deployment: string; provider: string; model: string }[]
  tokenizer_ratio: number
  output_ratio: number
}
/** `summaries` has no cache-read price anywhere: its cached tokens stay unpriced with the same-weights host. */
export const COMPARATORS: ComparatorDocument[] = [
  {
    name: 'Same weights, hosted',
    kind: 'api',
    tokenizer_ratio: 1,
    output_ratio: 1,
    maps: [
      { deployment: 'chat', provider: 'together', model: 'meta-llama/Llama-3.3-70B-Instruct-Turbo' },
      { deployment: 'agents', provider: 'groq', model: 'openai/gpt-oss-120b' },
      { deployment: 'summaries', provider: 'mistral', model: 'mistral-small-3.2-24b-instruct' },
    ],
  },
  {
    name: 'Frontier API',
    kind: 'api',
    tokenizer_ratio: 1.06,
    output_ratio: 1.2,
    maps: [
      { deployment: 'chat', provider: 'openai', model: 'gpt-5.1' },
      { deployment: 'agents', provider: 'openai', model: 'gpt-5-mini' },
      { deployment: 'summaries', provider: 'openai', model: 'gpt-5-mini' },
    ],
  },
]

const projectionOf = (fleet: Fleet) => ({
  currency: 'USD',
  start: monthText(fleet.start),
  go_live: monthText(fleet.start),
  demand: { tokens_per_month: { prompt: 26e9, cache_read: 33e9, generation: 11e9 }, growth_per_month: 0.03, peak_to_average: 2.6 },
  capacity: {
    gpu: 'H100',
    price_per_gpu_hour: 3.05,
    gpus_per_replica: 4,
    tokens_per_second_per_gpu: 7000,
    load_ceiling: 0.7,
    redundancy: 6,
  },
  build: { engineers: 3, months: 4, rate_per_year: 165_000, amortise_months: 36 },
  run: { operations_fte: 0.6, on_call_share: 0.8, rate_per_year: 165_000 },
  supporting: { share_of_gpu: 0.045, per_month: 120 },
  observability: { per_month: 900 },
  model_updates: { per_year: 4, cost: 6000 },
  security: { per_quarter: 5000 },
  talent_premium: { share: 0.18 },
  opportunity: { hours_per_month: 120, alternative_value_per_hour: 140, loaded_rate_per_hour: 96 },
  attrition: { engineers: 3, probability_per_year: 0.15, replacement_cost: 90_000 },
  exit: { cost: 60_000, probability: 0.2 },
  price_trends: { gpu: -0.12, labour: 0.04, api: -0.25 },
  discount_rate_per_year: 0.09,
  risks: [
    { name: 'A GPU generation earlier than planned', probability: 0.3, impact: 120_000, month: monthText(fleet.start + 500 * DAY) },
    { name: 'Key engineer leaves', probability: 0.25, impact: 80_000 },
  ],
  naive: { utilisation: 0.8, build_weeks: 6, operations_fte: 0.25 },
})

export function timeCsv(entries: readonly TimeEntry[]): string {
  const header = 'id,person,date,hours,start,end,project,issue,tags,activity,note'
  return csv(
    header,
    entries.map((one) => [
      one.id,
      one.person,
      one.date,
      one.hours ?? '',
      one.span ? iso(one.span.from) : '',
      one.span ? iso(one.span.to) : '',
      one.project,
      one.issue,
      one.tags.join(';'),
      one.activity,
      one.note,
    ]),
  )
}

/** Writes everything but the bills into `folder`; returns the path of denominator.yaml. */
export function writeConfig(folder: string, fleet: Fleet, staff: Staff, addresses: Addresses): string {
  fs.mkdirSync(path.join(folder, 'bills/cloud'), { recursive: true })
  fs.mkdirSync(path.join(folder, 'bills/euro'), { recursive: true })
  const write = (name: string, text: string) => fs.writeFileSync(path.join(folder, name), text)
  write('nodes.csv', nodesCsv(fleet, addresses))
  write('deployments.csv', deploymentsCsv(fleet, addresses))
  write('layers.csv', csv('order,match,scope,layer', LAYERS))
  write(
    'people.csv',
    csv(
      'person,role,timezone,team,workday_start,workday_end,holidays,name,email,pagerduty',
      staff.people.map((one) => [
        one.id,
        one.role,
        one.timezone,
        one.team,
        one.workdayStart,
        one.workdayEnd,
        one.holidays.join(';'),
        one.name,
        one.email,
        one.pagerduty,
      ]),
    ),
  )
  write(
    'rates.csv',
    csv(
      'role,from,currency,standard_per_year,actual_per_year,hours_per_year',
      ratesOf(fleet).map((one) => [one.role, one.from, one.currency, one.standard, one.actual, one.hours]),
    ),
  )
  write(
    'standby.csv',
    csv(
      'rotation,from,currency,per_hour,per_shift,holiday_factor',
      STANDBY.map((one) => [one.rotation, '2020-01-01', one.currency, one.perHour, one.perShift, one.holidayFactor]),
    ),
  )
  write(
    'fx.csv',
    csv(
      'date,from,to,rate,source',
      fxOf(fleet).map((one) => [one.day, 'EUR', 'USD', one.rate, 'reference rate']),
    ),
  )
  write(
    'prices.csv',
    csv(
      'provider,model,class,per_million,currency,from,source',
      pricesOf(fleet).map((one) => [one.provider, one.model, one.class, one.perMillion, 'USD', one.from, 'contract']),
    ),
  )
  write('comparators.yaml', stringify({ comparators: COMPARATORS }))
  write('projection.yaml', stringify(projectionOf(fleet)))
  write('time.csv', timeCsv(staff.entries.filter((one) => Date.parse(`${one.date}T00:00:00Z`) <= fleet.end + MINUTE)))
  write('pagerduty-token', TOKEN)
  const urls = [...Object.values(addresses.nodes), ...Object.values(addresses.replicas)].map((address) => `http://${address}/metrics`)
  const file = path.join(folder, 'denominator.yaml')
  fs.writeFileSync(
    file,
    stringify({
      reporting: { currency: 'USD', timezone: 'Europe/Berlin' },
      fleet: { inventory: './nodes.csv', deployments: './deployments.csv', layers: './layers.csv' },
      people: { roster: './people.csv', rates: './rates.csv', standby: './standby.csv' },
      fx: './fx.csv',
      prices: './prices.csv',
      comparators: './comparators.yaml',
      projection: './projection.yaml',
      sources: [
        { name: 'fleet', kind: 'scrape', targets: urls, interval: '15s' },
        { name: 'cloud', kind: 'focus', path: './bills/cloud' },
        { name: 'euro', kind: 'focus', path: './bills/euro' },
        { name: 'pager', kind: 'pagerduty', token: { file: path.join(folder, 'pagerduty-token') }, url: `http://${addresses.pagerduty}` },
        { name: 'timesheet', kind: 'time-csv', path: './time.csv' },
      ],
    }),
  )
  return file
}
