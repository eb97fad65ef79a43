import type pg from 'pg'
import { GPUS_OF_INSTANCE_TYPE } from '#lib/domain/capacity/catalogue.ts'
import { addDays, type Day, dayOf, dayStart, HOUR_MS } from '#lib/domain/time.ts'
import { readNodeLines } from '../bills/lines.ts'
import { BILL_LAG_DAYS } from '../ledger/days.ts'
import type { Step } from '../step.ts'
import { COST_STATEMENTS } from './cost.ts'
import { MAPPING_STATEMENTS } from './mapping.ts'
import { POST_STATEMENTS } from './post.ts'
import { STATE_STATEMENTS } from './states.ts'
import { PLAIN_STATEMENTS } from './plain.ts'
import { FIRST_STATEMENTS, TELEMETRY_STATEMENTS } from './telemetry.ts'

/** Three columns: each hour to post, its day, and which of the day's it is. */
async function hoursToPost(client: pg.ClientBase): Promise<[Date[], Day[], number[]]> {
  const { rows } = await client.query<{ day: Day }>('SELECT day FROM ledger_days')
  const hours = rows.flatMap(({ day }) => Array.from({ length: 24 }, (_, hour) => ({ day, hour })))
  return [
    hours.map(({ day, hour }) => new Date(dayStart(day) + hour * HOUR_MS)),
    hours.map(({ day }) => day),
    hours.map(({ hour }) => hour),
  ]
}

/** Posts every billed GPU-minute under its state with its money, and GPU-minutes seen without a bill (RULES.md 8 to 14). */
export const capacityStep: Step = {
  name: 'capacity',
  post: async (client, span, { now, currency }) => {
    const values: Record<'nothing' | 'hours' | 'days' | 'span' | 'end' | 'types' | 'currency' | 'lag' | 'posted', unknown[]> = {
      nothing: [],
      hours: [dayStart(span.from) / HOUR_MS, dayStart(span.to) / HOUR_MS],
      days: [span.from, span.to],
      span: [`${span.from}T00:00:00Z`, `${span.to}T00:00:00Z`],
      end: [`${span.to}T00:00:00Z`],
      types: [Object.keys(GPUS_OF_INSTANCE_TYPE), Object.values(GPUS_OF_INSTANCE_TYPE)],
      currency: [currency],
      posted: [`${span.from}T00:00:00Z`, `${span.to}T00:00:00Z`, ...(await hoursToPost(client)), span.from, span.to],
      lag: [addDays(dayOf(now.getTime()), -BILL_LAG_DAYS)],
    }
    await readNodeLines(client, span)
    for (const { sql, takes } of COST_STATEMENTS) await client.query(sql, values[takes])
    for (const { sql, takes } of FIRST_STATEMENTS) await client.query(sql, values[takes])
    for (const { sql, takes } of PLAIN_STATEMENTS) await client.query(sql, values[takes])
    for (const { sql, takes } of TELEMETRY_STATEMENTS) await client.query(sql, values[takes])
    for (const sql of MAPPING_STATEMENTS) await client.query(sql)
    for (const { sql, takes } of STATE_STATEMENTS) await client.query(sql, values[takes])
    for (const { sql, takes } of POST_STATEMENTS) await client.query(sql, values[takes])
  },
}
