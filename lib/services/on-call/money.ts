// What people's time came to, from the ledger: by person and in all, with what of it has no rate.
import { type Money, sumMoney } from '#lib/domain/money.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { amount, type Period, shown } from '#lib/services/report/amounts.ts'
import { ledgerSums, unconverted } from '#lib/services/report/query.ts'
import { type KnownAmount, type Minutes, WORK_ITEMS, type WorkItem } from './types.ts'

type Posting = { person: string; layer: string; item: string; amount: Money | null }
type Time = { person: string; item: string; seconds: Money }
export type Labour = Period & { cost: Posting[]; time: Time[]; unpriced: Time[]; unconverted: { currency: string; effective: string }[] }

/** Two reads of the ledger, and one of what has no exchange rate. */
export async function labourOf({ db }: ServiceContext, { from, to }: Period): Promise<Labour> {
  const query = { steps: ['labour'], from, to } as const
  const [cost, time, open] = await Promise.all([
    ledgerSums(db, { ...query, measures: ['cost'], by: ['person', 'layer', 'item', 'currency'] }),
    ledgerSums(db, { ...query, measures: ['time', 'unpriced_time'], by: ['measure', 'person', 'item'] }),
    unconverted(db, { ...query, measures: ['cost'] }),
  ])
  const timed = (measure: string) =>
    time
      .filter((row) => row.measure === measure)
      .map(({ person, item, quantity }) => ({ person, item, seconds: amount(quantity) }))
      .filter((row) => !row.seconds.isZero())
  return {
    from,
    to,
    cost: cost
      .filter((row) => !amount(row.effective).isZero() || !amount(row.quantity).isZero())
      .map((row) => ({ ...row, amount: row.effectiveRc === null ? null : amount(row.effectiveRc) })),
    time: timed('time'),
    unpriced: timed('unpriced_time'),
    unconverted: open.map(({ currency, effective }) => ({ currency, effective })),
  }
}

const minutes = (times: readonly Time[]): number =>
  sumMoney(times.map((one) => one.seconds))
    .div(60)
    .toNumber()

export function minutesOf({ time }: Labour, person?: string): Minutes {
  const of = (item: string) => minutes(time.filter((one) => one.item === item && (person === undefined || one.person === person)))
  return { engagedMinutes: of('engaged'), loggedMinutes: of('logged'), unloggedMinutes: of('unlogged'), standbyMinutes: of('standby') }
}

/** Which time without a rate an item lacks: the premium lacks a rate where the work does; on_call holds everything but logged work. */
const LACKS: Record<WorkItem | 'all' | 'on_call', readonly string[]> = {
  logged: ['logged'],
  unlogged: ['unlogged'],
  standby: ['standby'],
  premium: ['logged', 'unlogged'],
  all: ['logged', 'unlogged', 'standby'],
  on_call: ['unlogged', 'standby'],
}

/** Σ of an item (`on_call`: of that layer; `all`: of everything), of one person or of all. */
export function moneyOf(labour: Labour, item: keyof typeof LACKS, person?: string): KnownAmount {
  const { from, to } = labour
  const postings = labour.cost.filter(
    (one) =>
      (person === undefined || one.person === person) &&
      (item === 'all' || (item === 'on_call' ? one.layer === 'on_call' : one.item === item)),
  )
  const lacking = labour.unpriced.some(
    (one) => (person === undefined || one.person === person) && LACKS[item].includes(one.item.split('/')[0] ?? ''),
  )
  const known = postings.flatMap((one) => one.amount ?? [])
  const partial = lacking || known.length < postings.length
  const ofItem = item === 'all' ? {} : item === 'on_call' ? { layer: item } : { item }
  const where = { step: 'labour', ...ofItem, ...(person === undefined ? {} : { person }) }
  const id = postings.length > 0 ? lineageId({ report: 'labour', from, to, where, measures: ['cost'] }) : null
  return { amount: partial && known.length === 0 ? null : shown(sumMoney(known)), partial, id }
}

export const itemsOf = (labour: Labour, person?: string): Record<WorkItem, KnownAmount> =>
  Object.fromEntries(WORK_ITEMS.map((item) => [item, moneyOf(labour, item, person)])) as Record<WorkItem, KnownAmount>

/** Minutes without a rate, by item, whoever's they are. */
export function unpricedOf({ unpriced }: Labour): { item: string; minutes: number }[] {
  return [...Map.groupBy(unpriced, (one) => one.item)].map(([item, times]) => ({ item, minutes: minutes(times) }))
}
