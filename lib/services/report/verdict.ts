import { type BreakEven, breakEvenVolumes, type CostModel, type Flip, flipsFrom } from '#lib/domain/comparison/break-even.ts'
import { chanceOfWinning } from '#lib/domain/verdict/chance.ts'
import { type Coverages, decideVerdict, type Verdict } from '#lib/domain/verdict/decide.ts'
import { futureFrom } from '#lib/domain/verdict/future.ts'
import { HORIZON_MONTHS } from '#lib/domain/projection/months.ts'
import type { Day } from '#lib/domain/time.ts'
import { type Actor, authorise } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { type Plan, planInForce } from '#lib/services/projection.ts'
import { checkPeriod, type Period, shown } from './amounts.ts'
import { type Coverage, coverage } from './coverage.ts'
import { priceCoverage } from './equivalents.ts'
import { unconverted } from './query.ts'
import { type Comparison, compareSides, type Sides } from './sides.ts'

const MONTH_DAYS = 365 / 12

export type VerdictParams = Period & { asOf?: Date }
export type Judgement = {
  verdict: Verdict
  /** That self-hosting is cheaper; null: nothing uncertain is stated, and the margin alone decides. */
  probability: number | null
  /** Alternative − own cost in the reporting currency, positive where self-hosting is cheaper; marginShare is of the alternative. */
  margin: string | null
  marginShare: number | null
  own: string | null
  alternative: string | null
  evidence: { coverage: Coverages; provisional: number; assumed: number; reasons: string[] }
  flips: Flip[]
}
export type ComparatorVerdict = {
  id: string
  name: string
  /** Full cost of the period: everything that was spent, on days when both sides are known. */
  didItPay: Judgement
  /** Avoidable future cost only. */
  continue: Judgement
  /** Every volume at which the cheaper side changes, by capacity steps; null where either side has no price. */
  breakEven: BreakEven | null
}
export type VerdictReport = {
  from: string
  to: string
  asOf: string | null
  currency: string
  hoursLeftOut: number
  coverage: Coverage
  comparators: ComparatorVerdict[]
}

type Common = { coverage: Coverages; provisional: number; assumed: number; unconverted: boolean; notEligible: string | null }

/** Did self-hosting pay over the period, and does it pay to continue: one answer a comparator, with its evidence and what would flip it. */
export async function reportVerdict(actor: Actor, context: ServiceContext, params: VerdictParams): Promise<VerdictReport> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to, asOf } = params
  const [comparison, known, plan, costOpen] = await Promise.all([
    compareSides(context, params),
    coverage(context, params),
    planInForce(context),
    unconverted(context.db, { from, to, asOf, measures: ['cost'] }),
  ])
  const comparators = await Promise.all(
    comparison.sides.map(async (sides): Promise<ComparatorVerdict> => {
      const { name, settings } = sides.comparator
      const open = await unconverted(context.db, { from, to, asOf, measures: ['equivalent'], where: { comparator: name } })
      const common: Common = {
        coverage: { ...known, prices: priceCoverage([sides.comparator]) },
        provisional: sides.provisional,
        assumed: sides.assumed,
        unconverted: costOpen.length + open.length > 0,
        notEligible: typeof settings.not_eligible === 'string' ? settings.not_eligible : null,
      }
      return {
        id: lineageId({ report: 'compare', from, to, asOf, measures: ['equivalent'], where: { comparator: name } }),
        name,
        didItPay: didItPay(sides, common, comparison, plan),
        continue: toContinue(sides, common, comparison, plan, to),
        breakEven: breakEvenOf(sides, comparison, plan),
      }
    }),
  )
  return {
    from,
    to,
    asOf: asOf?.toISOString() ?? null,
    currency: context.currency,
    hoursLeftOut: comparison.days.leftOut.size * 24,
    coverage: known,
    comparators,
  }
}

function judge(
  own: number | null,
  alternative: number | null,
  common: Common,
  more: { probability: number | null; gaps: string[]; notes: string[]; flips: Flip[] },
): Judgement {
  const { verdict, probability, margin, reasons } = decideVerdict({
    own,
    alternative,
    coverages: common.coverage,
    provisional: common.provisional,
    assumed: common.assumed,
    unconverted: common.unconverted,
    probability: more.probability,
    notEligible: common.notEligible,
    gaps: more.gaps,
  })
  return {
    verdict,
    probability,
    margin: own === null || alternative === null ? null : (alternative - own).toFixed(2),
    marginShare: margin,
    own: own?.toFixed(2) ?? null,
    alternative: alternative?.toFixed(2) ?? null,
    evidence: { coverage: common.coverage, provisional: common.provisional, assumed: common.assumed, reasons: [...reasons, ...more.notes] },
    flips: more.flips,
  }
}

function didItPay(sides: Sides, common: Common, comparison: Comparison, plan: Plan | null): Judgement {
  const judgement = judge(sides.own?.toNumber() ?? null, sides.alternative?.toNumber() ?? null, common, {
    probability: null,
    gaps: comparison.compared.length === 0 ? ['on no day are both the cost and the tokens known'] : [],
    notes: [...leftOutNote(comparison), ...builtNote(sides), ...sides.notes],
    flips: flipsOf(sides, comparison, plan, sides.own?.toNumber() ?? 0),
  })
  // Both sides are money of the ledger here, so the margin keeps every digit.
  const margin = sides.own && sides.alternative ? shown(sides.alternative.minus(sides.own)) : null
  return { ...judgement, margin, own: sides.own && shown(sides.own), alternative: sides.alternative && shown(sides.alternative) }
}

function toContinue(sides: Sides, common: Common, comparison: Comparison, plan: Plan | null, day: Day): Judgement {
  const months = comparison.compared.length / MONTH_DAYS
  const none = (why: string) => judge(null, null, common, { probability: null, gaps: [why], notes: [], flips: [] })
  if (!plan) return none('no projection says anything about the future')
  if (plan.rate === null) return none(`no exchange rate is known from the projection's ${plan.document.currency}`)
  if (months === 0 || sides.alternative === null) return none('there is no run rate: on no day are both sides known')
  const rates = { ownPerMonth: sides.avoidable.toNumber() / months, alternativePerMonth: sides.alternative.toNumber() / months }
  const future = futureFrom(plan.document, plan.honest, day, rates, plan.rate)
  if (typeof future === 'string') return none(future)
  // A risk's probability is over the whole plan: what is left of the plan carries what is left of it.
  const left = Math.min(1, future.months / HORIZON_MONTHS)
  const risks = (plan.document.risks ?? [])
    .filter((risk) => risk.month === undefined || risk.month >= day.slice(0, 7))
    .map((risk) => ({
      ...risk,
      impact: risk.impact * plan.rate!,
      probability: risk.month === undefined ? risk.probability * left : risk.probability,
    }))
  return judge(future.own, future.alternative, common, {
    probability: chanceOfWinning(future.own, future.alternative, risks),
    gaps: [],
    notes: [...future.reasons, ...sides.notes],
    flips: flipsOf(sides, comparison, plan, sides.avoidable.toNumber()),
  })
}

const leftOutNote = ({ days }: Comparison): string[] =>
  days.leftOut.size === 0 ? [] : [`${days.leftOut.size} days are left out, because only one side is known on them`]

const builtNote = ({ built }: Sides): string[] =>
  built.isZero() ? [] : [`the build counts in full, in the days when it was spent: ${built.toFixed(2)}`]

/** One month at the period's rates. `cost` is what counts as own; without a declared fleet shape a replica is one GPU of unknown throughput. */
function modelOf(sides: Sides, { compared, averageGpus }: Comparison, plan: Plan | null, cost: number) {
  const months = compared.length / MONTH_DAYS
  const capacity = plan?.document.capacity ?? {}
  const replicas = (averageGpus * sides.share) / (capacity.gpus_per_replica ?? 1)
  if (months === 0 || replicas === 0 || !sides.alternative || sides.tokens.isZero()) return null
  const gpu = sides.gpu.toNumber() / months
  const model: CostModel = {
    fixed: Math.max(0, cost / months - gpu),
    perReplica: gpu / replicas,
    capacity: { ...capacity, redundancy: capacity.redundancy ?? 1 },
    peakToAverage: plan?.document.demand?.peak_to_average ?? 1,
  }
  const tokens = sides.tokens.toNumber() / months
  return { model, now: { tokens, replicas }, price: (sides.alternative.toNumber() / months / tokens) * 1e6 }
}

function flipsOf(sides: Sides, comparison: Comparison, plan: Plan | null, cost: number): Flip[] {
  const found = modelOf(sides, comparison, plan, cost)
  return found ? flipsFrom(found.model, found.now, found.price) : []
}

function breakEvenOf(sides: Sides, comparison: Comparison, plan: Plan | null): BreakEven | null {
  const found = sides.own ? modelOf(sides, comparison, plan, sides.own.toNumber()) : null
  if (!found || found.price <= 0) return null
  // Without a throughput any volume fits the fleet that is there: the crossing is that of today's cost.
  const { tokens_per_second_per_gpu: throughput } = found.model.capacity
  const capacity = throughput === undefined ? { ...found.model.capacity, redundancy: found.now.replicas } : found.model.capacity
  return breakEvenVolumes({ ...found.model, capacity }, found.price)
}
