import { type Evidence, LAYERS } from '#lib/domain/layers.ts'
import type { Money } from '#lib/domain/money.ts'
import { sumMoney, ZERO } from '#lib/domain/money.ts'
import { addDays, monthOf } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { type Actor, authorise } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage.ts'
import { economicByLayer, projectedByLayer } from '#lib/services/projection.ts'
import { amount, checkPeriod, type Period, shown } from './amounts.ts'
import { type Coverage, coverage } from './coverage.ts'
import { type LedgerDimension, ledgerSums, unconverted } from './query.ts'

export type Basis = 'effective' | 'billed'

/** What `--by` may name, and the ledger's own names. */
const BY = {
  day: 'day',
  month: 'month',
  layer: 'layer',
  cluster: 'cluster',
  deployment: 'deployment',
  team: 'team',
  currency: 'currency',
  invoice: 'invoice_id',
  account: 'billing_account',
  category: 'charge_category',
  source: 'source_id',
  item: 'item',
} as const satisfies Record<string, LedgerDimension>
export type TcoDimension = keyof typeof BY

export type TcoParams = Period & { by?: readonly string[]; basis?: Basis; asOf?: Date }
export type TcoRow = Partial<Record<TcoDimension, string>> & {
  id: string
  /** Null: all of it is unknown, because no rate converts it or the basis is unavailable; never zero for that. */
  amount: string | null
  /** What the projection in force expected of this layer over the period; null where it says nothing, or rows are finer than layers. */
  projected: string | null
  evidence: Record<Evidence, string | null>
}
export type TcoReport = {
  from: string
  to: string
  asOf: string | null
  currency: string
  basis: Basis
  rows: TcoRow[]
  /** Three views, never mixed: as paid; amortised and depreciated; that and the economic layers. */
  totals: { cash: string; accounting: string; economic: string }
  /** The part of the basis that a provider may still change. */
  provisional: string
  /** What of shared lines (account-level support, tax, commitments) is not the fleet's (RULES.md 20): in no row and no total. */
  outside_fleet: string
  unconverted: { currency: string; billed: string; effective: string }[]
  coverage: Coverage
}

function dimensions(by: readonly string[]): TcoDimension[] {
  for (const name of by)
    if (!(name in BY)) throw new Failure('usage', 'bad_by', `--by \`${name}\` is unknown`, { remedy: `use ${Object.keys(BY).join(', ')}` })
  return by as TcoDimension[]
}

const layerOrder = (layer: string | undefined) => {
  const index = (LAYERS as readonly string[]).indexOf(layer ?? '')
  return index < 0 ? LAYERS.length : index
}

/** Actual cost by layer (or by whatever `by` names) beside what was projected, from the ledger. Amounts in the reporting currency. */
export async function reportTco(actor: Actor, context: ServiceContext, params: TcoParams): Promise<TcoReport> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to, asOf } = params
  const basis = params.basis ?? 'effective'
  const by = dimensions(params.by ?? ['layer'])
  const query = { measures: ['cost'], from, to, asOf }
  const [sums, split, outside, open, known, plan, economic] = await Promise.all([
    ledgerSums(context.db, { ...query, by: [...by.map((name) => BY[name]), 'evidence'] }),
    ledgerSums(context.db, { ...query, by: ['provisional'] }),
    ledgerSums(context.db, { from, to, asOf, measures: ['outside'], by: [] }),
    unconverted(context.db, query),
    coverage(context, params),
    projectedByLayer(context, from, to),
    economicByLayer(context, from, to),
  ])
  const text = (row: { billedRc: string | null; effectiveRc: string | null }) => (basis === 'billed' ? row.billedRc : row.effectiveRc)
  const of = (row: { billedRc: string | null; effectiveRc: string | null }): Money => amount(text(row))
  const rows = new Map<string, { dims: Record<string, string>; evidence: Record<string, Money | null> }>()
  for (const row of sums) {
    const dims = Object.fromEntries(by.map((name) => [name, (row as Record<string, string>)[BY[name]] ?? '']))
    const key = JSON.stringify(dims)
    const known_ = rows.get(key) ?? { dims, evidence: {} }
    rows.set(key, known_)
    known_.evidence[row.evidence] = text(row) === null ? null : of(row)
  }
  const justLayers = by.length === 1 && by[0] === 'layer'
  if (justLayers)
    for (const layer of plan.keys())
      if (!rows.has(JSON.stringify({ layer }))) rows.set(JSON.stringify({ layer }), { dims: { layer }, evidence: {} })
  return {
    from,
    to,
    asOf: asOf?.toISOString() ?? null,
    currency: context.currency,
    basis,
    rows: [...rows.values()]
      .sort((a, b) => (justLayers ? layerOrder(a.dims.layer) - layerOrder(b.dims.layer) : 0))
      .map(({ dims, evidence }) => ({
        id: lineageId({
          report: 'tco',
          ...spanOf(dims, { from, to }),
          basis,
          asOf,
          where: Object.fromEntries(by.filter((name) => name !== 'day' && name !== 'month').map((name) => [BY[name], dims[name] ?? ''])),
        }),
        ...dims,
        amount: knownSum(Object.values(evidence)),
        projected: justLayers ? (plan.get(dims.layer ?? '') ?? null) : null,
        evidence: { measured: part(evidence.measured), inferred: part(evidence.inferred), assumed: part(evidence.assumed) },
      })),
    totals: totalsOf(split, [...economic.values()]),
    provisional: shown(sumMoney(split.filter((row) => row.provisional === 'true').map(of))),
    outside_fleet: shown(sumMoney(outside.map(of))),
    unconverted: open,
    coverage: known,
  }
}

/** Nothing posted is zero; something posted of which no part is known is unknown. */
function knownSum(amounts: readonly (Money | null)[]): string | null {
  const known = amounts.filter((one) => one !== null)
  return amounts.length > 0 && known.length === 0 ? null : shown(sumMoney(known))
}

const part = (amount: Money | null | undefined): string | null => (amount === null ? null : shown(amount ?? ZERO))

/** The days that a row speaks of: its own day or month within the period. */
function spanOf({ day, month }: Record<string, string>, { from, to }: Period): Period {
  if (day) return { from: day, to: addDays(day, 1) }
  if (!month) return { from, to }
  const next = monthOf(addDays(month, 31))
  return { from: month > from ? month : from, to: next < to ? next : to }
}

function totalsOf(split: readonly { billedRc: string | null; effectiveRc: string | null }[], economic: readonly string[]) {
  const cash = sumMoney(split.map((row) => amount(row.billedRc)))
  const accounting = sumMoney(split.map((row) => amount(row.effectiveRc)))
  return { cash: shown(cash), accounting: shown(accounting), economic: shown(accounting.plus(sumMoney(economic.map(amount)))) }
}
