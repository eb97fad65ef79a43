// What a step of reconcile would post for days, without posting it.
import type pg from 'pg'
import { addDays, type Day } from '#lib/domain/time.ts'
import { spansOf } from '#lib/reconcile/engine.ts'
import { SUM } from '#lib/reconcile/ledger/post.ts'
import { CREATE_LEDGER_NEXT, type Step } from '#lib/reconcile/step.ts'
import type { ServiceContext } from '../context.ts'

/** Sums of one month and layer, in the reporting currency. */
export type Posted = {
  month: string
  measure: 'cost' | 'outside'
  layer: string
  billed: string
  effective: string
}

/**
 * Money in the reporting currency by month, measure (`cost`, or `outside` the fleet) and layer, as reconcile would convert it. Months are
 * those of the days. In the caller's transaction, which keeps nothing of it.
 */
export async function postedBy(client: pg.ClientBase, context: ServiceContext, step: Step, days: readonly Day[]): Promise<Posted[]> {
  const { now, currency, timezone } = context
  const posted: Posted[] = []
  for (const span of spansOf(days)) {
    await client.query('SAVEPOINT posted')
    await client.query(CREATE_LEDGER_NEXT)
    await client.query('INSERT INTO ledger_days SELECT unnest($1::date[])', [span])
    await step.post(client, { from: span[0]!, to: addDays(span.at(-1)!, 1) }, { now, currency, timezone })
    await client.query(SUM, [step.name, currency])
    const { rows } = await client.query<Posted>(
      `SELECT left(day::text, 7) AS month, measure, layer, coalesce(sum(billed_rc), 0)::text AS billed, coalesce(sum(effective_rc), 0)::text AS effective
       FROM ledger_sum WHERE measure IN ('cost', 'outside') GROUP BY 1, 2, 3`,
    )
    posted.push(...rows)
    await client.query('ROLLBACK TO SAVEPOINT posted')
  }
  return posted
}
