// Own cost and a comparator's, over the days on which both are known, tax and promotional credits out (DESIGN.md section 7).
import { type Money, sumMoney, ZERO } from '#lib/domain/money.ts'
import { type Day, dayStart, DAY_MS } from '#lib/domain/time.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { amount } from './amounts.ts'
import { type AsOfPeriod, deploymentsOf, type Equivalents, readEquivalents, sumRows } from './equivalents.ts'
import { type ComparedDays, comparedDays } from './hours.ts'
import { type LedgerDimension, ledgerSums } from './query.ts'

/** API prices are net of tax, and a credit that ends is no property of self-hosting. */
const NOT_COMPARED = ['tax', 'credits']
/** Cost that a smaller fleet would not have; everything else is fixed. */
const GPU_LAYERS = ['gpu_compute', 'unused_commitment']

export type CostRow = { day: Day | null; layer: string; evidence: string; provisional: boolean; amount: Money }
export type Sides = {
  comparator: Equivalents
  /** Share of the fleet's cost that serves the comparator's deployments, 0..1. */
  share: number
  /** Own cost; null: nothing was billed. */
  own: Money | null
  /** The build's part of own cost, as it was spent. */
  built: Money
  /** Own cost without the build: what ends when the fleet ends. */
  avoidable: Money
  /** The part of own cost that follows the number of GPUs. */
  gpu: Money
  /** Null: nothing has a price. */
  alternative: Money | null
  /** Our own tokens that the alternative has a price for. */
  tokens: Money
  /** Shares 0..1 of own cost. */
  provisional: number
  assumed: number
  notes: string[]
}
export type Comparison = { days: ComparedDays; compared: Day[]; sides: Sides[]; averageGpus: number }

/** Days on which GPU compute cost something and tokens are known. */
const comparedList = ({ cost, scraped, leftOut }: ComparedDays): Day[] =>
  [...cost.keys()].filter((day) => scraped.has(day) && !leftOut.has(day))

async function readCost(context: Pick<ServiceContext, 'db'>, params: AsOfPeriod, byDay: boolean): Promise<CostRow[]> {
  const by: LedgerDimension[] = [...(byDay ? (['day'] as const) : []), 'layer', 'evidence', 'provisional']
  const { from, to, asOf } = params
  const rows = await ledgerSums(context.db, { from, to, asOf, measures: ['cost'], by })
  return rows.map((row) => ({
    day: byDay ? row.day! : null,
    layer: row.layer!,
    evidence: row.evidence!,
    provisional: row.provisional === 'true',
    amount: amount(row.effectiveRc),
  }))
}

/** Serving cost by demand deployment: what a comparator's part of the fleet is measured by. */
async function servingCost(context: Pick<ServiceContext, 'db'>, { from, to, asOf }: AsOfPeriod): Promise<Map<string, Money>> {
  const demand = new Set((await deploymentsOf(context)).filter((one) => one.demand).map((one) => one.name))
  const rows = await ledgerSums(context.db, { from, to, asOf, measures: ['gpu_minutes'], by: ['deployment'], where: { item: 'serving' } })
  return new Map(rows.filter((row) => demand.has(row.deployment)).map((row) => [row.deployment, amount(row.effectiveRc)]))
}

function shareOf(comparator: Equivalents, serving: Map<string, Money>): { share: number; notes: string[] } {
  const all = sumMoney(serving.values())
  if (all.isZero()) return { share: 1, notes: [] }
  const mapped = sumMoney(comparator.deployments.map((name) => serving.get(name) ?? ZERO))
  if (mapped.eq(all)) return { share: 1, notes: [] }
  const share = mapped.div(all).toNumber()
  return {
    share,
    notes: [`it stands for deployments with ${(share * 100).toFixed(1)} % of the serving cost, and takes that share of every cost`],
  }
}

/** Reads both sides for every comparator. */
export async function compareSides(context: Pick<ServiceContext, 'db'>, params: AsOfPeriod): Promise<Comparison> {
  const days = await comparedDays(context, params)
  const compared = comparedList(days)
  const whole = compared.length === (dayStart(params.to) - dayStart(params.from)) / DAY_MS
  const [cost, equivalents, serving] = await Promise.all([
    readCost(context, params, !whole),
    readEquivalents(context, params, !whole),
    servingCost(context, params),
  ])
  const inside = new Set(compared)
  const minutes = sumMoney(compared.map((day) => days.gpuMinutes.get(day) ?? ZERO))
  return {
    days,
    compared,
    sides: equivalents.map((one) => sidesOf(one, cost, days, inside, shareOf(one, serving))),
    averageGpus: compared.length === 0 ? 0 : minutes.div(compared.length * 1440).toNumber(),
  }
}

function sidesOf(
  comparator: Equivalents,
  cost: readonly CostRow[],
  days: ComparedDays,
  inside: ReadonlySet<Day>,
  part: { share: number; notes: string[] },
): Sides {
  // The build counts whenever it was done; everything else only on days whose tokens are known.
  const kept = cost.filter(
    (row) => !NOT_COMPARED.includes(row.layer) && (row.layer === 'build' || row.day === null || !days.leftOut.has(row.day)),
  )
  const running = kept.filter((row) => row.layer !== 'build' && (row.day === null || inside.has(row.day)))
  const rows = comparator.rows.filter((row) => row.day === undefined || !days.leftOut.has(row.day))
  const sum = (list: readonly CostRow[]) => sumMoney(list.map((row) => row.amount)).times(part.share)
  const own = sum(kept)
  const of = (list: readonly CostRow[]) => (own.isZero() ? 0 : Math.abs(sum(list).div(own).toNumber()))
  const built = sum(kept.filter((row) => row.layer === 'build'))
  const unpriced = sumRows(rows, (row) => row.unpriced)
  const priced = rows.filter((row) => row.amount !== null && !row.tokens.isZero())
  return {
    comparator,
    share: part.share,
    own: kept.length === 0 ? null : own,
    built,
    avoidable: sum(running),
    gpu: sum(running.filter((row) => GPU_LAYERS.includes(row.layer))),
    alternative: priced.length === 0 ? null : sumRows(priced, (row) => row.amount),
    tokens: sumRows(priced, (row) => row.tokens),
    provisional: of(kept.filter((row) => row.provisional)),
    assumed: of(kept.filter((row) => row.evidence === 'assumed')),
    notes: [
      ...part.notes,
      ...(unpriced.isZero() ? [] : [`${unpriced.toFixed(0)} tokens have no price, so the alternative is understated`]),
    ],
  }
}
