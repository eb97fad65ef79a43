// The projection in force, as amounts over any period.
import { totalOf } from '#lib/domain/projection/layers.ts'
import { hoursOf, monthAfter } from '#lib/domain/projection/months.ts'
import { naivePlan } from '#lib/domain/projection/naive.ts'
import { type ProjectedMonth, type Projection, project } from '#lib/domain/projection/project.ts'
import { type ProjectionDocument, projectionSchema } from '#lib/domain/projection/schema.ts'
import { type Day, dayStart, HOUR_MS } from '#lib/domain/time.ts'
import type { ServiceContext } from './context.ts'

/** `rate`: one unit of the document's currency in the reporting currency; null: no rate is known, so nothing can be shown beside actuals. */
export type Plan = {
  version: number
  recordedAt: Date
  document: ProjectionDocument
  honest: Projection
  naive: Projection | null
  rate: number | null
}
export type View = 'accounting' | 'cash'

/** The newest projection, or null when none was ever imported. */
export async function planInForce(context: Pick<ServiceContext, 'db' | 'currency' | 'now'>): Promise<Plan | null> {
  const row = await context.db.prisma.projection.findFirst({ orderBy: { version: 'desc' } })
  if (!row) return null
  const document = projectionSchema.parse(row.document)
  return {
    version: row.version,
    recordedAt: row.recordedAt,
    document,
    honest: project(document),
    naive: naivePlan(document),
    rate: await rateOf(context, document.currency),
  }
}

/** A plan has one rate: the latest known now. It is an estimate, and a rate of a future day is not known. */
async function rateOf({ db, currency, now }: Pick<ServiceContext, 'db' | 'currency' | 'now'>, from: string): Promise<number | null> {
  if (from === currency) return 1
  const row = await db.prisma.fx.findFirst({ where: { from, to: currency, day: { lte: now } }, orderBy: { day: 'desc' } })
  return row ? Number(row.rate) : null
}

/** The share of a month that lies in [from, to), by days. */
const shareOf = (month: Day, from: Day, to: Day): number => {
  const [start, end] = [dayStart(month), dayStart(monthAfter(month, 1))]
  const hours = (Math.min(end, dayStart(to)) - Math.max(start, dayStart(from))) / HOUR_MS
  return Math.max(0, hours) / hoursOf(month)
}

function sumOf(
  plan: Plan,
  months: readonly ProjectedMonth[],
  from: Day,
  to: Day,
  of: (month: ProjectedMonth) => Partial<Record<string, number>>,
): Map<string, number> {
  const sums = new Map<string, number>()
  if (plan.rate === null) return sums
  for (const month of months) {
    const share = shareOf(month.month, from, to) * plan.rate
    if (share > 0) for (const [layer, amount] of Object.entries(of(month))) sums.set(layer, (sums.get(layer) ?? 0) + (amount ?? 0) * share)
  }
  return sums
}

const texts = (sums: Map<string, number>): Map<string, string> => new Map([...sums].map(([layer, sum]) => [layer, sum.toFixed(2)]))

/** Planned amounts by layer for [from, to), months taken by their days, in the reporting currency with two decimals. Pure. */
export const layersOf = (plan: Plan, from: Day, to: Day, view: View = 'accounting'): Map<string, string> =>
  texts(sumOf(plan, plan.honest.months, from, to, (month) => month[view]))

/** Planned total of [from, to); null where the plan says nothing of it. Pure. */
export function totalPlanned(
  plan: Plan,
  from: Day,
  to: Day,
  which: 'honest' | 'naive' = 'honest',
  view: View = 'accounting',
): string | null {
  const months = plan[which]?.months
  if (!months) return null
  const sums = sumOf(plan, months, from, to, (month) => month[view])
  return sums.size === 0 ? null : totalOf(Object.fromEntries(sums)).toFixed(2)
}

/** What the projection in force expected of each layer over [from, to); empty where it is silent. */
export async function projectedByLayer(
  context: ServiceContext,
  from: Day,
  to: Day,
  view: View = 'accounting',
): Promise<Map<string, string>> {
  const plan = await planInForce(context)
  return plan ? layersOf(plan, from, to, view) : new Map()
}

/** The economic layers (opportunity, attrition, risk_reserve, exit) over [from, to): what the economic view adds to accounting. */
export async function economicByLayer(context: ServiceContext, from: Day, to: Day): Promise<Map<string, string>> {
  const plan = await planInForce(context)
  return plan ? texts(sumOf(plan, plan.honest.months, from, to, (month) => month.economic)) : new Map()
}

/** Total of the naive plan over [from, to); null where none is described. */
export async function naiveTotal(context: ServiceContext, from: Day, to: Day): Promise<string | null> {
  const plan = await planInForce(context)
  return plan ? totalPlanned(plan, from, to, 'naive') : null
}
