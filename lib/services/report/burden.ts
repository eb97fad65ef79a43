import { Failure } from '#lib/errors.ts'
import { type Actor, authorise } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { checkPeriod, type Period } from './amounts.ts'

/** `by` may name `day`, `service` or `urgency`: then `rows` has them. */
export type BurdenParams = Period & { by?: readonly string[]; asOf?: Date }

export type Burden = {
  /** Created in the period. */
  incidents: number
  open: number
  neverAcknowledged: number
  /** Resolved by no person. */
  autoResolved: number
  /** Pages, calls and mails that reached somebody about these incidents. */
  interruptions: number
  /** Mean over acknowledged ones; null: there is none. */
  mttaSeconds: number | null
  /** Mean over those that a person resolved; null: there is none. */
  mttrSeconds: number | null
}
export type BurdenRow = Burden & { day?: string; service?: string; urgency?: string }
export type BurdenReport = Burden & { from: string; to: string; asOf: string | null; rows: BurdenRow[] }

const BY = {
  day: "(i.created_at AT TIME ZONE 'UTC')::date::text",
  service: "coalesce(i.service, '')",
  urgency: "coalesce(i.urgency, '')",
} as const
type Dimension = keyof typeof BY
const isDimension = (name: string): name is Dimension => Object.hasOwn(BY, name)

function dimensions(by: readonly string[] = []): Dimension[] {
  return by.map((name) => {
    if (isDimension(name)) return name
    throw new Failure('usage', 'bad_by', `--by \`${name}\` is unknown`, { remedy: `use ${Object.keys(BY).join(', ')}` })
  })
}

/** The versions that were current at a moment ($3), or are now (null). */
const known = (fact: string): string => `CASE WHEN $3::timestamptz IS NULL THEN ${fact}.to_seq IS NULL ELSE
  EXISTS (SELECT FROM batch b WHERE b.seq = ${fact}.from_seq AND b.arrived_at <= $3)
  AND NOT EXISTS (SELECT FROM batch b WHERE b.seq = ${fact}.to_seq AND b.arrived_at <= $3) END`

const query = (by: readonly Dimension[]): string => `
WITH page AS (
  SELECT n.source_id, n.incident_id, count(*) AS pages FROM interruption n WHERE ${known('n')} GROUP BY n.source_id, n.incident_id
), told AS (
  SELECT i.*, ${by.map((name) => `${BY[name]} AS by_${name},`).join(' ')} p.pages
  FROM incident i LEFT JOIN page p ON p.source_id = i.source_id AND p.incident_id = i.incident_id
  WHERE i.created_at >= $1::date::timestamp AT TIME ZONE 'UTC' AND i.created_at < $2::date::timestamp AT TIME ZONE 'UTC' AND ${known('i')}
)
SELECT ${by.map((name) => `by_${name} AS ${name},`).join(' ')}
       count(*)::int AS incidents,
       count(*) FILTER (WHERE resolved_at IS NULL)::int AS open,
       count(*) FILTER (WHERE acknowledged_at IS NULL)::int AS "neverAcknowledged",
       count(*) FILTER (WHERE resolved_by_person = false)::int AS "autoResolved",
       coalesce(sum(pages), 0)::int AS interruptions,
       avg(extract(epoch FROM acknowledged_at - created_at))::float8 AS "mttaSeconds",
       (avg(extract(epoch FROM resolved_at - created_at)) FILTER (WHERE resolved_by_person))::float8 AS "mttrSeconds"
FROM told ${by.length > 0 ? `GROUP BY ${by.map((_, i) => i + 1).join(', ')} ORDER BY ${by.map((_, i) => i + 1).join(', ')}` : ''}`

/** What incidents did to people in a period: how many, how soon met and mended (RULES.md 30). */
export async function reportBurden(actor: Actor, context: ServiceContext, params: BurdenParams): Promise<BurdenReport> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to, asOf } = params
  const by = dimensions(params.by)
  const values = [from, to, asOf ?? null]
  const { pool } = context.db
  const whole = await pool.query<Burden>(query([]), values)
  const rows = by.length > 0 ? (await pool.query<BurdenRow>(query(by), values)).rows : []
  return { from, to, asOf: asOf?.toISOString() ?? null, ...whole.rows[0]!, rows }
}
