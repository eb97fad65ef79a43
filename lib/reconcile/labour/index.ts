// Labour: engaged, logged, unlogged and standby time by person, and what it costs (RULES.md 24-29; oracle: lib/domain/labour).
import type pg from 'pg'
import { addDays, dayStart } from '#lib/domain/time.ts'
import type { Span, Step, StepContext } from '#lib/reconcile/step.ts'
import { fillCalendar } from './calendar.ts'
import { POST_STANDBY, POST_TIME, POST_WORK, TIME } from './post.ts'
import { ENGAGED, LOGGED, ON_DATES, PEOPLE, SHIFTS, TABLES, UNLOGGED } from './sets.ts'

/** Local days that share an instant with a UTC day lie within two days of it. */
const MARGIN_DAYS = 2

async function post(client: pg.ClientBase, { from, to }: Span, { now }: StepContext): Promise<void> {
  const at = (ms: number) => new Date(ms).toISOString()
  const looked = [at(dayStart(addDays(from, -MARGIN_DAYS))), at(dayStart(addDays(to, MARGIN_DAYS)))]
  await client.query(`DROP TABLE IF EXISTS ${[...TABLES, 'labour_time'].join(', ')}`)
  for (const set of [ENGAGED, SHIFTS]) await client.query(set, [...looked, now.toISOString()])
  for (const set of [LOGGED, ON_DATES]) await client.query(set, looked)
  await fillCalendar(client)
  for (const set of [PEOPLE, UNLOGGED, TIME, POST_TIME, POST_WORK, POST_STANDBY]) await client.query(set)
}

/**
 * Posts `cost` (layer of the rule for logged time, on_call for unlogged and standby, talent_premium; billed = effective, in the rate's
 * currency), `time` (engaged without a layer, else the same) and `unpriced_time` (item logged, unlogged or standby/ROTATION), in seconds.
 */
export const labourStep: Step = { name: 'labour', post }
