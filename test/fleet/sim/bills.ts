// What the fleet's two providers charge, line by line. Every line knows which layer and scope it belongs to: the rules in layers.csv
// must find that out again.
import { type Exact, exact, NONE } from './decimal.ts'
import { between, keyOf } from './random.ts'
import type { Fleet, Node } from './shape.ts'
import { DAY, HOUR, MINUTE, monthsOf, nextMonth } from './time.ts'

export type Line = {
  account: 'cloud' | 'euro'
  month: number
  from: number
  to: number
  category: 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment'
  correction: boolean
  frequency: 'Usage-Based' | 'Recurring' | 'One-Time'
  service: string
  serviceCategory: string
  region: string
  description: string
  resourceId: string | null
  resourceType: string | null
  quantity: Exact | null
  unit: string | null
  billed: Exact
  effective: Exact
  commitmentId: string | null
  commitmentStatus: 'Used' | 'Unused' | null
  tags: Record<string, string>
  /** The truth about it. `node`: whose capacity it pays. */
  scope: 'in' | 'out' | 'share'
  layer: string
  node: string | null
}

export const ACCOUNTS = {
  cloud: { id: '7001-2233-4455', name: 'Northwind Platform', currency: 'USD', provider: 'Nimbus Cloud' },
  euro: { id: 'DE-88-1207', name: 'Northwind GmbH', currency: 'EUR', provider: 'Rheinwerk Rechenzentrum' },
} as const

const COMMITMENT = 'commit-fleet-h100-2026'
const HOURLY = {
  committed: exact('19.84'),
  used: exact('19.3625'),
  fra1: exact('25.1200000017'),
  dub1: exact('23.604'),
  dubL1: exact('4.1936'),
  dubL2: exact('2.1408'),
  euro: exact('2.0834'),
}

type Draft = Partial<Line> & Pick<Line, 'from' | 'to' | 'service' | 'billed' | 'scope' | 'layer'>

class Book {
  readonly lines: Line[] = []
  readonly #account: Line['account']
  readonly #month: number
  constructor(account: Line['account'], month: number) {
    this.#account = account
    this.#month = month
  }
  add(draft: Draft): void {
    this.lines.push({
      account: this.#account,
      month: this.#month,
      category: 'Usage',
      correction: false,
      frequency: 'Usage-Based',
      serviceCategory: 'Other',
      region: 'eu-central-1',
      description: draft.service,
      resourceId: null,
      resourceType: null,
      quantity: null,
      unit: null,
      effective: draft.billed,
      commitmentId: null,
      commitmentStatus: null,
      tags: {},
      node: null,
      ...draft,
    })
  }
  gpu(node: Node, from: number, to: number, hours: Exact, billed: Exact, more: Partial<Line> = {}): void {
    const resourceId = node.name === 'dub-h100-1' ? `arn:nimbus:compute:eu-west-1:7001:instance/${node.instanceId}` : node.instanceId
    this.add({
      from,
      to,
      service: 'GPU Compute',
      serviceCategory: 'Compute',
      region: node.cluster === 'dublin' ? 'eu-west-1' : 'eu-central-1',
      description: `${node.model} x${node.gpuCount}`,
      resourceId,
      resourceType: 'Virtual Machine',
      quantity: hours,
      unit: 'Hours',
      billed,
      tags: node.cluster === 'frankfurt' ? { team: 'inference' } : {},
      scope: 'in',
      layer: 'gpu_compute',
      node: node.name,
      ...more,
    })
  }
}

/** The lines of one account and month, complete up to `until`: what the provider knew by then. */
export function linesOf(fleet: Fleet, account: Line['account'], month: number, until: number): Line[] {
  const book = new Book(account, month)
  const end = Math.min(nextMonth(month), until)
  for (let day = Math.max(month, fleet.start); day < end; day += DAY) {
    if (account === 'euro') euroDay(fleet, book, day)
    else cloudDay(fleet, book, day)
  }
  if (book.lines.length === 0) return []
  if (account === 'euro') euroMonth(book, month)
  else cloudMonth(fleet, book, month)
  return book.lines
}

function cloudDay(fleet: Fleet, book: Book, day: number): void {
  const node = (name: string) => fleet.nodes.find((one) => one.name === name)!
  const ago = Math.round((fleet.today - day) / DAY)
  for (let h = 0; h < 24; h++) {
    const [from, to] = [day + h * HOUR, day + (h + 1) * HOUR]
    book.gpu(node('fra-h100-1'), from, to, exact(1), HOURLY.fra1)
    // two lines of one hour: their minutes are one hour, their money adds up
    if (ago === 16 && h >= 8 && h < 11)
      book.gpu(node('fra-h100-1'), from, to, exact(1), exact('2.5000000003'), { description: 'Dedicated host' })
    book.gpu(node('fra-h100-2'), from, to, exact(1), NONE, { effective: HOURLY.used, commitmentId: COMMITMENT, commitmentStatus: 'Used' })
    book.add({
      from,
      to,
      service: 'Savings Commitments',
      billed: NONE,
      effective: HOURLY.committed.minus(HOURLY.used),
      commitmentId: COMMITMENT,
      commitmentStatus: 'Unused',
      scope: 'in',
      layer: 'unused_commitment',
    })
    const minutes = onMinutes(fleet, 'dub-l40s-2', from)
    if (minutes > 0) book.gpu(node('dub-l40s-2'), from, to, exact(minutes).div(60), HOURLY.dubL2.times(minutes).div(60))
  }
  book.gpu(node('dub-h100-1'), day, day + DAY, exact(24), HOURLY.dub1.times(24))
  // switched off for a day, back at half a day, off again after a quarter: half-used spans, before and after a gap
  const hours = ago === 14 ? 0 : ago === 13 ? 10.5 : ago === 12 ? 7.25 : 24
  if (hours > 0) book.gpu(node('dub-l40s-1'), day, day + DAY, exact(hours), HOURLY.dubL1.times(hours))
  sundries(fleet, book, day, ago)
}

function onMinutes(fleet: Fleet, node: string, hour: number): number {
  const off = fleet.troubles.off[node] ?? []
  let minutes = 0
  for (let ms = hour; ms < hour + HOUR; ms += MINUTE) if (!off.some((span) => ms >= span.from && ms < span.to)) minutes++
  return minutes
}

function sundries(fleet: Fleet, book: Book, day: number, ago: number): void {
  const cents = (low: number, high: number, name: string) => exact(between(low, high, fleet.seed, keyOf(name), day / DAY)).div(10_000)
  const whole = { from: day, to: day + DAY }
  const fleetTag = { team: 'inference', env: 'prod' }
  book.add({
    ...whole,
    service: 'Block Storage',
    serviceCategory: 'Storage',
    resourceId: 'vol-weights-01',
    quantity: exact(2400),
    unit: 'GB',
    billed: cents(180_000, 190_000, 'disk'),
    tags: fleetTag,
    scope: 'in',
    layer: 'supporting',
  })
  book.add({
    ...whole,
    service: 'Load Balancing',
    serviceCategory: 'Networking',
    resourceId: 'lb-gateway',
    billed: cents(310_000, 620_000, 'lb'),
    tags: fleetTag,
    scope: 'in',
    layer: 'supporting',
  })
  book.add({
    ...whole,
    service: 'Managed Kubernetes',
    serviceCategory: 'Compute',
    resourceId: 'cluster/frankfurt',
    billed: exact('2.4'),
    tags: fleetTag,
    scope: 'in',
    layer: 'supporting',
  })
  book.add({
    ...whole,
    service: 'Managed Metrics',
    serviceCategory: 'Management and Governance',
    billed: cents(240_000, 300_000, 'metrics'),
    tags: fleetTag,
    scope: 'in',
    layer: 'observability',
  })
  book.add({
    ...whole,
    service: 'Virtual Machines',
    serviceCategory: 'Compute',
    resourceId: 'i-web-0001',
    billed: cents(1_900_000, 2_600_000, 'web'),
    tags: { team: 'web' },
    scope: 'out',
    layer: '',
  })
  book.add({
    ...whole,
    service: 'Managed Database',
    serviceCategory: 'Databases',
    resourceId: 'db-web-main',
    billed: cents(900_000, 990_000, 'db'),
    tags: { team: 'web' },
    scope: 'out',
    layer: '',
  })
  book.add({
    ...whole,
    service: 'Data Warehouse',
    serviceCategory: 'Analytics',
    billed: cents(1_400_000, 2_900_000, 'dwh'),
    tags: { team: 'data', env: 'prod' },
    scope: 'out',
    layer: '',
  })
  if (ago % 6 === 2)
    book.add({
      ...whole,
      service: 'Vector Search',
      serviceCategory: 'Databases',
      resourceId: 'vs-01',
      billed: exact('14.27'),
      scope: 'in',
      layer: 'unassigned',
    })
  const fra1 = fleet.nodes[0]!
  if (ago === 9)
    book.add({
      ...whole,
      category: 'Credit',
      correction: true,
      frequency: 'One-Time',
      service: 'GPU Compute',
      description: 'Refund of a failed reservation',
      billed: exact('-61.44'),
      scope: 'in',
      layer: 'refunds',
    })
  if (ago % 30 === 11)
    book.add({
      ...whole,
      category: 'Credit',
      frequency: 'One-Time',
      service: 'Promotions',
      description: 'Start-up credit',
      billed: exact('-250'),
      scope: 'in',
      layer: 'credits',
    })
  if (ago % 45 === 7)
    book.add({
      from: day,
      to: day + HOUR,
      correction: true,
      service: 'GPU Compute',
      serviceCategory: 'Compute',
      description: 'Price correction',
      resourceId: fra1.instanceId,
      quantity: exact(1),
      unit: 'Hours',
      billed: exact('-12.56'),
      tags: fleetTag,
      scope: 'in',
      layer: 'corrections',
    })
}

function cloudMonth(fleet: Fleet, book: Book, month: number): void {
  const to = nextMonth(month)
  const whole = { from: month, to, frequency: 'Recurring' as const }
  const hours = (to - month) / HOUR
  const cents = (low: number, high: number, name: string) => exact(between(low, high, fleet.seed, keyOf(name), month / DAY)).div(100)
  book.add({
    ...whole,
    service: 'File Storage',
    serviceCategory: 'Storage',
    description: 'Model weights',
    billed: exact('312.47'),
    tags: { team: 'inference' },
    scope: 'in',
    layer: 'supporting',
  })
  book.add({
    ...whole,
    category: 'Purchase',
    service: 'Savings Commitments',
    description: 'Monthly commitment',
    billed: HOURLY.committed.times(hours),
    effective: NONE,
    commitmentId: COMMITMENT,
    scope: 'in',
    layer: 'commitment_purchase',
  })
  book.add({
    ...whole,
    category: 'Purchase',
    service: 'Business Support',
    billed: cents(140_000, 150_000, 'support'),
    scope: 'share',
    layer: 'support',
  })
  book.add({
    ...whole,
    category: 'Tax',
    service: 'Tax',
    description: 'VAT',
    billed: cents(210_000, 260_000, 'tax'),
    scope: 'share',
    layer: 'tax',
  })
}

function euroDay(fleet: Fleet, book: Book, day: number): void {
  const node = fleet.nodes.find((one) => one.account === 'euro')!
  for (let h = 0; h < 24; h++) book.gpu(node, day + h * HOUR, day + (h + 1) * HOUR, exact(1), HOURLY.euro, { region: 'fra-3', tags: {} })
  book.add({
    from: day,
    to: day + DAY,
    service: 'Object Storage',
    serviceCategory: 'Storage',
    region: 'fra-3',
    billed: exact('1.25'),
    scope: 'in',
    layer: 'supporting',
  })
}

function euroMonth(book: Book, month: number): void {
  book.add({
    from: month,
    to: nextMonth(month),
    category: 'Tax',
    frequency: 'Recurring',
    region: 'fra-3',
    service: 'Umsatzsteuer',
    billed: exact('296.41'),
    scope: 'share',
    layer: 'tax',
  })
}

export type Delivery = {
  source: 'cloud' | 'euro'
  month: number
  version: number
  late: boolean
  format: 'csv' | 'csv.gz' | 'parquet'
  lines: Line[]
}

/**
 * Everything that is ever delivered, in order. One month of the cloud is restated (version 2), one month of the other account comes
 * late. The cloud is two days behind; the other account delivers whole months only, so that its last days await their bill.
 */
export function deliveriesOf(fleet: Fleet): Delivery[] {
  const months = monthsOf(fleet.start, fleet.end)
  const list: Delivery[] = []
  const known = fleet.today - 2 * DAY
  const restated = months.at(-2) ?? months[0]!
  months.forEach((month, index) => {
    const lines = linesOf(fleet, 'cloud', month, known)
    if (lines.length > 0)
      list.push({ source: 'cloud', month, version: 1, late: false, format: index === months.length - 1 ? 'csv.gz' : 'csv', lines })
    const whole = nextMonth(month) <= fleet.today ? linesOf(fleet, 'euro', month, fleet.today) : []
    if (whole.length > 0) list.push({ source: 'euro', month, version: 1, late: month === restated, format: 'parquet', lines: whole })
  })
  const first = list.find((one) => one.source === 'cloud' && one.month === restated)!
  list.push({ ...first, version: 2, late: true, lines: restate(first.lines) })
  return [...list.filter((one) => !one.late), ...list.filter((one) => one.late)]
}

/** One price changed, one line gone, one new. */
function restate(lines: Line[]): Line[] {
  const days = [...new Set(lines.filter((line) => line.node === 'fra-h100-1').map((line) => Math.floor(line.from / DAY)))].sort(
    (a, b) => a - b,
  )
  const day = days[Math.floor(days.length / 2)]! * DAY
  const gone = lines.find((line) => line.layer === 'observability' && line.from === day)!
  const added = {
    ...lines.find((line) => line.service === 'Load Balancing' && line.from === day)!,
    service: 'Public Addresses',
    description: 'forgotten addresses',
    billed: exact('8.064'),
    effective: exact('8.064'),
  }
  const changed = lines.find((line) => line.node === 'fra-h100-1' && line.from === day + 3 * HOUR)!
  return [
    ...lines
      .filter((line) => line !== gone)
      .map((line) => (line === changed ? { ...line, billed: exact('27.9'), effective: exact('27.9') } : line)),
    added,
  ]
}

/** The lines that stand when the deliveries up to now have been read: the last version of each month. */
export function standing(deliveries: readonly Delivery[]): Line[] {
  const last = new Map<string, Delivery>()
  for (const delivery of deliveries) last.set(`${delivery.source}/${delivery.month}`, delivery)
  return [...last.values()].flatMap((delivery) => delivery.lines)
}
