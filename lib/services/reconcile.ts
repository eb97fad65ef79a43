import type { Day } from '#lib/domain/time.ts'
import { type ReconcileResult, reconcile } from '#lib/reconcile/engine.ts'
import type { StepName } from '#lib/reconcile/step.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

export type ReconcileParams = { from?: Day; to?: Day; steps?: readonly StepName[] }

/** Brings the ledger up to date: the dirty days, or every day of [from, to). Running it twice appends nothing. */
export async function reconcileDays(actor: Actor, context: ServiceContext, params: ReconcileParams = {}): Promise<ReconcileResult> {
  authorise(actor, 'write')
  const { db, now, currency, timezone } = context
  return reconcile(db, { ...params, now, currency, timezone, cause: { actor: actor.name } })
}
