// Which time entries are the fleet's, and in which layer (RULES.md 19 and 26).
import type pg from 'pg'
import type { Layer } from '#lib/domain/layers.ts'
import type { TimeEntry } from '#lib/domain/people.ts'
import { type LayerRule, firstMatch, parseMatch } from '#lib/domain/rule.ts'
import { markDirty } from '#lib/store/dirty.ts'

export type TimeScope = { scope: 'in' | 'out'; layer: string | null; ruleOrdinal: number | null }
type ScopeRow = { ordinal: number; match: string; scope: LayerRule['scope']; layer: Layer | '' }

/** Fleet work that a rule puts in scope without saying where. */
const DEFAULT_LAYER = 'operations'
const PREFIX = 'time.'

/** The rules that speak of time entries alone, in their order. One that matches everything speaks of bills. */
export async function timeRules(client: pg.ClientBase): Promise<LayerRule[]> {
  const { rows } = await client.query<ScopeRow>('SELECT ordinal, match, scope, layer FROM layer_rule ORDER BY ordinal, rule_id')
  return rows.flatMap(({ match, ...rule }) => {
    const conditions = parseMatch(match) ?? []
    const about = conditions.length > 0 && conditions.every(({ column }) => column.startsWith(PREFIX))
    return about ? [{ ...rule, conditions }] : []
  })
}

/** The first rule decides; without one the entry is not the fleet's. */
export function timeScope(rules: readonly LayerRule[], column: TimeEntry['column']): TimeScope {
  const rule = firstMatch(rules, (name) => column(name.slice(PREFIX.length)))
  if (!rule) return { scope: 'out', layer: null, ruleOrdinal: null }
  const scope = rule.scope === 'out' ? 'out' : 'in'
  return { scope, layer: scope === 'in' ? rule.layer || DEFAULT_LAYER : null, ruleOrdinal: rule.ordinal }
}

type StoredEntry = {
  source_id: number
  entry_id: string
  person: string
  local_date: string
  hours: string | null
  starts_at: Date | null
  ends_at: Date | null
  project: string | null
  issue: string | null
  tags: string[]
  activity: string | null
  note: string | null
  extra: Record<string, string>
  scope: string
  layer: string | null
  rule_ordinal: number | null
}

const storedColumn =
  (row: StoredEntry): TimeEntry['column'] =>
  (name) => {
    const { extra, ...own } = row
    const named: Record<string, string | null | undefined> = {
      ...extra,
      id: own.entry_id,
      person: extra['person as delivered'] ?? own.person,
      date: own.local_date,
      hours: own.hours,
      start: own.starts_at?.toISOString(),
      end: own.ends_at?.toISOString(),
      project: own.project,
      issue: own.issue,
      activity: own.activity,
      note: own.note,
    }
    return name === 'tags' ? own.tags : (named[name] ?? undefined)
  }

/**
 * Decides the current entries anew after the rules changed, and marks the days of those that moved. In the caller's transaction.
 * Scope and layer are derived, not delivered: they are updated in place. Returns how many entries moved.
 */
export async function reevaluateTimeScope(client: pg.ClientBase): Promise<number> {
  const rules = await timeRules(client)
  const { rows } = await client.query<StoredEntry>(
    `SELECT source_id, entry_id, person, local_date, hours, starts_at, ends_at, project, issue, tags, activity, note, extra, scope, layer,
            rule_ordinal FROM time_entry WHERE to_seq IS NULL`,
  )
  const moved = rows.flatMap((row) => {
    const now = timeScope(rules, storedColumn(row))
    const same = now.scope === row.scope && now.layer === row.layer && now.ruleOrdinal === row.rule_ordinal
    return same
      ? []
      : [{ source_id: row.source_id, entry_id: row.entry_id, scope: now.scope, layer: now.layer, rule_ordinal: now.ruleOrdinal }]
  })
  if (moved.length === 0) return 0
  const { rows: days } = await client.query<{ day: string }>(
    `WITH moved AS (
       UPDATE time_entry t SET scope = m.scope, layer = m.layer, rule_ordinal = m.rule_ordinal
         FROM jsonb_to_recordset($1::jsonb) AS m(source_id int, entry_id text, scope text, layer text, rule_ordinal int)
        WHERE t.source_id = m.source_id AND t.entry_id = m.entry_id AND t.to_seq IS NULL
       RETURNING t.local_date, t.starts_at, t.ends_at)
     SELECT DISTINCT d::date::text AS day FROM moved, generate_series(
       least(local_date, (starts_at AT TIME ZONE 'UTC')::date) - 1, greatest(local_date, (ends_at AT TIME ZONE 'UTC')::date) + 1, interval '1 day') d`,
    [JSON.stringify(moved)],
  )
  await markDirty(
    client,
    ['labour'],
    days.map((row) => row.day),
    'rules of time entries',
  )
  return moved.length
}
