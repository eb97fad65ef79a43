import { type CapacityState, STATES } from '#lib/domain/layers.ts'
import { addDays } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { type Actor, authorise } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { amount, checkPeriod, type Period, shown } from './amounts.ts'
import { type LedgerRow, ledgerSums, unconverted } from './query.ts'

const DIMENSIONS = ['day', 'month', 'deployment', 'cluster', 'team'] as const
export type CapacityDimension = (typeof DIMENSIONS)[number]

/** Rows are by state anyway; `by` may add day, month, deployment, cluster, team (and may name state). */
export type CapacityParams = Period & { by?: readonly string[]; basis?: 'effective' | 'billed'; asOf?: Date }
export type CapacityRow = Partial<Record<CapacityDimension, string>> & {
  id: string
  state: CapacityState
  /** Billed GPU-minutes in that state. */
  gpuMinutes: string
  /** Their part of the nodes' gpu_compute cost, in the reporting currency; null: no rate. */
  amount: string | null
}
export type CapacityReport = {
  from: string
  to: string
  asOf: string | null
  currency: string
  basis: 'effective' | 'billed'
  rows: CapacityRow[]
  /** GPU-minutes seen outside billed minutes: within the provider's lag, and after it. */
  awaiting_bill: { gpuMinutes: string }
  unbilled: { gpuMinutes: string }
  unconverted: { currency: string; billed: string; effective: string }[]
}

function dimensions(by: readonly string[]): CapacityDimension[] {
  const found = by.filter((name) => name !== 'state').map((name) => DIMENSIONS.find((known) => known === name) ?? name)
  const unknown = found.find((name) => !DIMENSIONS.some((known) => known === name))
  if (unknown !== undefined)
    throw new Failure('usage', 'bad_by', `--by \`${unknown}\` is unknown`, { remedy: `use state, ${DIMENSIONS.join(', ')}` })
  return found as CapacityDimension[]
}

const nextMonth = (month: string) => `${addDays(month, 31).slice(0, 7)}-01`

/** The period that a row covers: its day or month, clipped to the report's. */
function spanOf({ from, to }: Period, row: Partial<Record<CapacityDimension, string>>): Period {
  if (row.day !== undefined) return { from: row.day, to: addDays(row.day, 1) }
  if (row.month === undefined) return { from, to }
  const end = nextMonth(row.month)
  return { from: row.month > from ? row.month : from, to: end < to ? end : to }
}

/** Every billed GPU-minute by state, with its money (RULES.md 11 and 13). Without further dimensions every state has a row. */
export async function reportCapacity(actor: Actor, context: ServiceContext, params: CapacityParams): Promise<CapacityReport> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to, asOf } = params
  const basis = params.basis ?? 'effective'
  const by = dimensions(params.by ?? [])
  const query = { from, to, asOf }
  const [sums, seen, open] = await Promise.all([
    ledgerSums(context.db, { ...query, measures: ['gpu_minutes'], by: [...by, 'item'] }),
    ledgerSums(context.db, { ...query, measures: ['awaiting_bill', 'unbilled'], by: ['measure'] }),
    unconverted(context.db, { ...query, measures: ['gpu_minutes'] }),
  ])
  const rowOf = (sum: LedgerRow<CapacityDimension | 'item'>): CapacityRow => {
    const dims = Object.fromEntries(by.map((name) => [name, sum[name]])) as Partial<Record<CapacityDimension, string>>
    const { day: _day, month: _month, ...where } = dims
    return {
      id: lineageId({ report: 'capacity', ...spanOf(params, dims), basis, asOf, where: { ...where, item: sum.item } }),
      ...dims,
      state: sum.item as CapacityState,
      gpuMinutes: shown(amount(sum.quantity)),
      amount: basis === 'billed' ? sum.billedRc : sum.effectiveRc,
    }
  }
  const rows = sums.map((sum) => rowOf(sum as LedgerRow<CapacityDimension | 'item'>))
  if (by.length === 0)
    rows.push(...STATES.filter((state) => !rows.some((row) => row.state === state)).map((state) => emptyRow(params, basis, state)))
  const keyOf = (row: CapacityRow) => JSON.stringify(by.map((name) => row[name]))
  const order = (a: CapacityRow, b: CapacityRow) =>
    keyOf(a) === keyOf(b) ? STATES.indexOf(a.state) - STATES.indexOf(b.state) : keyOf(a) < keyOf(b) ? -1 : 1
  const minutes = (measure: string) => ({ gpuMinutes: shown(amount(seen.find((row) => row.measure === measure)?.quantity)) })
  return {
    from,
    to,
    asOf: asOf?.toISOString() ?? null,
    currency: context.currency,
    basis,
    rows: rows.sort(order),
    awaiting_bill: minutes('awaiting_bill'),
    unbilled: minutes('unbilled'),
    unconverted: open,
  }
}

const emptyRow = ({ from, to, asOf }: CapacityParams, basis: 'effective' | 'billed', state: CapacityState): CapacityRow => ({
  id: lineageId({ report: 'capacity', from, to, basis, asOf, where: { item: state } }),
  state,
  gpuMinutes: '0',
  amount: '0',
})
