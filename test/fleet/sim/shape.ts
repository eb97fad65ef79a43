// What stands in the simulated fleet: nodes, GPUs, replicas, and what happens to them. Everything is placed relative to the end of
// the history, so that two fleets of the same seed and length look alike whatever the date.
import { hash, keyOf } from './random.ts'
import { DAY, HOUR, MINUTE, midnight, type Span } from './time.ts'

export type FleetOptions = {
  /** The end of the history and the beginning of "live", in milliseconds; whole minutes. */
  end: number
  days: number
  seed?: number
}

export type Gpu = { index: number; uuid: string; span: Span }
export type Node = {
  name: string
  cluster: string
  gpuCount: number
  model: string
  memoryMiB: number
  hostname: string
  instanceId: string
  account: 'cloud' | 'euro'
  /** How telemetry finds the node: by the UUIDs of its GPUs, by the scrape's instance or by the Hostname label. */
  known: 'gpu_uuid' | 'scrape_instance' | 'hostname'
  gpus: Gpu[]
  /** Seconds after the full minute at which its exporter is read. */
  offset: number
}
export type Replica = {
  name: string
  deployment: string
  node: string
  gpus: readonly number[]
  /** How the product can find the GPUs (RULES.md 8): equal pod labels, the column `gpus`, or all loaded GPUs of the node. */
  map: 'pod' | 'gpus' | 'node'
  namespace: string
  pod: string
  engines: number
  offset: number
  span: Span
}
export type Deployment = {
  name: string
  model: string
  team: string
  demand: boolean
  /** Per replica and minute at full load. */
  peak: { requests: number; prompt: number; cachedShare: number; generation: number }
  curve: 'office' | 'steady' | 'nightly'
}

export type Troubles = {
  /** The node's exporter answers 503. */
  exporterDown: Record<string, Span[]>
  /** The replica is down; its counters start at zero afterwards. */
  replicaDown: Record<string, Span[]>
  /** The replica serves on but cannot be scraped. */
  replicaGap: Record<string, Span[]>
  failing: { node: string; index: number; xidAt: number; goneAt: number; backAt: number }[]
  busy: { node: string; gpus: readonly number[]; span: Span }[]
  utilUnknown: { node: string; index: number; span: Span }[]
  memUnknown: { node: string; index: number; span: Span }[]
  harmlessXid: { node: string; index: number; span: Span }[]
  /** Three samples a minute whose mean crosses the threshold while single ones do not. */
  fineSteps: { node: string; span: Span }[]
  /** The node stands switched off: no telemetry, no bill. */
  off: Record<string, Span[]>
}

export type Fleet = {
  seed: number
  start: number
  end: number
  /** Midnight (UTC) of the day of the end. */
  today: number
  days: number
  nodes: Node[]
  replicas: Replica[]
  deployments: Deployment[]
  troubles: Troubles
}

const FOREVER: Span = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
const H100 = { model: 'NVIDIA H100 80GB HBM3', memoryMiB: 81_600 }
const L40S = { model: 'NVIDIA L40S', memoryMiB: 46_000 }

function uuidOf(seed: number, text: string): string {
  const hex = [0, 1, 2, 3].map((i) => hash(seed, keyOf(text), i).toString(16).padStart(8, '0')).join('')
  return `GPU-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export const DEPLOYMENTS: Deployment[] = [
  {
    name: 'chat',
    model: 'meta-llama/Llama-3.3-70B-Instruct',
    team: 'assistant',
    demand: true,
    peak: { requests: 240, prompt: 540_000, cachedShare: 0.45, generation: 122_000 },
    curve: 'office',
  },
  {
    name: 'agents',
    model: 'openai/gpt-oss-120b',
    team: 'automation',
    demand: true,
    peak: { requests: 340, prompt: 1_150_000, cachedShare: 0.6, generation: 196_000 },
    curve: 'steady',
  },
  {
    name: 'summaries',
    model: 'mistralai/Mistral-Small-3.2-24B-Instruct-2506',
    team: 'documents',
    demand: true,
    peak: { requests: 60, prompt: 150_000, cachedShare: 0.2, generation: 18_000 },
    curve: 'office',
  },
  {
    name: 'nightly-eval',
    model: 'Qwen/Qwen3-32B',
    team: 'platform',
    demand: false,
    peak: { requests: 40, prompt: 60_000, cachedShare: 0.1, generation: 30_000 },
    curve: 'nightly',
  },
]

function nodes(seed: number): Node[] {
  const make = (name: string, rest: Omit<Node, 'name' | 'gpus' | 'offset'>): Node => ({
    name,
    ...rest,
    offset: hash(seed, keyOf(name)) % 40,
    gpus: Array.from({ length: rest.gpuCount }, (_, index) => ({ index, uuid: uuidOf(seed, `${name}/${index}`), span: FOREVER })),
  })
  return [
    make('fra-h100-1', {
      cluster: 'frankfurt',
      gpuCount: 8,
      ...H100,
      hostname: 'ip-10-1-0-11',
      instanceId: 'i-0a1fra0001',
      account: 'cloud',
      known: 'hostname',
    }),
    make('fra-h100-2', {
      cluster: 'frankfurt',
      gpuCount: 8,
      ...H100,
      hostname: 'ip-10-1-0-12',
      instanceId: 'i-0a1fra0002',
      account: 'cloud',
      known: 'gpu_uuid',
    }),
    make('dub-h100-1', {
      cluster: 'dublin',
      gpuCount: 8,
      ...H100,
      hostname: 'dub-h100-1.internal',
      instanceId: 'i-0b2dub0001',
      account: 'cloud',
      known: 'gpu_uuid',
    }),
    make('dub-l40s-1', {
      cluster: 'dublin',
      gpuCount: 4,
      ...L40S,
      hostname: 'dub-l40s-1.internal',
      instanceId: 'i-0b2dub0002',
      account: 'cloud',
      known: 'scrape_instance',
    }),
    make('dub-l40s-2', {
      cluster: 'dublin',
      gpuCount: 2,
      ...L40S,
      hostname: 'dub-l40s-2.internal',
      instanceId: 'i-0b2dub0003',
      account: 'cloud',
      known: 'scrape_instance',
    }),
    make('fra-l40s-1', {
      cluster: 'frankfurt',
      gpuCount: 2,
      ...L40S,
      hostname: 'colo-7.example',
      instanceId: 'srv-fra-0007',
      account: 'euro',
      known: 'hostname',
    }),
  ]
}

function replicas(seed: number, growthAt: number): Replica[] {
  const make = (
    name: string,
    deployment: string,
    node: string,
    gpus: number[],
    map: Replica['map'],
    more: Partial<Replica> = {},
  ): Replica => ({
    name,
    deployment,
    node,
    gpus,
    map,
    namespace: map === 'pod' ? 'inference' : '',
    pod: map === 'pod' ? `${name}-${hash(seed, keyOf(name)).toString(36)}` : '',
    engines: 1,
    offset: hash(seed, keyOf(name), 7) % 40,
    span: FOREVER,
    ...more,
  })
  return [
    make('chat-0', 'chat', 'fra-h100-1', [0, 1, 2, 3], 'pod'),
    make('chat-1', 'chat', 'fra-h100-1', [4, 5, 6, 7], 'pod'),
    make('chat-2', 'chat', 'fra-h100-2', [0, 1, 2, 3], 'pod'),
    make('chat-3', 'chat', 'fra-h100-2', [4, 5, 6, 7], 'pod', { span: { from: growthAt, to: Number.POSITIVE_INFINITY } }),
    make('agents-0', 'agents', 'dub-h100-1', [0, 1, 2, 3], 'gpus', { engines: 2 }),
    make('agents-1', 'agents', 'dub-h100-1', [4, 5, 6, 7], 'gpus'),
    make('eval-0', 'nightly-eval', 'dub-l40s-1', [0, 1], 'gpus'),
    make('summaries-0', 'summaries', 'fra-l40s-1', [0, 1], 'node'),
  ]
}

/** Spans of the history during which the research node stands switched off: nights and weekends, to the half and quarter hour. */
function offSpans(start: number, end: number): Span[] {
  const spans: Span[] = []
  let offFrom = start - DAY
  for (let day = start; day < end; day += DAY) {
    const weekday = new Date(day).getUTCDay()
    if (weekday === 0 || weekday === 6) continue
    spans.push({ from: offFrom, to: day + 6 * HOUR + 30 * MINUTE })
    offFrom = day + 19 * HOUR + 15 * MINUTE
  }
  return [...spans, { from: offFrom, to: end }].filter((span) => span.from < end).map(({ from, to }) => ({ from, to: Math.min(to, end) }))
}

export function makeFleet(options: FleetOptions): Fleet {
  const seed = options.seed ?? 2026
  const today = midnight(options.end)
  const start = today - options.days * DAY
  const ago = (days: number, hours = 0, minutes = 0) => today - days * DAY + hours * HOUR + minutes * MINUTE
  const workday = (days: number): number => ([0, 6].includes(new Date(ago(days)).getUTCDay()) ? workday(days + 1) : days)
  const growthAt = ago(options.days > 60 ? 75 : 9, 10)
  const fleet: Fleet = {
    seed,
    start,
    end: options.end,
    today,
    days: options.days,
    nodes: nodes(seed),
    replicas: replicas(seed, growthAt),
    deployments: DEPLOYMENTS,
    troubles: {
      exporterDown: {
        // dark for days; the replica on it is gone as well
        'fra-h100-2': [{ from: ago(13, 20, 17), to: ago(11, 9, 44) }],
        // a scrape gap inside one hour, while the replicas serve on
        'fra-h100-1': [{ from: ago(6, 11, 12), to: ago(6, 11, 41) }],
        // the exporter is down for hours, the engine is not
        'dub-h100-1': [
          { from: ago(15, 6), to: ago(15, 6, 20) },
          { from: ago(4, 12, 25), to: ago(4, 17, 5) },
        ],
        'dub-l40s-1': [{ from: ago(15, 2, 50), to: ago(15, 3, 20) }],
      },
      replicaDown: {
        'chat-0': [
          { from: ago(18, 9, 3), to: ago(18, 9, 7) },
          { from: ago(3, 15, 30), to: ago(3, 15, 34) },
        ],
        'chat-2': [{ from: ago(13, 20, 17), to: ago(11, 9, 50) }],
        'chat-3': [{ from: ago(13, 20, 17), to: ago(11, 9, 52) }],
        'agents-0': [{ from: ago(8, 4, 58), to: ago(8, 5, 1) }],
        'agents-1': [{ from: ago(17, 3, 12), to: ago(12, 1, 30) }],
      },
      replicaGap: { 'chat-1': [{ from: ago(7, 23, 48), to: ago(6, 0, 22) }], 'agents-0': [{ from: ago(5, 13, 10), to: ago(5, 13, 31) }] },
      failing: [{ node: 'dub-h100-1', index: 5, xidAt: ago(17, 3, 12), goneAt: ago(17, 3, 40), backAt: ago(12) }],
      busy: [
        { node: 'dub-l40s-1', gpus: [2, 3], span: { from: ago(10, 8, 10), to: ago(7, 19, 40) } },
        { node: 'dub-l40s-2', gpus: [0], span: { from: ago(options.days), to: ago(2) } },
      ],
      utilUnknown: [{ node: 'dub-l40s-1', index: 3, span: { from: ago(16, 5), to: ago(16, 9, 30) } }],
      memUnknown: [{ node: 'dub-l40s-1', index: 2, span: { from: ago(19, 12), to: ago(19, 14, 15) } }],
      harmlessXid: [{ node: 'fra-h100-1', index: 2, span: { from: ago(14, 10), to: ago(14, 18) } }],
      fineSteps: [{ node: 'dub-l40s-2', span: { from: ago(workday(5), 8), to: ago(workday(5), 11) } }],
      off: { 'dub-l40s-2': offSpans(start, options.end) },
    },
  }
  if (options.days > 60) addLongTroubles(fleet, ago)
  replaceFailedGpus(fleet)
  return fleet
}

/** A history of months has more than one bad day. */
function addLongTroubles({ troubles }: Fleet, ago: (days: number, hours?: number, minutes?: number) => number): void {
  for (const days of [52, 96, 131, 160]) {
    troubles.exporterDown['fra-h100-1']!.push({ from: ago(days, 14, 5), to: ago(days, 14, 30) })
    troubles.replicaDown['chat-1'] = [...(troubles.replicaDown['chat-1'] ?? []), { from: ago(days, 7, 40), to: ago(days, 7, 46) }]
    troubles.replicaDown['agents-0']!.push({ from: ago(days - 3, 2, 15), to: ago(days - 3, 2, 21) })
    troubles.busy.push({ node: 'dub-l40s-1', gpus: [2, 3], span: { from: ago(days, 9), to: ago(days - 4, 18) } })
  }
  for (const [list, name] of [
    [troubles.exporterDown, 'fra-h100-2'],
    [troubles.replicaDown, 'chat-2'],
    [troubles.replicaDown, 'chat-3'],
  ] as const)
    list[name]!.push({ from: ago(88, 1), to: ago(84, 10) })
  troubles.failing.push({ node: 'dub-h100-1', index: 2, xidAt: ago(121, 22, 8), goneAt: ago(121, 22, 30), backAt: ago(116) })
  troubles.replicaDown['agents-0']!.push({ from: ago(121, 22, 8), to: ago(116, 8) })
}

/** A failed GPU is swapped: from `backAt` on another UUID stands at its index. */
function replaceFailedGpus(fleet: Fleet): void {
  for (const { node: name, index, backAt } of fleet.troubles.failing) {
    const node = fleet.nodes.find((one) => one.name === name)!
    const old = node.gpus.find((gpu) => gpu.index === index)!
    old.span = { from: old.span.from, to: backAt }
    node.gpus.push({ index, uuid: uuidOf(fleet.seed, `${name}/${index}/${backAt}`), span: { from: backAt, to: Number.POSITIVE_INFINITY } })
  }
}

export const nodeOf = (fleet: Fleet, name: string): Node => fleet.nodes.find((node) => node.name === name)!
export const replicasOf = (fleet: Fleet, node: string): Replica[] => fleet.replicas.filter((replica) => replica.node === node)
