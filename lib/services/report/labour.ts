import { createHash } from 'node:crypto'
import { formatAmount, Money } from '#lib/domain/money.ts'
import { addDays } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { type Actor, authorise, type Permission } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { amount, checkPeriod, type Period, shown } from './amounts.ts'
import { ledgerSums, unconverted } from './query.ts'

/** Rows are by person anyway; `by` may add `day` and `layer`. */
export type LabourParams = Period & { by?: readonly string[]; asOf?: Date }
type Items<Value> = { logged: Value; unlogged: Value; standby: Value; premium: Value }
export type LabourRow = {
  /** Opens to ledger rows; null for whoever may not read persons. */
  id: string | null
  day?: string
  layer?: string
  person: string
  engagedMinutes: number
  /** All fleet entries of the person, not only those about incidents. */
  loggedMinutes: number
  unloggedMinutes: number
  standbyMinutes: number
  amount: Items<string>
}
export type LabourReport = {
  from: string
  to: string
  asOf: string | null
  currency: string
  rows: LabourRow[]
  totals: {
    engagedMinutes: number
    loggedMinutes: number
    unloggedMinutes: number
    standbyMinutes: number
    amount: Items<string> & { all: string }
  }
  /** Time that has no rate: its amount is unknown, not zero. `item` is logged, unlogged or standby/ROTATION. */
  unpriced: { person: string; item: string; minutes: number }[]
  /** Amounts that have no rate to the reporting currency; they are in no sum. */
  unconverted: { currency: string; billed: string; effective: string }[]
}

const DIMENSIONS = ['day', 'layer'] as const
type Dimension = (typeof DIMENSIONS)[number]
const ITEMS = ['logged', 'unlogged', 'standby', 'premium'] as const

function dimensions(by: readonly string[] = []): Dimension[] {
  for (const name of by)
    if (name !== 'person' && !DIMENSIONS.some((known) => known === name))
      throw new Failure('usage', 'bad_by', `--by \`${name}\` is unknown`, { remedy: 'use day, layer: rows are by person anyway' })
  return DIMENSIONS.filter((name) => by.includes(name))
}

const may = (actor: Actor, permission: Permission): boolean => {
  try {
    authorise(actor, permission)
    return true
  } catch {
    return false
  }
}

/** The same person always gets the same name that is none. */
const pseudonym = (person: string): string => `person-${createHash('sha256').update(`person ${person}`).digest('hex').slice(0, 10)}`

const minutes = (seconds: Money | undefined): number => (seconds ?? new Money(0)).div(60).toNumber()

type Sums = { dims: Partial<Record<Dimension, string>>; person: string; seconds: Map<string, Money>; amounts: Map<string, Money> }

const add = (to: Map<string, Money>, key: string, more: Money) => to.set(key, (to.get(key) ?? new Money(0)).plus(more))

/**
 * What people did for the fleet and what it cost, by person (RULES.md, report shapes): minutes engaged in incidents, logged, unlogged and
 * on standby; amounts in the reporting currency. Whoever may not read persons sees pseudonyms.
 */
export async function reportLabour(actor: Actor, context: ServiceContext, params: LabourParams): Promise<LabourReport> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to, asOf } = params
  const by = dimensions(params.by)
  const named = may(actor, 'read_persons')
  const nameOf = (person: string) => (named ? person : pseudonym(person))
  const steps = ['labour'] as const
  const [sums, free, open] = await Promise.all([
    ledgerSums(context.db, { measures: ['cost', 'time'], steps, from, to, asOf, by: [...by, 'person', 'measure', 'item'] }),
    ledgerSums(context.db, { measures: ['unpriced_time'], steps, from, to, asOf, by: ['person', 'item'] }),
    unconverted(context.db, { measures: ['cost'], steps, from, to, asOf }),
  ])
  const rows = new Map<string, Sums>()
  const all: Sums = { dims: {}, person: '', seconds: new Map(), amounts: new Map() }
  for (const row of sums as (Record<string, string> & (typeof sums)[number])[]) {
    const dims = Object.fromEntries(by.map((name) => [name, row[name]!]))
    const key = JSON.stringify([dims, row.person])
    const one = rows.get(key) ?? { dims, person: row.person, seconds: new Map(), amounts: new Map() }
    rows.set(key, one)
    for (const sum of [one, all])
      if (row.measure === 'time') add(sum.seconds, row.item, amount(row.quantity))
      else add(sum.amounts, row.item, amount(row.effectiveRc))
  }
  const shownRows = [...rows.values()].filter(isSomething).map(({ dims, person, ...sum }) => {
    const span = dims.day ? { from: dims.day, to: addDays(dims.day, 1) } : { from, to }
    const where = dims.layer === undefined ? { person } : { person, layer: dims.layer }
    const id = named ? lineageId({ report: 'labour', ...span, asOf, where }) : null
    return { id, ...dims, person: nameOf(person), ...shownSums(sum) }
  })
  const total = shownSums(all)
  return {
    from,
    to,
    asOf: asOf?.toISOString() ?? null,
    currency: context.currency,
    rows: shownRows,
    totals: {
      ...total,
      amount: { ...total.amount, all: formatAmount([...all.amounts.values()].reduce((a, b) => a.plus(b), new Money(0))) },
    },
    unpriced: free
      .map((row) => ({ person: nameOf(row.person), item: row.item, minutes: minutes(amount(row.quantity)) }))
      .filter((row) => row.minutes > 0),
    unconverted: open,
  }
}

/** As of a moment the journal still knows rows that were taken back. */
const isSomething = ({ seconds, amounts }: Sums): boolean => [...seconds.values(), ...amounts.values()].some((sum) => !sum.isZero())

function shownSums({ seconds, amounts }: Pick<Sums, 'seconds' | 'amounts'>): Omit<LabourRow, 'id' | 'day' | 'layer' | 'person'> {
  const of = (item: string) => minutes(seconds.get(item))
  const [logged, unlogged, standby, premium] = ITEMS.map((item) => shown(amounts.get(item) ?? amount(null)))
  return {
    engagedMinutes: of('engaged'),
    loggedMinutes: of('logged'),
    unloggedMinutes: of('unlogged'),
    standbyMinutes: of('standby'),
    amount: { logged: logged!, unlogged: unlogged!, standby: standby!, premium: premium! },
  }
}
