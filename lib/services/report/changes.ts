// What the ledger came to say differently between two moments, and because of what: read from the journal, which holds nothing else.
import { sumMoney } from '#lib/domain/money.ts'
import { addDays, type Day, monthOf } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { type Actor, authorise } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { amount, checkPeriod, type Period, shown } from './amounts.ts'
import { type Cause, readCauses } from './causes.ts'
import { type LedgerDimension, ledgerSums, unconverted } from './query.ts'

/** What `by` may name; rows of different causes are always apart. */
const BY = {
  day: 'day',
  month: 'month',
  layer: 'layer',
  cluster: 'cluster',
  currency: 'currency',
  invoice: 'invoice_id',
  account: 'billing_account',
  category: 'charge_category',
  source: 'source_id',
  run: 'run',
} as const satisfies Record<string, LedgerDimension | 'run'>
export type ChangeDimension = keyof typeof BY

export type ChangesParams = Period & { asOf1: Date; asOf2?: Date; by?: readonly string[]; basis?: 'effective' | 'billed' }
export type ChangeRow = Partial<Record<ChangeDimension, string>> & {
  /** Opens what the ledger says of these days now (or said at asOf2). */
  id: string
  causes: Cause[]
  /** True where the day had a cost before `asOf1`: it was published otherwise. False: the day is new since. */
  restated: boolean
  /** When it was last published. */
  at: string
  /** How much more (or less) it came to, in the reporting currency. */
  change: string
}
export type ChangesReport = {
  from: string
  to: string
  asOf1: string
  asOf2: string
  currency: string
  basis: 'effective' | 'billed'
  rows: ChangeRow[]
  /** after = before + change, and change = Σ rows = restated + added (of days that are new), to the last digit. */
  totals: { before: string; after: string; change: string; restated: string; added: string }
  /** What has no rate, then and now, by currency: it is in no amount above. */
  unconverted: { currency: string; before: string; after: string }[]
}

function dimensions(by: readonly string[]): ChangeDimension[] {
  for (const name of by)
    if (!Object.hasOwn(BY, name))
      throw new Failure('usage', 'bad_by', `--by \`${name}\` is unknown`, { remedy: `use ${Object.keys(BY).join(', ')}` })
  return by as ChangeDimension[]
}

const expression = (name: ChangeDimension): string => {
  if (name === 'day') return 'e.day::text'
  if (name === 'month') return "date_trunc('month', e.day::timestamp)::date::text"
  return name === 'run' ? 'e.run_id::text' : `k.${BY[name]}::text`
}

type Found = Record<string, string> & { cause: string; change: string; at: Date; restated: boolean }

/** The moment up to which the journal is read: a run of the same millisecond counts. */
async function newest({ db, now }: ServiceContext): Promise<Date> {
  const { rows } = await db.pool.query<{ at: Date | null }>(
    "SELECT date_trunc('milliseconds', max(committed_at)) + interval '1 millisecond' AS at FROM run",
  )
  const at = rows[0]?.at
  return at && at > now ? at : now
}

/** Cost that was published after `asOf1` and by `asOf2` (left out: all since) for the days of the period, by cause. */
export async function reportChanges(actor: Actor, context: ServiceContext, params: ChangesParams): Promise<ChangesReport> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to, asOf1 } = params
  const asOf2 = params.asOf2 ?? (await newest(context))
  if (asOf1 > asOf2)
    throw new Failure('usage', 'bad_moments', `${asOf1.toISOString()} is after ${asOf2.toISOString()}`, {
      remedy: 'name the earlier moment with --since, the later with --as-of',
    })
  const basis = params.basis ?? 'effective'
  const by = dimensions(params.by ?? ['day', 'layer', 'run'])
  const query = { measures: ['cost'], from, to }
  const [found, [before], [after], openBefore, openAfter] = await Promise.all([
    differences(context, params, asOf2, by, basis),
    ledgerSums(context.db, { ...query, asOf: asOf1, by: [] }),
    ledgerSums(context.db, { ...query, asOf: asOf2, by: [] }),
    unconverted(context.db, { ...query, asOf: asOf1 }),
    unconverted(context.db, { ...query, asOf: asOf2 }),
  ])
  const causes = await readCauses(
    context.db.pool,
    found.map(({ cause }) => cause),
  )
  const of = (row: { billedRc: string | null; effectiveRc: string | null } | undefined) =>
    amount(basis === 'billed' ? row?.billedRc : row?.effectiveRc)
  const rows = found.map(({ cause, change, at, restated, ...dims }) => ({
    id: lineageId({ report: 'tco', ...spanOf(dims, { from, to }), basis, asOf: params.asOf2, where: whereOf(by, dims) }),
    ...dims,
    causes: causes(cause),
    restated,
    at: at.toISOString(),
    change,
  }))
  return {
    from,
    to,
    asOf1: asOf1.toISOString(),
    asOf2: asOf2.toISOString(),
    currency: context.currency,
    basis,
    rows,
    totals: { before: shown(of(before)), after: shown(of(after)), ...sumsOf(rows) },
    unconverted: [...new Set([...openBefore, ...openAfter].map(({ currency }) => currency))].sort().map((currency) => {
      const money = (list: typeof openAfter) => list.find((one) => one.currency === currency)?.[basis] ?? '0'
      return { currency, before: money(openBefore), after: money(openAfter) }
    }),
  }
}

const IN_PERIOD =
  "e.month >= date_trunc('month', $1::date::timestamp)::date AND e.month < $2::date AND e.day >= $1::date AND e.day < $2::date"

/** Entries of runs committed in (asOf1, asOf2], added up; what cancels out is left out. */
async function differences(
  { db }: ServiceContext,
  { from, to, asOf1 }: ChangesParams,
  asOf2: Date,
  by: readonly ChangeDimension[],
  basis: 'effective' | 'billed',
): Promise<Found[]> {
  const names = by.map((name) => `${expression(name)} COLLATE "C" AS "${name}"`)
  const sum = `sum(e.${basis}_rc)`
  const order = Array.from({ length: by.length + 2 }, (_, index) => index + 1).join(', ')
  const { rows } = await db.pool.query<Found>(
    `WITH published AS (
       SELECT DISTINCT e.day FROM ledger_entry e JOIN run r ON r.run_id = e.run_id JOIN ledger_key k ON k.key_id = e.key_id
       WHERE r.committed_at <= $3 AND k.measure = 'cost' AND ${IN_PERIOD})
     SELECT ${[...names, `coalesce(r.cause->'days'->>e.day::text, '') COLLATE "C" AS cause`, 'p.day IS NOT NULL AS restated'].join(', ')},
            trim_scale(${sum})::text AS change, max(r.committed_at) AS at
     FROM ledger_entry e JOIN run r ON r.run_id = e.run_id JOIN ledger_key k ON k.key_id = e.key_id
     LEFT JOIN published p ON p.day = e.day
     WHERE r.committed_at > $3 AND r.committed_at <= $4 AND k.measure = 'cost' AND ${IN_PERIOD}
     GROUP BY ${order} HAVING ${sum} <> 0 ORDER BY ${order}`,
    [from, to, asOf1, asOf2],
  )
  return rows
}

function sumsOf(rows: readonly ChangeRow[]): { change: string; restated: string; added: string } {
  const sum = (of: readonly ChangeRow[]) => shown(sumMoney(of.map((row) => amount(row.change))))
  return { change: sum(rows), restated: sum(rows.filter((row) => row.restated)), added: sum(rows.filter((row) => !row.restated)) }
}

function spanOf({ day, month }: Record<string, string>, { from, to }: Period): { from: Day; to: Day } {
  if (day) return { from: day, to: addDays(day, 1) }
  if (!month) return { from, to }
  const next = monthOf(addDays(month, 31))
  return { from: month > from ? month : from, to: next < to ? next : to }
}

const whereOf = (by: readonly ChangeDimension[], dims: Record<string, string>) =>
  Object.fromEntries(by.filter((name) => !['day', 'month', 'run'].includes(name)).map((name) => [BY[name], dims[name] ?? '']))
