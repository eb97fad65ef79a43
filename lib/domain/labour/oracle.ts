// Labour, the plain way: the oracle that lib/reconcile/labour is tested against. RULES.md 24-29.
import { Money, ZERO, round12, sumMoney } from '#lib/domain/money.ts'
import type { Shift } from '#lib/domain/people.ts'
import { type Day, type Interval, addDays } from '#lib/domain/time.ts'
import { UNKNOWN_WORKDAY, type Workday, knownZone, localDay, workingHours } from './calendar.ts'
import { unlogged, withoutOverlap } from './coverage.ts'
import { type EngagementSpan, engaged } from './engagement.ts'
import { type IntervalSet, intersect, lengthMs, onDay, union } from './interval.ts'
import { type RoleRate, type StandbyRate, inForce, priceOf } from './rate.ts'
import { mergeShifts, paidDay, standby } from './standby.ts'

export type LabourPerson = Workday & { person: string; role: string; holidays: readonly Day[] }
/** A time entry that is the fleet's. */
export type FleetEntry = { id: string; person: string; localDate: Day; hours: Money | null; interval: Interval | null; layer: string }

export type LabourInput = {
  now: number
  /** The UTC days to post. */
  days: readonly Day[]
  people: readonly LabourPerson[]
  engagements: readonly (EngagementSpan & { person: string })[]
  entries: readonly FleetEntry[]
  shifts: readonly (Pick<Shift, 'rotation' | 'startsAt' | 'endsAt'> & { person: string })[]
  rates: readonly RoleRate[]
  standbyRates: readonly StandbyRate[]
}

/** As in the ledger: `quantity` in seconds, `amount` in `currency` (null for time). */
export type LabourPosting = {
  day: Day
  measure: 'cost' | 'time' | 'unpriced_time'
  layer: string
  item: string
  person: string
  currency: string
  evidence: 'measured' | 'inferred'
  amount: Money | null
  quantity: Money
}

const seconds = (set: IntervalSet): Money => new Money(lengthMs(set)).div(1000)

/** Everything about one person that does not depend on the day that is posted. */
type Work = {
  who: LabourPerson
  input: LabourInput
  engaged: IntervalSet
  standby: IntervalSet
  logged: { layer: string; spans: IntervalSet }[]
  onDates: FleetEntry[]
  shifts: Map<string, Interval[]>
}

function workOf(who: LabourPerson, input: LabourInput): Work {
  const mine = <Fact extends { person: string }>(facts: readonly Fact[]): Fact[] => facts.filter((fact) => fact.person === who.person)
  const entries = mine(input.entries)
  const shifts = mine(input.shifts)
  const spans = engaged(mine(input.engagements), input.now)
  const intervals = entries.flatMap((entry) => (entry.interval ? [{ id: entry.id, interval: entry.interval, layer: entry.layer }] : []))
  const rotations = [...new Set(shifts.map((shift) => shift.rotation))].sort()
  return {
    who,
    input,
    engaged: spans,
    standby: standby(shifts, spans, input.now),
    logged: withoutOverlap(intervals).map(({ entry, spans: own }) => ({ layer: entry.layer, spans: own })),
    onDates: entries.filter((entry) => entry.hours !== null),
    shifts: new Map(
      rotations.map((rotation) => [
        rotation,
        mergeShifts(
          shifts.filter((shift) => shift.rotation === rotation),
          input.now,
        ),
      ]),
    ),
  }
}

/** Local days that share an instant with the UTC day: zones reach from 12 hours behind to 14 ahead. */
const localDaysOf = (day: Day): Day[] => [addDays(day, -1), day, addDays(day, 1)]

function unloggedOn(work: Work, day: Day): IntervalSet {
  const { who } = work
  const all = localDaysOf(day).flatMap((local) => {
    const whole = [localDay(who.timezone, local)]
    const onDate = work.onDates.filter((entry) => entry.localDate === local).map((entry) => entry.hours!.times(3_600_000))
    return unlogged({
      engaged: intersect(work.engaged, whole),
      logged: intersect(union(work.logged.flatMap((one) => [...one.spans])), whole),
      loggedOnDateMs: sumMoney(onDate).toDecimalPlaces(0, Money.ROUND_HALF_UP).toNumber(),
      working: who.holidays.includes(local) ? undefined : workingHours(who, local),
    })
  })
  return onDay(union(all), day)
}

/** Seconds logged by layer on a UTC day; hours that have only a date belong to the UTC day of that date (RULES.md 28). */
function loggedOn(work: Work, day: Day): Map<string, Money> {
  const layers = new Map<string, Money>()
  const add = (layer: string, more: Money) => more.isZero() || layers.set(layer, (layers.get(layer) ?? ZERO).plus(more))
  for (const { layer, spans } of work.logged) add(layer, seconds(onDay(spans, day)))
  for (const entry of work.onDates) if (entry.localDate === day) add(entry.layer, entry.hours!.times(3600))
  return layers
}

type Draft = Partial<LabourPosting> & Pick<LabourPosting, 'measure' | 'item' | 'quantity'>

function labourDay(work: Work, day: Day): Draft[] {
  const rate = inForce(
    work.input.rates.filter((one) => one.role === work.who.role),
    day,
  )
  const layers = loggedOn(work, day)
  const logged = sumMoney(layers.values())
  const inferred = seconds(unloggedOn(work, day))
  const time: Draft[] = [
    { measure: 'time', item: 'engaged', quantity: seconds(onDay(work.engaged, day)) },
    ...[...layers].map(([layer, quantity]): Draft => ({ measure: 'time', layer, item: 'logged', quantity })),
    { measure: 'time', layer: 'on_call', item: 'unlogged', quantity: inferred },
  ]
  if (!rate)
    return [
      ...time,
      { measure: 'unpriced_time', item: 'logged', quantity: logged },
      { measure: 'unpriced_time', item: 'unlogged', quantity: inferred },
    ]
  const cost = (layer: string, item: string, quantity: Money, perYear: Money, evidence: LabourPosting['evidence']): Draft => ({
    measure: 'cost',
    layer,
    item,
    quantity,
    evidence,
    currency: rate.currency,
    amount: priceOf(quantity, perYear, rate.hoursPerYear),
  })
  const costs = [...layers].map(([layer, quantity]) => cost(layer, 'logged', quantity, rate.standardPerYear, 'measured'))
  costs.push(cost('on_call', 'unlogged', inferred, rate.standardPerYear, 'inferred'))
  if (rate.actualPerYear) {
    // Rounded once over all hours; what of it rests on inferred hours is the remainder.
    const more = rate.actualPerYear.minus(rate.standardPerYear)
    const whole = priceOf(logged.plus(inferred), more, rate.hoursPerYear)
    const measured = cost('talent_premium', 'premium', logged, more, 'measured')
    costs.push(measured, { ...measured, evidence: 'inferred', quantity: inferred, amount: whole.minus(measured.amount!) })
  }
  return [...time, ...costs]
}

function standbyDay(work: Work, day: Day): Draft[] {
  const { who, input } = work
  const holidays = union(localDaysOf(day).flatMap((local) => (who.holidays.includes(local) ? [localDay(who.timezone, local)] : [])))
  const pay = new Map<string, { amount: Money; quantity: Money }>()
  const drafts: Draft[] = [{ measure: 'time', layer: 'on_call', item: 'standby', quantity: seconds(onDay(work.standby, day)) }]
  for (const [rotation, merged] of work.shifts) {
    const { ordinaryMs, holidayMs, shiftsStarted } = paidDay(merged, holidays, day)
    const quantity = new Money(ordinaryMs + holidayMs).div(1000)
    const rate = inForce(
      input.standbyRates.filter((one) => one.rotation === rotation),
      day,
    )
    if (!rate) drafts.push({ measure: 'unpriced_time', item: `standby/${rotation}`, quantity })
    else {
      const hours = rate.holidayFactor.times(holidayMs).plus(ordinaryMs).div(3_600_000)
      const before = pay.get(rate.currency) ?? { amount: ZERO, quantity: ZERO }
      const amount = before.amount.plus(rate.perHour.times(hours)).plus(rate.perShift.times(shiftsStarted))
      pay.set(rate.currency, { amount, quantity: before.quantity.plus(quantity) })
    }
  }
  for (const [currency, { amount, quantity }] of pay)
    drafts.push({ measure: 'cost', layer: 'on_call', item: 'standby', currency, quantity, amount: round12(amount) })
  return drafts
}

/** The postings of the days, for everybody in the roster and everybody met in the facts. Nothing is posted where there is nothing. */
export function labourPostings(input: LabourInput): LabourPosting[] {
  const roster = new Map(input.people.map((one) => [one.person, { ...one, timezone: knownZone(one.timezone) }]))
  for (const { person } of [...input.engagements, ...input.entries, ...input.shifts])
    if (!roster.has(person)) roster.set(person, { ...UNKNOWN_WORKDAY, person, role: '', holidays: [] })
  return [...roster.values()].flatMap((who) => {
    const work = workOf(who, input)
    return input.days.flatMap((day) =>
      [...labourDay(work, day), ...standbyDay(work, day)]
        .filter((draft) => !draft.quantity.isZero())
        .map((draft) => ({ layer: '', currency: '', evidence: 'measured' as const, amount: null, ...draft, day, person: who.person })),
    )
  })
}
