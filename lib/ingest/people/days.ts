import type pg from 'pg'
import { ENGAGEMENT_CAP_MS } from '#lib/domain/labour/engagement.ts'
import { markDirty } from '#lib/store/dirty.ts'

const CAP = `interval '${ENGAGEMENT_CAP_MS / 1000} seconds'`

/**
 * The instants whose labour each fact decides, as SQL on its own columns and `clock.now`. What is open, or lies ahead, reaches to now.
 * Net time is capped, so an engagement reaches no further than its cap beyond its snoozes.
 */
const SPANS = {
  engagement: `tstzrange(acknowledged_at, greatest(acknowledged_at, CASE
     WHEN declared_s IS NOT NULL THEN acknowledged_at + declared_s::float8 * interval '1 second'
     ELSE least(coalesce(ended_at, clock.now), acknowledged_at + ${CAP} + coalesce(
       (SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM unnest(snoozed) r)::float8 * interval '1 second', '0')) END), '[]')`,
  shift: `tstzrange(starts_at, greatest(starts_at, least(coalesce(ends_at, clock.now), clock.now)), '[]')`,
  time_entry: `tstzrange(coalesce(starts_at, local_date::timestamp AT TIME ZONE 'UTC'),
     greatest(starts_at, ends_at, local_date::timestamp AT TIME ZONE 'UTC'), '[]')`,
} as const

export type LabourTable = keyof typeof SPANS

/** The UTC days that rows of a table touch, and the day before and after: people's local days straddle UTC days. `which` is on $2 …. */
async function daysTouched(client: pg.ClientBase, table: LabourTable, which: string, params: readonly unknown[]): Promise<string[]> {
  const { rows } = await client.query<{ day: string }>(
    `WITH clock AS (SELECT $1::timestamptz AS now)
     SELECT DISTINCT d::date::text AS day FROM (SELECT ${SPANS[table]} AS span FROM ${table}, clock WHERE ${which}) touched,
       generate_series((lower(span) AT TIME ZONE 'UTC')::date - 1, (upper(span) AT TIME ZONE 'UTC')::date + 1, interval '1 day') d`,
    [...params],
  )
  return rows.map((row) => row.day)
}

/** Marks the days that the batch's rows touch, closed and added ones. */
export async function markTouched(
  client: pg.ClientBase,
  tables: readonly LabourTable[],
  seq: string,
  sourceId: number,
  now: Date,
  cause: string,
): Promise<void> {
  const days: string[] = []
  for (const table of tables)
    days.push(...(await daysTouched(client, table, 'source_id = $2 AND (from_seq = $3 OR to_seq = $3)', [now, sourceId, seq])))
  await markDirty(client, ['labour'], days, cause)
}

/** Marks the days that open engagements and running shifts grew into since `since`, though no row of theirs changed. */
export async function markGrown(client: pg.ClientBase, sourceId: number, since: Date, now: Date): Promise<void> {
  const open = `source_id = $2 AND to_seq IS NULL AND ended_at IS NULL AND declared_s IS NULL AND upper(${SPANS.engagement}) >= $3`
  const running = `source_id = $2 AND to_seq IS NULL AND starts_at < $1 AND coalesce(ends_at, 'infinity') > $3`
  const from = new Date(since).toISOString().slice(0, 10)
  const days = [
    ...(await daysTouched(client, 'engagement', open, [now, sourceId, since])),
    ...(await daysTouched(client, 'shift', running, [now, sourceId, since])),
  ]
  await markDirty(
    client,
    ['labour'],
    days.filter((day) => day >= from),
    'open incidents and shifts',
  )
}
