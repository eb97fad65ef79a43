import { sumMoney } from '#lib/domain/money.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'
import { capacityOf } from './overview/capacity.ts'
import { comparatorsOf } from './overview/comparators.ts'
import { exceptionsOf } from './overview/exceptions.ts'
import { layersOf, totalsOf } from './overview/layers.ts'
import { seriesOf } from './overview/series.ts'
import { storeState } from './overview/state.ts'
import type { Overview, OverviewParams } from './overview/types.ts'
import { planInForce, totalPlanned } from './projection.ts'
import { amount, checkPeriod } from './report/amounts.ts'
import { reportCompare } from './report/compare.ts'
import { reportExceptions } from './report/exceptions.ts'
import { ledgerSums } from './report/query.ts'
import { reportTco } from './report/tco.ts'
import { reportVerdict } from './report/verdict.ts'

type Gathered = Omit<Overview, 'now' | 'run' | 'sources'>

// Made once for every state of the store; a new run of reconcile has a new state, so it shows at once.
const gathered = new Map<string, Promise<Gathered>>()
const MOST_KEPT = 64

function remembered(key: string, make: () => Promise<Gathered>): Promise<Gathered> {
  const known = gathered.get(key)
  if (known) return known
  const made = make()
  gathered.set(key, made)
  made.catch(() => gathered.delete(key))
  for (const oldest of gathered.keys()) {
    if (gathered.size <= MOST_KEPT) break
    gathered.delete(oldest)
  }
  return made
}

/** All that the executive page shows for UTC days [from, to), equal to what the reports say. Amounts are text with every digit. */
export async function overview(actor: Actor, context: ServiceContext, params: OverviewParams): Promise<Overview> {
  authorise(actor, 'read')
  checkPeriod(params)
  const state = await storeState(context)
  const { from, to, basis } = params
  const all = await remembered([state.key, actor.role, from, to, basis].join('|'), () => gather(actor, context, { from, to, basis }))
  return { ...all, now: context.now.toISOString(), run: state.run, sources: state.sources }
}

async function gather(actor: Actor, context: ServiceContext, params: OverviewParams): Promise<Gathered> {
  const { from, to, basis } = params
  const plan = await planInForce(context)
  const view = basis === 'billed' ? 'cash' : 'accounting'
  const [tco, tokens, capacity, series, compare, verdict, exceptions] = await Promise.all([
    reportTco(actor, context, { ...params, by: ['layer'] }),
    ledgerSums(context.db, { measures: ['tokens'], from, to, by: [] }),
    capacityOf(context, params),
    seriesOf(context, params, plan),
    reportCompare(actor, context, params),
    reportVerdict(actor, context, params),
    reportExceptions(actor, context, params),
  ])
  const served = sumMoney(tokens.map((row) => amount(row.quantity)))
  const totals = totalsOf(tco, params, {
    tokens: served,
    unit: compare.selfHosted,
    projected: plan && totalPlanned(plan, from, to, 'honest', view),
    naive: plan && totalPlanned(plan, from, to, 'naive', view),
  })
  return {
    ...params,
    currency: context.currency,
    timezone: context.timezone,
    hasData: tco.rows.some((row) => amount(row.amount).abs().gt(0)) || !served.isZero() || amount(capacity.gpuMinutes).gt(0),
    totals,
    coverage: tco.coverage,
    comparators: comparatorsOf(compare, verdict),
    series,
    layers: layersOf(tco),
    capacity,
    exceptions: exceptionsOf(exceptions),
  }
}
