// Who works on the fleet, who carries the pager when, and what they write down.
import { between, hash, keyOf, unit } from './random.ts'
import type { Fleet } from './shape.ts'
import { DAY, dayText, HOUR, instantOf, MINUTE, midnight, type Span, wallClock } from './time.ts'

export type Person = {
  id: string
  name: string
  email: string
  pagerduty: string
  role: string
  timezone: string
  team: string
  workdayStart: string
  workdayEnd: string
  holidays: string[]
}

export type Shift = { rotation: string; person: string; from: number; to: number }

export type Acknowledgement = { person: string; at: number }
export type Incident = {
  id: string
  number: number
  title: string
  service: string
  urgency: 'high' | 'low'
  createdAt: number
  acknowledgements: Acknowledgement[]
  snoozes: { person: string; from: number; to: number }[]
  resolvedAt: number | null
  /** null: it resolved itself. */
  resolvedBy: string | null
}

/** Hours on a date, or an interval. `layer` is where its work belongs; null: not the fleet's. */
export type TimeEntry = {
  id: string
  person: string
  date: string
  hours: string | null
  span: Span | null
  project: string
  issue: string
  tags: string[]
  activity: string
  note: string
  layer: string | null
}

export type Staff = { people: Person[]; shifts: Shift[]; incidents: Incident[]; entries: TimeEntry[] }

export const ROTATIONS = ['Fleet primary', 'Fleet secondary'] as const

function people(fleet: Fleet): Person[] {
  const holiday = (...ago: number[]) => ago.map((days) => dayText(fleet.today - days * DAY))
  const make = (id: string, name: string, rest: Omit<Person, 'id' | 'name' | 'email' | 'pagerduty'>): Person => ({
    id,
    name,
    email: `${id}@example.com`,
    pagerduty: `P${hash(fleet.seed, keyOf(id)).toString(36).toUpperCase().padStart(7, '0')}`,
    ...rest,
  })
  const office = { workdayStart: '09:00', workdayEnd: '17:00' }
  return [
    make('ana', 'Ana Albers', { role: 'sre', timezone: 'Europe/Berlin', team: 'platform', ...office, holidays: holiday(8, 66, 120) }),
    make('ben', 'Ben Bauer', {
      role: 'sre',
      timezone: 'Europe/Berlin',
      team: 'platform',
      ...office,
      workdayStart: '08:30',
      workdayEnd: '16:30',
      holidays: holiday(8, 41, 66),
    }),
    make('chloe', 'Chloé Carter', { role: 'mle', timezone: 'America/New_York', team: 'models', ...office, holidays: holiday(10, 59, 130) }),
    make('dev', 'Dev Desai', {
      role: 'sre',
      timezone: 'Asia/Kolkata',
      team: 'platform',
      ...office,
      workdayStart: '10:00',
      workdayEnd: '18:30',
      holidays: holiday(5, 90),
    }),
    make('emma', 'Emma Evans', { role: 'lead', timezone: 'Europe/London', team: 'models', ...office, holidays: holiday(12, 66) }),
  ]
}

/** Primary: a week each, handed over on Monday morning. Secondary: one day each, at noon. Some carry both at once. */
function shifts(fleet: Fleet): Shift[] {
  const result: Shift[] = []
  const weekly = ['ana', 'ben', 'chloe']
  const daily = ['dev', 'emma', 'ana']
  const weekday = (new Date(fleet.start).getUTCDay() + 6) % 7
  let turn = 0
  for (let from = fleet.start - weekday * DAY + 8 * HOUR - 7 * DAY; from < fleet.end; from += 7 * DAY)
    result.push({ rotation: ROTATIONS[0], person: weekly[turn++ % 3]!, from, to: from + 7 * DAY })
  turn = 0
  for (let from = fleet.start - 12 * HOUR; from < fleet.end; from += DAY)
    result.push({ rotation: ROTATIONS[1], person: daily[turn++ % 3]!, from, to: from + DAY })
  // two overlapping entries of the same rotation and person, as an override leaves them
  const last = result.at(-2)!
  result.push({ rotation: last.rotation, person: last.person, from: last.from + 6 * HOUR, to: last.to })
  return result
}

const TITLES = [
  ['Time to first token above objective', 'chat-gateway', 'high'],
  ['Replica not ready', 'inference', 'high'],
  ['GPU fell off the bus', 'gpu-nodes', 'high'],
  ['KV cache above 95 %', 'inference', 'low'],
  ['Exporter unreachable', 'gpu-nodes', 'low'],
  ['Request queue growing', 'chat-gateway', 'high'],
] as const

const onCall = (all: readonly Shift[], rotation: string, at: number): string =>
  (all.find((shift) => shift.rotation === rotation && at >= shift.from && at < shift.to) ?? all[0]!).person

function incidents(fleet: Fleet, all: readonly Shift[]): Incident[] {
  const result: Incident[] = []
  let number = 4100
  for (let day = fleet.start; day < fleet.end; day += DAY) {
    const count = [1, 0, 2, 1, 3, 2, 1][hash(fleet.seed, day / DAY, 11) % 7]!
    for (let i = 0; i < count; i++) {
      // Two of three at night (UTC); seconds matter, so nothing stands on a full minute.
      const night = unit(fleet.seed, day / DAY, 20 + i) < 0.66
      const second = between(0, 3599, fleet.seed, day / DAY, 30 + i)
      const hour = night ? [22, 23, 0, 1, 2, 3, 4][hash(fleet.seed, day / DAY, 40 + i) % 7]! : between(6, 20, fleet.seed, day / DAY, 50 + i)
      const createdAt = day + hour * HOUR + second * 1000
      if (createdAt < fleet.end - 6 * HOUR) result.push(incident(fleet, all, createdAt, number++))
    }
  }
  result.push(openIncident(fleet, all, number))
  return result.sort((a, b) => a.createdAt - b.createdAt)
}

function incident(fleet: Fleet, all: readonly Shift[], createdAt: number, number: number): Incident {
  const pick = (key: number, low: number, high: number) => between(low, high, fleet.seed, number, key)
  const [title, service, urgency] = TITLES[pick(1, 0, TITLES.length - 1)]!
  const base = { id: `Q${hash(fleet.seed, number).toString(36).toUpperCase()}${number}`, number, title, service, urgency, createdAt }
  const primary = onCall(all, ROTATIONS[0], createdAt)
  const kind = pick(2, 0, 9)
  if (kind <= 1) {
    // it went away by itself, and nobody had looked
    return { ...base, acknowledgements: [], snoozes: [], resolvedAt: createdAt + pick(3, 90, 900) * 1000, resolvedBy: null }
  }
  if (kind === 2) {
    // closed the next day by somebody who never acknowledged it
    return { ...base, acknowledgements: [], snoozes: [], resolvedAt: createdAt + pick(3, 3600, 30_000) * 1000, resolvedBy: primary }
  }
  const first = createdAt + pick(4, 45, 1500) * 1000
  const acknowledgements = [{ person: primary, at: first }]
  if (kind === 3) {
    // acknowledged, put to sleep, taken up again, resolved: the sleep is no work
    const snoozedAt = first + pick(5, 300, 2400) * 1000
    const snoozedTo = snoozedAt + pick(6, 1, 4) * HOUR
    const again = snoozedTo + pick(7, 30, 600) * 1000
    acknowledgements.push({ person: primary, at: again })
    const resolvedAt = again + pick(8, 600, 5400) * 1000
    return { ...base, acknowledgements, snoozes: [{ person: primary, from: snoozedAt, to: snoozedTo }], resolvedAt, resolvedBy: primary }
  }
  if (kind === 4 || kind === 6) {
    // two people, and long enough to meet the four-hour cap
    acknowledgements.push({ person: onCall(all, ROTATIONS[1], createdAt), at: first + pick(9, 60, 3000) * 1000 })
    return { ...base, acknowledgements, snoozes: [], resolvedAt: first + pick(10, 3600, 8 * 3600) * 1000, resolvedBy: primary }
  }
  const resolvedAt = first + pick(11, 240, 7200) * 1000
  return { ...base, acknowledgements, snoozes: [], resolvedAt, resolvedBy: kind === 5 ? null : primary }
}

/** Still open when the history ends. */
function openIncident(fleet: Fleet, all: readonly Shift[], number: number): Incident {
  const createdAt = fleet.end - 2 * HOUR - 17_000
  const acknowledgements = [{ person: onCall(all, ROTATIONS[0], createdAt), at: createdAt + 11 * MINUTE + 5_000 }]
  return {
    id: `QOPEN${number}`,
    number,
    title: 'Request queue growing',
    service: 'chat-gateway',
    urgency: 'high',
    createdAt,
    acknowledgements,
    snoozes: [],
    resolvedAt: null,
    resolvedBy: null,
  }
}

const WORK = [
  ['fleet-ops', 'upgrade drivers', 'operations', ['ops']],
  ['fleet-ops', 'tune batching and KV cache', 'operations', ['ops', 'performance']],
  ['fleet-incidents', 'incident review', 'on_call', ['review']],
  ['model-updates', 'roll out a new checkpoint', 'lifecycle', ['release', 'eval']],
  ['platform', 'patch images', 'security', ['fleet:security']],
  ['website', 'landing page', null, ['web']],
  ['data-warehouse', 'nightly loads', null, ['etl']],
] as const

/** Entries of WORK before this one are about the fleet. In the first weeks people build it instead of doing other things. */
const OURS = 5
const BUILD = ['fleet-build', 'clusters, gateways, first deployments', 'build', ['build']] as const

/** What people write down on their local working days: hours on a date, sometimes an interval. Much night work is never written down. */
function entries(fleet: Fleet, everyone: readonly Person[], list: readonly Incident[]): TimeEntry[] {
  const result: TimeEntry[] = []
  let next = 1
  const add = (entry: Omit<TimeEntry, 'id'>) => result.push({ id: `T${String(next++).padStart(5, '0')}`, ...entry })
  for (let day = fleet.start; day < midnight(fleet.end); day += DAY) {
    const weekday = new Date(day).getUTCDay()
    const early = day < fleet.start + (fleet.days * DAY) / 5
    for (const person of everyone) {
      if (weekday === 0 || weekday === 6 || person.holidays.includes(dayText(day))) continue
      const key = hash(fleet.seed, keyOf(person.id), day / DAY)
      const [project, note, layer, tags] = early && key % WORK.length >= OURS ? BUILD : WORK[key % WORK.length]!
      const common = {
        person: person.id,
        date: dayText(day),
        project,
        issue: `OPS-${100 + (key % 400)}`,
        tags: [...tags],
        activity: 'work',
        note,
        layer,
      }
      const hours = [null, '1.5', '2', '0.75', '3', '6', '1.25'][(key >>> 8) % 7]!
      if (hours === null) continue
      if (key % 3 === 0) add({ ...common, hours: null, span: localSpan(day, person, 10 + ((key >>> 4) % 4), Number(hours)) })
      else add({ ...common, hours, span: null })
    }
  }
  for (const one of list) logIncident(fleet, one, everyone, add)
  return result
}

const localSpan = (day: number, person: Person, hour: number, hours: number): Span => {
  const from = instantOf(day + hour * HOUR, person.timezone)
  return { from, to: from + hours * HOUR }
}

/** Every third incident is written down as an interval around the work: it begins a little late and ends a little early or late. */
function logIncident(fleet: Fleet, one: Incident, everyone: readonly Person[], add: (entry: Omit<TimeEntry, 'id'>) => void): void {
  const first = one.acknowledgements[0]
  if (!first || one.resolvedAt === null || one.number % 3 !== 0) return
  const person = everyone.find((who) => who.id === first.person)!
  const from = first.at + 120_000
  const to = Math.max(from + 300_000, Math.min(one.resolvedAt, from + 3 * HOUR) + between(-600, 900, fleet.seed, one.number, 77) * 1000)
  if (to > fleet.end) return
  const common = {
    person: person.id,
    project: 'fleet-incidents',
    issue: `INC-${one.number}`,
    tags: ['incident'],
    activity: 'incident',
    note: one.title,
    layer: 'on_call',
  }
  add({ ...common, date: dayText(wallClock(from, person.timezone)), hours: null, span: { from, to } })
  // and again, overlapping, as two tools would: one person's overlap counts once
  if (one.number % 6 === 0)
    add({
      ...common,
      project: 'fleet-ops',
      layer: 'operations',
      date: dayText(wallClock(from + 60_000, person.timezone)),
      hours: null,
      span: { from: from + 60_000, to: to + 60_000 },
    })
}

export function makeStaff(fleet: Fleet): Staff {
  const everyone = people(fleet)
  const all = shifts(fleet)
  const list = incidents(fleet, all)
  return { people: everyone, shifts: all, incidents: list, entries: entries(fleet, everyone, list) }
}
