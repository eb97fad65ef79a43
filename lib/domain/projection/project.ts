// A projection document → 36 months by layer (DESIGN.md section 7). Pure estimates: numbers, not money.
import { TOKEN_CLASSES, type TokenClass } from '#lib/domain/layers.ts'
import type { Day } from '#lib/domain/time.ts'
import { fleetCost, fleetFor, MONTH_HOURS } from './capacity.ts'
import { type Amounts, addAmounts, type EconomicLayer, totalOf } from './layers.ts'
import { HORIZON_MONTHS, hoursOf, monthAfter, monthsFrom, overlap } from './months.ts'
import type { ProjectionDocument } from './schema.ts'

export type ProjectedMonth = {
  month: Day
  /** Tokens of the month; null where the plan has no demand. */
  tokens: number | null
  replicas: number | null
  load: number | null
  /** As spent. */
  cash: Amounts
  /** Build amortised from go-live. */
  accounting: Amounts
  /** What the economic view adds to accounting. */
  economic: Amounts<EconomicLayer>
}

export type Projection = {
  currency: string
  months: ProjectedMonth[]
  /** spent = amortised within the 36 months + remaining after them. */
  build: { spent: number; amortised: number; remaining: number } | null
  totals: { cash: number; accounting: number; economic: number }
  /** Cash of each month ÷ (1 + discount rate)^(months ÷ 12); null where the plan names no rate. */
  discountedCash: number | null
  /** Parts that the plan is silent about: unknown, not zero. */
  unplanned: string[]
}

const PARTS = ['demand', 'capacity', 'build', 'run', 'supporting', 'observability', 'model_updates', 'security', 'talent_premium'] as const
const ECONOMIC_PARTS = ['opportunity', 'attrition', 'exit', 'risks'] as const

/** Compound change by month `index` of a yearly trend. */
export const trendAt = (perYear: number | undefined, index: number): number => (1 + (perYear ?? 0)) ** (index / 12)

/** Tokens of an average month, `index` months after serving began. */
export function tokensAt(demand: NonNullable<ProjectionDocument['demand']>, index: number): number {
  const start =
    typeof demand.tokens_per_month === 'number'
      ? demand.tokens_per_month
      : TOKEN_CLASSES.reduce((sum, name) => sum + ((demand.tokens_per_month as Amounts<TokenClass>)[name] ?? 0), 0)
  return start * (1 + (demand.growth_per_month ?? 0)) ** index
}

/** Shares of the classes of the planned demand; null where the plan knows a total only. */
export function classShares(demand: NonNullable<ProjectionDocument['demand']>): Amounts<TokenClass> | null {
  if (typeof demand.tokens_per_month === 'number') return demand.split ?? null
  const total = tokensAt(demand, 0)
  return total === 0 ? null : addAmounts<TokenClass>({}, demand.tokens_per_month, 1 / total)
}

/** Cost of the build: engineers × months ÷ 12 × rate. */
export const buildCost = (build: NonNullable<ProjectionDocument['build']>): number =>
  build.engineers * (build.months / 12) * build.rate_per_year

function capacityLayers(document: ProjectionDocument, month: Day, tokens: number | null, index: number) {
  const { capacity, demand, supporting, price_trends } = document
  const fleet = capacity ? fleetFor(capacity, tokens ?? 0, demand?.peak_to_average ?? 1) : null
  const gpu = capacity && fleet ? fleetCost(capacity, fleet.replicas, hoursOf(month), trendAt(price_trends?.gpu, index)) : null
  const layers: Amounts = {}
  if (gpu !== null) layers.gpu_compute = gpu
  if (supporting) layers.supporting = (supporting.share_of_gpu ?? 0) * (gpu ?? 0) + (supporting.per_month ?? 0)
  return { fleet, layers }
}

/** Layers that begin with serving. */
function runningLayers(document: ProjectionDocument, index: number): Amounts {
  const { run, observability, model_updates: updates, security } = document
  const labour = trendAt(document.price_trends?.labour, index)
  const layers: Amounts = {}
  if (run?.operations_fte !== undefined) layers.operations = (run.operations_fte * run.rate_per_year * labour) / 12
  if (run?.on_call_share !== undefined) layers.on_call = (run.on_call_share * run.rate_per_year * labour) / 12
  if (observability) layers.observability = observability.per_month
  if (updates) layers.lifecycle = (updates.per_year * updates.cost) / 12
  if (security) layers.security = security.per_quarter / 3
  return layers
}

/** Build as spent, and as written off from go-live (as spent where no amortisation is declared). */
function buildLayers(document: ProjectionDocument, index: number, goLive: number) {
  const { build } = document
  if (!build) return { cash: {}, accounting: {} }
  const cost = buildCost(build)
  const cash = { build: (cost * overlap(index, 0, build.months)) / build.months }
  const accounting =
    build.amortise_months === undefined ? cash : { build: (cost * overlap(index, goLive, build.amortise_months)) / build.amortise_months }
  return { cash, accounting }
}

/** The premium on the labour of these layers, so that nothing counts twice. */
function withPremium(document: ProjectionDocument, layers: Amounts): Amounts {
  if (!document.talent_premium) return layers
  const labour = (layers.build ?? 0) + (layers.operations ?? 0) + (layers.on_call ?? 0)
  return { ...layers, talent_premium: labour * document.talent_premium.share }
}

function economicLayers(document: ProjectionDocument, index: number, serving: boolean): Amounts<EconomicLayer> {
  const { opportunity, attrition, exit, risks, start } = document
  const layers: Amounts<EconomicLayer> = {}
  if (opportunity && serving)
    layers.opportunity =
      opportunity.hours_per_month * Math.max(0, opportunity.alternative_value_per_hour - opportunity.loaded_rate_per_hour)
  if (attrition && serving) layers.attrition = (attrition.engineers * attrition.probability_per_year * attrition.replacement_cost) / 12
  if (exit) layers.exit = (exit.cost * exit.probability) / HORIZON_MONTHS
  if (risks)
    layers.risk_reserve = risks.reduce((sum, risk) => {
      const reserve = risk.probability * risk.impact
      if (risk.month === undefined) return sum + reserve / HORIZON_MONTHS
      return monthsFrom(start, risk.month) === index ? sum + reserve : sum
    }, 0)
  return layers
}

function projectMonth(document: ProjectionDocument, index: number): ProjectedMonth {
  const month = monthAfter(document.start, index)
  const goLive = document.go_live === undefined ? 0 : monthsFrom(document.start, document.go_live)
  const serving = index >= goLive
  // Demand is stated for an average month of 730 h; a calendar month serves its own hours of it.
  const rate = document.demand ? (serving ? tokensAt(document.demand, index - goLive) : 0) : null
  const { fleet, layers } = capacityLayers(document, month, rate, index)
  const shared = addAmounts(layers, serving ? runningLayers(document, index) : {})
  const built = buildLayers(document, index, goLive)
  return {
    month,
    tokens: rate === null ? null : (rate * hoursOf(month)) / MONTH_HOURS,
    replicas: fleet?.replicas ?? null,
    load: fleet?.load ?? null,
    cash: withPremium(document, addAmounts(shared, built.cash)),
    accounting: withPremium(document, addAmounts(shared, built.accounting)),
    economic: economicLayers(document, index, serving),
  }
}

/** The honest plan: everything that the document states, nothing that it does not. */
export function project(document: ProjectionDocument): Projection {
  const months = Array.from({ length: HORIZON_MONTHS }, (_, index) => projectMonth(document, index))
  const sum = (of: (month: ProjectedMonth) => number) => months.reduce((total, month) => total + of(month), 0)
  const amortised = sum((month) => month.accounting.build ?? 0)
  const spent = document.build ? buildCost(document.build) : 0
  const accounting = sum((month) => totalOf(month.accounting))
  const rate = document.discount_rate_per_year
  return {
    currency: document.currency,
    months,
    build: document.build ? { spent, amortised, remaining: spent - amortised } : null,
    totals: { cash: sum((month) => totalOf(month.cash)), accounting, economic: accounting + sum((month) => totalOf(month.economic)) },
    discountedCash:
      rate === undefined ? null : months.reduce((total, month, index) => total + totalOf(month.cash) / (1 + rate) ** (index / 12), 0),
    unplanned: [...PARTS, ...ECONOMIC_PARTS].filter((part) => document[part] === undefined),
  }
}
