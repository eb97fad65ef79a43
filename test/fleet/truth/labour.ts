// What people did for the fleet and what that cost (RULES.md 24-30), from the simulated incidents, shifts and time entries.
import { type FxRow, type Rate, STANDBY } from '../sim/config-files.ts'
import { type Exact, exact, NONE, rounded } from '../sim/decimal.ts'
import type { Incident, Person, Staff, TimeEntry } from '../sim/people.ts'
import { DAY, dayText, HOUR, instantOf, midnight, MINUTE, type Span, wallClock } from '../sim/time.ts'
import { common, earliest, seconds, union, without } from './intervals.ts'
import { inDollars } from './money.ts'
import { Totals } from './totals.ts'

export type LabourInput = { staff: Staff; rates: readonly Rate[]; fx: readonly FxRow[]; from: number; to: number; now: number }

const CAP = 4 * 3600

/** From the person's first acknowledgement to the end, without the snoozes, cut after four hours of it. */
function engagement(incident: Incident, person: string, now: number): Span[] {
  const first = incident.acknowledgements.find((one) => one.person === person)
  if (!first) return []
  return earliest(without([{ from: first.at, to: incident.resolvedAt ?? now }], incident.snoozes), CAP)
}

const dayOfSpan = (day: number): Span[] => [{ from: day, to: day + DAY }]
const localMidnight = (date: string, zone: string): number => instantOf(Date.parse(`${date}T00:00:00Z`), zone)

type Work = {
  engaged: Span[]
  logged: { span: Span[]; layer: string }[]
  dated: { date: string; hours: Exact; layer: string }[]
  unlogged: Span[]
  standby: Span[]
}

function workOf({ staff, now, from, to }: LabourInput, person: Person): Work {
  const engaged = union(staff.incidents.flatMap((incident) => engagement(incident, person.id, now)))
  const entries = staff.entries.filter((entry) => entry.person === person.id && entry.layer !== null)
  const logged = intervalsOf(entries)
  const dated = entries
    .filter((entry) => entry.hours !== null)
    .map((entry) => ({ date: entry.date, hours: exact(entry.hours!), layer: entry.layer! }))
  const written = union(logged.flatMap((one) => one.span))
  const unlogged: Span[] = []
  // a day more on either side: local days straddle the report's
  for (let day = from - 2 * DAY; day < to + 2 * DAY; day += DAY) unlogged.push(...unloggedOf(person, dayText(day), engaged, written, dated))
  const shifts = union(staff.shifts.filter((shift) => shift.person === person.id).map(({ from, to }) => ({ from, to })))
  return { engaged, logged, dated, unlogged: union(unlogged), standby: without(shifts, engaged) }
}

/** Where two entries of a person overlap, the earlier one has it; of two that start together, the lower id. */
function intervalsOf(entries: readonly TimeEntry[]): Work['logged'] {
  const sorted = entries.filter((entry) => entry.span).sort((a, b) => a.span!.from - b.span!.from || (a.id < b.id ? -1 : 1))
  const taken: Span[] = []
  return sorted.map((entry) => {
    const span = without([entry.span!], union(taken))
    taken.push(entry.span!)
    return { span, layer: entry.layer! }
  })
}

/** Engagement of one local day that nothing written covers: neither by overlap, nor in working hours by as much as was written besides. */
function unloggedOf(person: Person, date: string, engaged: readonly Span[], written: readonly Span[], dated: Work['dated']): Span[] {
  const start = localMidnight(date, person.timezone)
  const end = localMidnight(dayText(Date.parse(`${date}T00:00:00Z`) + DAY), person.timezone)
  const day = [{ from: start, to: end }]
  const mine = common(engaged, day)
  if (mine.length === 0) return []
  const here = common(written, day)
  const hours = dated.filter((one) => one.date === date).reduce((sum, one) => sum.plus(one.hours), NONE)
  const rest = seconds(without(here, mine)) + hours.times(3600).toNumber()
  const open = without(mine, here)
  return without(open, earliest(common(open, workingHours(person, date)), rest))
}

function workingHours(person: Person, date: string): Span[] {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  if (weekday === 0 || weekday === 6 || person.holidays.includes(date)) return []
  const at = (clock: string) => {
    const [hour, minute] = clock.split(':').map(Number)
    return instantOf(Date.parse(`${date}T00:00:00Z`) + hour! * HOUR + minute! * MINUTE, person.timezone)
  }
  return [{ from: at(person.workdayStart), to: at(person.workdayEnd) }]
}

const rateOf = (rates: readonly Rate[], role: string, day: string): Rate =>
  rates.filter((one) => one.role === role && one.from <= day).sort((a, b) => (a.from < b.from ? 1 : -1))[0]!

const cost = (hours: Exact, perYear: Exact, rate: Rate): Exact => rounded(hours.times(perYear).div(rate.hours))

/** `time/<kind>/<day>/<person>` in seconds, `pay/<kind>/<day>/<person>` and `cost/<basis>/<day>/<layer>` in dollars. */
export function labourTruth(input: LabourInput): Totals {
  const totals = new Totals()
  for (const person of input.staff.people) {
    const work = workOf(input, person)
    for (let day = input.from; day < input.to; day += DAY) {
      addTime(totals, work, person, day)
      addPay(totals, input, work, person, day)
      addStandby(totals, input, person, day)
    }
  }
  return totals
}

const hoursOn = (work: Work, day: number, layer: string): Exact => {
  const intervals = work.logged
    .filter((one) => one.layer === layer)
    .reduce((sum, one) => sum + seconds(common(one.span, dayOfSpan(day))), 0)
  const dated = work.dated.filter((one) => one.layer === layer && one.date === dayText(day)).reduce((sum, one) => sum.plus(one.hours), NONE)
  return exact(intervals).div(3600).plus(dated)
}

const LAYERS = ['build', 'operations', 'on_call', 'lifecycle', 'security'] as const

function addTime(totals: Totals, work: Work, person: Person, day: number): void {
  const key = `${dayText(day)}/${person.id}`
  const logged = work.logged.reduce((sum, one) => sum + seconds(common(one.span, dayOfSpan(day))), 0)
  const dated = work.dated.filter((one) => one.date === dayText(day)).reduce((sum, one) => sum.plus(one.hours), NONE)
  totals.add(`time/engaged/${key}`, exact(seconds(common(work.engaged, dayOfSpan(day)))))
  totals.add(`time/logged/${key}`, exact(logged).plus(dated.times(3600)))
  totals.add(`time/unlogged/${key}`, exact(seconds(common(work.unlogged, dayOfSpan(day)))))
  totals.add(`time/standby/${key}`, exact(seconds(common(work.standby, dayOfSpan(day)))))
}

function post(
  totals: Totals,
  input: LabourInput,
  day: number,
  kind: string,
  person: Person,
  layer: string,
  amount: Exact,
  currency: string,
): void {
  const dollars = inDollars(amount, currency, input.fx, day)
  totals.add(`pay/${kind}/${dayText(day)}/${person.id}`, dollars)
  for (const basis of ['billed', 'effective']) totals.add(`cost/${basis}/${dayText(day)}/${layer}`, dollars)
}

function addPay(totals: Totals, input: LabourInput, work: Work, person: Person, day: number): void {
  const rate = rateOf(input.rates, person.role, dayText(day))
  let all = NONE
  for (const layer of LAYERS) {
    const hours = hoursOn(work, day, layer)
    all = all.plus(hours)
    post(totals, input, day, 'logged', person, layer, cost(hours, exact(rate.standard), rate), rate.currency)
  }
  const unlogged = exact(seconds(common(work.unlogged, dayOfSpan(day)))).div(3600)
  post(totals, input, day, 'unlogged', person, 'on_call', cost(unlogged, exact(rate.standard), rate), rate.currency)
  const premium = cost(all.plus(unlogged), exact(rate.actual).minus(rate.standard), rate)
  post(totals, input, day, 'premium', person, 'talent_premium', premium, rate.currency)
}

/** By rotation: every hour of the shifts, more on the person's holidays, and a sum for each shift that begins that day. */
function addStandby(totals: Totals, { staff, ...input }: LabourInput, person: Person, day: number): void {
  for (const pay of STANDBY) {
    const shifts = union(
      staff.shifts.filter((one) => one.person === person.id && one.rotation === pay.rotation).map(({ from, to }) => ({ from, to })),
    )
    const today = common(shifts, dayOfSpan(day))
    const holidays = person.holidays.map((date) => ({
      from: localMidnight(date, person.timezone),
      to: localMidnight(dayText(Date.parse(`${date}T00:00:00Z`) + DAY), person.timezone),
    }))
    const dear = exact(seconds(common(today, holidays))).div(3600)
    const hours = exact(seconds(today)).div(3600).minus(dear).plus(dear.times(pay.holidayFactor))
    const begun = shifts.filter((one) => midnight(one.from) === day).length
    post(
      totals,
      { staff, ...input },
      day,
      'standby',
      person,
      'on_call',
      rounded(hours.times(pay.perHour).plus(exact(pay.perShift).times(begun))),
      pay.currency,
    )
  }
}

/** How often people were called and how long it took, of incidents created within the period (RULES.md 30). */
export function burdenTruth({ staff, from, to }: Pick<LabourInput, 'staff' | 'from' | 'to'>) {
  const list = staff.incidents.filter((one) => one.createdAt >= from && one.createdAt < to)
  const acknowledged = list.filter((one) => one.acknowledgements.length > 0)
  const byPeople = list.filter((one) => one.resolvedAt !== null && one.resolvedBy !== null)
  const mean = (sum: number, count: number) => exact(sum).div(count * 1000)
  return {
    incidents: list.length,
    neverAcknowledged: list.length - acknowledged.length,
    autoResolved: list.filter((one) => one.resolvedAt !== null && one.resolvedBy === null).length,
    mttaSeconds: mean(
      acknowledged.reduce((sum, one) => sum + Math.min(...one.acknowledgements.map((ack) => ack.at)) - one.createdAt, 0),
      acknowledged.length,
    ),
    mttrSeconds: mean(
      byPeople.reduce((sum, one) => sum + one.resolvedAt! - one.createdAt, 0),
      byPeople.length,
    ),
  }
}

/** The wall clock's date in the person's zone: what a time entry is dated with. */
export const localDate = (ms: number, zone: string): string => dayText(wallClock(ms, zone))
