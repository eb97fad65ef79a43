import { METHODS, type TokenCounts, unitCost } from '#lib/domain/comparison/unit-cost.ts'
import { TOKEN_CLASSES, type TokenClass } from '#lib/domain/layers.ts'
import { type Money, round12, sumMoney, ZERO } from '#lib/domain/money.ts'
import { addDays } from '#lib/domain/time.ts'
import { type Actor, authorise } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { amount, checkPeriod, type Period, shown } from './amounts.ts'
import { type Coverage, coverage } from './coverage.ts'
import { type AsOfPeriod, deploymentsOf, type EquivalentRow, readEquivalents, sumRows } from './equivalents.ts'
import { comparedDays } from './hours.ts'
import { ledgerSums, unconverted } from './query.ts'
import { wantsDays } from './tokens.ts'

export type CompareParams = Period & { by?: readonly string[]; basis?: 'effective' | 'billed'; asOf?: Date }
/** Amounts sum over the classes to `amount` exactly. `perMillion.all` is over all tokens; null: none of that class were served. */
export type UnitCostView = {
  amount: string
  byClass: Record<TokenClass, string>
  perMillion: Record<TokenClass | 'all', string | null>
  method: string
}
/** `tokens` are our own as measured; `billableTokens` what the comparator would have counted. `amount` null: no exchange rate. */
export type CompareRow = {
  id: string
  day?: string
  deployment: string
  class: TokenClass
  tokens: string
  billableTokens: string
  amount: string | null
}
export type ComparatorReport = {
  id: string
  name: string
  kind: string
  apiEquivalent: string
  /** Per million of our own tokens that have a price. */
  perMillion: string | null
  unpricedTokens: string
  rows: CompareRow[]
  /** Demand deployments that it is no alternative for: nobody hosts their weights, or no one mapped them. */
  notCompared: string[]
  /** Hours on which one side is not known; they stay out of verdicts, not out of `apiEquivalent`. */
  hoursLeftOut: number
  settings: Record<string, unknown>
}
export type CompareReport = {
  from: string
  to: string
  asOf: string | null
  currency: string
  basis: 'effective' | 'billed'
  /** Null where no demand token was served. `allocation` is all cost; `usage` only what GPUs cost while they served. */
  selfHosted: { tokens: string; allocation: UnitCostView | null; usage: UnitCostView | null }
  comparators: ComparatorReport[]
  hoursLeftOut: number
  coverage: Coverage
  unconverted: { currency: string; billed: string; effective: string }[]
}

async function selfHosted(
  context: ServiceContext,
  params: AsOfPeriod,
  basis: 'effective' | 'billed',
): Promise<CompareReport['selfHosted']> {
  const { from, to, asOf } = params
  const deployment = (await deploymentsOf(context)).filter((one) => one.demand).map((one) => one.name)
  const query = { from, to, asOf }
  const [cost, serving, tokenRows, secondRows] = await Promise.all([
    ledgerSums(context.db, { ...query, measures: ['cost'], by: [] }),
    ledgerSums(context.db, { ...query, measures: ['gpu_minutes'], by: [], where: { item: 'serving', deployment } }),
    ledgerSums(context.db, { ...query, measures: ['tokens'], by: ['item'], where: { deployment } }),
    ledgerSums(context.db, { ...query, measures: ['serving'], by: ['item'], where: { deployment, item: ['prefill_ms', 'decode_ms'] } }),
  ])
  const tokens = Object.fromEntries(tokenRows.map((row) => [row.item, amount(row.quantity)])) as TokenCounts
  const ms = new Map(secondRows.map((row) => [row.item, amount(row.quantity)]))
  const seconds = ms.size === 2 ? { prefill: ms.get('prefill_ms')!, decode: ms.get('decode_ms')! } : null
  const money = (rows: readonly { billedRc: string | null; effectiveRc: string | null }[]) =>
    amount(basis === 'billed' ? rows[0]?.billedRc : rows[0]?.effectiveRc)
  return {
    tokens: shown(sumMoney(Object.values(tokens))),
    allocation: viewOf(unitCost(money(cost), tokens, seconds)),
    usage: viewOf(unitCost(money(serving), tokens, seconds)),
  }
}

function viewOf(cost: ReturnType<typeof unitCost>): UnitCostView | null {
  if (!cost) return null
  const text = (value: Money | null) => (value === null ? null : shown(value))
  const perMillion = Object.fromEntries(TOKEN_CLASSES.map((name) => [name, text(cost.perMillion[name])])) as Record<
    TokenClass,
    string | null
  >
  return {
    amount: shown(cost.amount),
    byClass: Object.fromEntries(TOKEN_CLASSES.map((name) => [name, shown(cost.byClass[name])])) as Record<TokenClass, string>,
    perMillion: { ...perMillion, all: text(cost.all) },
    method: METHODS[cost.method],
  }
}

/** Self-hosted cost per million tokens beside what each comparator would have charged for the very same tokens. */
export async function reportCompare(actor: Actor, context: ServiceContext, params: CompareParams): Promise<CompareReport> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to, asOf } = params
  const basis = params.basis ?? 'effective'
  const byDay = wantsDays(params.by)
  const [own, equivalents, deployments, days, known, open] = await Promise.all([
    selfHosted(context, params, basis),
    readEquivalents(context, params, byDay),
    deploymentsOf(context),
    comparedDays(context, params),
    coverage(context, params),
    unconverted(context.db, { from, to, asOf, measures: ['cost', 'equivalent'] }),
  ])
  const hoursLeftOut = days.leftOut.size * 24
  const comparators = equivalents.map(({ name, kind, settings, rows, deployments: mapped }): ComparatorReport => {
    const equivalent = sumRows(rows, (row) => row.amount)
    const priced = sumRows(rows, (row) => (row.amount === null ? ZERO : row.tokens))
    return {
      id: lineageId({ report: 'compare', from, to, asOf, measures: ['equivalent'], where: { comparator: name } }),
      name,
      kind,
      apiEquivalent: shown(equivalent),
      perMillion: priced.isZero() ? null : shown(round12(equivalent.times(1_000_000).div(priced))),
      unpricedTokens: shown(sumRows(rows, (row) => row.unpriced)),
      rows: rows.filter((row) => !row.tokens.isZero() || !row.billable.isZero()).map((row) => rowOf(row, name, params)),
      notCompared: deployments.filter((one) => one.demand && !mapped.includes(one.name)).map((one) => one.name),
      hoursLeftOut,
      settings,
    }
  })
  return {
    from,
    to,
    asOf: asOf?.toISOString() ?? null,
    currency: context.currency,
    basis,
    selfHosted: own,
    comparators,
    hoursLeftOut,
    coverage: known,
    unconverted: open,
  }
}

function rowOf(row: EquivalentRow, comparator: string, { from, to, asOf }: CompareParams): CompareRow {
  const span = row.day ? { from: row.day, to: addDays(row.day, 1) } : { from, to }
  return {
    id: lineageId({
      report: 'compare',
      ...span,
      asOf,
      measures: ['equivalent'],
      where: { comparator, deployment: row.deployment, item: row.class },
    }),
    ...(row.day ? { day: row.day } : {}),
    deployment: row.deployment,
    class: row.class,
    tokens: shown(row.tokens),
    billableTokens: shown(row.billable),
    amount: row.amount === null ? null : shown(row.amount),
  }
}
