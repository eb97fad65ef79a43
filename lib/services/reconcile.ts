import { type Day, isDay } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { type ReconcileResult, reconcile } from '#lib/reconcile/engine.ts'
import type { StepName } from '#lib/reconcile/step.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

export type ReconcileParams = { from?: Day; to?: Day; steps?: readonly StepName[] }

/** Brings the ledger up to date: the dirty days, or every day of [from, to). Running it twice appends nothing. */
export async function reconcileDays(actor: Actor, context: ServiceContext, params: ReconcileParams = {}): Promise<ReconcileResult> {
  authorise(actor, 'write')
  for (const day of [params.from, params.to])
    if (day !== undefined && !isDay(day))
      throw new Failure('usage', 'bad_period', `\`${day}\` is not a day`, { remedy: 'write YYYY-MM-DD' })
  const { db, now, currency, timezone } = context
  return reconcile(db, { ...params, now, currency, timezone, cause: { actor: actor.name } })
}
