import { engaged } from '#lib/domain/labour/engagement.ts'
import { intersect, lengthMs, union } from '#lib/domain/labour/interval.ts'
import { mergeShifts } from '#lib/domain/labour/standby.ts'
import { addDays, dayStart, daysBetween, type Interval } from '#lib/domain/time.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'
import { type OnCallFacts, onCallFacts } from './on-call/facts.ts'
import { countTimes, gridOf, inSleep, localMoment, type TimedPage, zoneOf } from './on-call/local-time.ts'
import { itemsOf, type Labour, labourOf, minutesOf, moneyOf, unpricedOf } from './on-call/money.ts'
import type { OnCall, OnCallTotals, PersonRow, ServiceRow } from './on-call/types.ts'
import { checkPeriod, type Period } from './report/amounts.ts'
import { type Burden, type BurdenReport, reportBurden } from './report/burden.ts'

/** Persons are hidden in groups under five (DESIGN.md section 9). */
const SMALLEST_GROUP = 5

const spanOf = ({ from, to }: Period): Interval => ({ start: dayStart(from), end: dayStart(to) })
const within = (pages: readonly TimedPage[], { start, end }: Interval) => pages.filter(({ at }) => at >= start && at < end)
const headcount = (rows: readonly { person: string }[]): number => new Set(rows.map((row) => row.person)).size

function mayReadPersons(actor: Actor): boolean {
  try {
    authorise(actor, 'read_persons')
    return true
  } catch {
    return false
  }
}

/**
 * What a rotation did to people in UTC days [from, to) and in as many days before: pages by local hour, RULES.md 30, and people's time
 * and money as the ledger has them. Whoever may not read persons gets no persons, and nothing that tells few persons' nights.
 */
export async function onCall(actor: Actor, context: ServiceContext, params: Period): Promise<OnCall> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to } = params
  const prior = { from: addDays(from, -daysBetween(from, to).length), to: from }
  const [facts, burden, burdenBefore, labour, labourBefore] = await Promise.all([
    onCallFacts(context, prior.from, from, to),
    reportBurden(actor, context, { from, to, by: ['service'] }),
    reportBurden(actor, context, prior),
    labourOf(context, { from, to }),
    labourOf(context, prior),
  ])
  const pages = facts.pages.map((page): TimedPage => ({ ...page, moment: localMoment(facts.roster.get(page.person), page.at) }))
  const now = within(pages, spanOf(params))
  const named = mayReadPersons(actor)
  const all = [...now, ...facts.engagements, ...facts.shifts, ...labour.time]
  const before = within(pages, spanOf(prior))
  const visible = (some: readonly { person: string }[]) => named || some.length === 0 || headcount(some) >= SMALLEST_GROUP
  return {
    from,
    to,
    currency: context.currency,
    now: context.now.toISOString(),
    hasData: burden.incidents > 0 || all.length > 0,
    knownFrom: facts.knownFrom,
    period: totalsOf(burden, labour, now, visible(now)),
    before: facts.knownFrom === null || facts.knownFrom >= from ? null : totalsOf(burdenBefore, labourBefore, before, visible(before)),
    grid: visible(now) ? gridOf(now) : null,
    headcount: headcount(all),
    people: named ? peopleOf(facts, labour, now, context.now.getTime()) : null,
    services: servicesOf(facts, burden, now, { span: spanOf(params), now: context.now.getTime(), visible }),
    unpriced: unpricedOf(labour),
    unconverted: labour.unconverted,
  }
}

function totalsOf(burden: Burden & Period, labour: Labour, pages: TimedPage[], visible: boolean): OnCallTotals {
  return {
    ...burdenOnly(burden),
    ...minutesOf(labour),
    pages: pages.length,
    pagesAt: visible ? countTimes(pages) : null,
    money: { ...itemsOf(labour), on_call: moneyOf(labour, 'on_call') },
  }
}

function burdenOnly(burden: Burden & Period): Burden & Period {
  const { from, to, incidents, open, neverAcknowledged, autoResolved, interruptions, mttaSeconds, mttrSeconds } = burden
  return { from, to, incidents, open, neverAcknowledged, autoResolved, interruptions, mttaSeconds, mttrSeconds }
}

function rotationsOf({ shifts }: OnCallFacts, labour: Labour, person: string, now: number): PersonRow['rotations'] {
  const span = spanOf(labour)
  const own = Map.groupBy(
    shifts.filter((shift) => shift.person === person),
    (shift) => shift.rotation,
  )
  return [...own]
    .map(([rotation, list]) => {
      const merged = mergeShifts(list, now)
      return {
        rotation,
        shifts: merged.filter(({ start }) => start >= span.start && start < span.end).length,
        seconds: lengthMs(intersect(union(merged), [span])) / 1000,
        priced: !labour.unpriced.some((one) => one.person === person && one.item === `standby/${rotation}`),
      }
    })
    .filter((one) => one.seconds > 0)
    .sort((a, b) => (a.rotation < b.rotation ? -1 : 1))
}

/** Everybody who was paged, engaged, on standby or logged something; who gave most hours to incidents first. */
function peopleOf(facts: OnCallFacts, labour: Labour, pages: readonly TimedPage[], now: number): PersonRow[] {
  const met = [...pages, ...labour.time, ...labour.unpriced, ...labour.cost, ...facts.shifts].map((one) => one.person)
  return [...new Set(met)]
    .map((person): PersonRow => {
      const own = pages.filter((page) => page.person === person)
      const timezone = zoneOf(facts.roster.get(person))
      return {
        person,
        timezone,
        ...minutesOf(labour, person),
        pages: own.length,
        pagesInSleep: timezone === null ? null : inSleep(own),
        rotations: rotationsOf(facts, labour, person, now),
        money: { ...itemsOf(labour, person), all: moneyOf(labour, 'all', person) },
      }
    })
    .filter((row) => row.pages > 0 || row.rotations.length > 0 || row.engagedMinutes + row.loggedMinutes + row.standbyMinutes > 0)
    .sort((a, b) => b.engagedMinutes - a.engagedMinutes || b.standbyMinutes - a.standbyMinutes || (a.person < b.person ? -1 : 1))
}

type View = { span: Interval; now: number; visible: (some: readonly { person: string }[]) => boolean }

/**
 * By service; somebody engaged on two services at once counts for both. When one service's group is too small, no service's pages and
 * hours are shown: the hidden one would be what the others leave of the total.
 */
function servicesOf(facts: OnCallFacts, burden: BurdenReport, pages: readonly TimedPage[], { span, now, visible }: View): ServiceRow[] {
  const pagesBy = Map.groupBy(pages, (page) => page.service)
  const engagedBy = Map.groupBy(facts.engagements, (one) => one.service)
  const incidents = new Map(burden.rows.map((row) => [row.service ?? '', row.incidents]))
  const rows = [...new Set([...incidents.keys(), ...pagesBy.keys(), ...engagedBy.keys()])].map((service) => {
    const own = pagesBy.get(service) ?? []
    const persons = [...Map.groupBy(engagedBy.get(service) ?? [], (one) => one.person)].map(([person, list]) => ({
      person,
      ms: lengthMs(intersect(engaged(list, now), [span])),
    }))
    const working = persons.filter((one) => one.ms > 0)
    const engagedSeconds = working.reduce((sum, one) => sum + one.ms, 0) / 1000
    return {
      row: { service, incidents: incidents.get(service) ?? 0, pages: own.length, pagesInSleep: inSleep(own), engagedSeconds },
      shown: visible(own) && visible(working),
    }
  })
  const whole = rows.every((one) => one.shown)
  return rows
    .map(({ row }): ServiceRow => (whole ? row : { ...row, pages: null, pagesInSleep: null, engagedSeconds: null }))
    .filter((row) => row.incidents > 0 || row.pages !== 0 || row.engagedSeconds !== 0)
    .sort((a, b) => (b.engagedSeconds ?? 0) - (a.engagedSeconds ?? 0) || b.incidents - a.incidents || (a.service < b.service ? -1 : 1))
}
