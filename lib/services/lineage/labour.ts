// The people's records behind labour: evidence that is combined by rules, so the rows carry no part of the amount.
import { details, pageOf, type Section, type SourceKind, texts } from './source-row.ts'

const utc = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`

/** Which records an item needs: unlogged time is engagement that no entry covers, so both are shown. */
const NEEDED: Record<string, readonly SourceKind[]> = {
  logged: ['time_entry'],
  unlogged: ['engagement', 'time_entry'],
  engaged: ['engagement'],
  premium: ['engagement', 'time_entry'],
  standby: ['shift'],
}

function kindsOf(items: readonly string[] | null, layers: readonly string[] | null): SourceKind[] {
  if (items) return [...new Set(items.flatMap((item) => NEEDED[item.split('/')[0] ?? ''] ?? []))]
  if (layers && !layers.includes('on_call') && !layers.includes('talent_premium')) return ['time_entry']
  return ['engagement', 'shift', 'time_entry']
}

const ROWS = `
SELECT 'engagement' AS kind, 'incident ' || e.incident_id AS what, e.acknowledged_at AS at, ${utc('e.acknowledged_at')} AS when, e.person,
       e.declared_s::text AS quantity, 'seconds' AS unit, ${utc('e.ended_at')} AS until, i.place AS file, NULL AS line, e.from_seq, '' AS layer, i.title AS note, e.source_id
FROM engagement e LEFT JOIN incident i ON i.source_id = e.source_id AND i.incident_id = e.incident_id AND i.to_seq IS NULL
WHERE e.to_seq IS NULL AND e.acknowledged_at < ($2::date + 1)::timestamp AT TIME ZONE 'UTC'
  AND coalesce(e.ended_at, 'infinity') > ($1::date - 1)::timestamp AT TIME ZONE 'UTC'
UNION ALL
SELECT 'shift', 'rotation ' || s.rotation, s.starts_at, ${utc('s.starts_at')}, s.person, NULL, NULL, ${utc('s.ends_at')}, '', NULL, s.from_seq, '', NULL, s.source_id
FROM shift s WHERE s.to_seq IS NULL AND s.starts_at < $2::date::timestamp AT TIME ZONE 'UTC' AND coalesce(s.ends_at, 'infinity') > $1::date::timestamp AT TIME ZONE 'UTC'
UNION ALL
SELECT 'time_entry', coalesce(t.project, t.issue, t.activity, 'time entry ' || t.entry_id), coalesce(t.starts_at, t.local_date::timestamp AT TIME ZONE 'UTC'),
       coalesce(${utc('t.starts_at')}, t.local_date::text), t.person, t.hours::text, 'hours', ${utc('t.ends_at')}, t.file, t.line::text, t.from_seq, coalesce(t.layer, ''),
       NULL, t.source_id
FROM time_entry t WHERE t.to_seq IS NULL AND t.scope = 'in' AND t.local_date >= $1::date - 1 AND t.local_date <= $2::date`

type Row = Record<'kind' | 'what' | 'when' | 'person', string> &
  Record<'quantity' | 'unit' | 'until' | 'file' | 'line' | 'batch' | 'layer' | 'note', string | null>

/** Records that touch the period, or the local days beside it. Names are shown to those who may read persons. */
export const labourRecords: Section = async (client, { from, to, where }, { at, limit, persons }) => {
  const layers = texts(where?.layer)
  const { rows } = await client.query<Row>(
    `SELECT r.kind, r.what, r.when, r.person, r.quantity, r.unit, r.until, nullif(r.file, '') AS file, r.line, b.batch_id AS batch, r.layer, r.note
     FROM (${ROWS}) r LEFT JOIN batch b ON b.seq = r.from_seq
     WHERE r.kind = ANY ($3::text[]) AND ($4::text[] IS NULL OR r.person = ANY ($4)) AND (r.kind <> 'time_entry' OR $5::text[] IS NULL OR r.layer = ANY ($5))
     ORDER BY r.kind, r.at, r.what, r.person LIMIT $6 OFFSET $7`,
    [
      from,
      to,
      kindsOf(texts(where?.item), layers),
      texts(where?.person),
      layers?.some((layer) => layer === 'on_call' || layer === 'talent_premium') ? null : layers,
      limit + 1,
      Number(at || 0),
    ],
  )
  return pageOf(
    rows.map((row) => ({
      kind: row.kind as SourceKind,
      what: row.what,
      when: row.when,
      amount: null,
      currency: null,
      quantity: row.quantity,
      unit: row.quantity === null ? null : row.unit,
      file: row.file,
      line: row.line,
      batch: row.batch,
      detail: details({ person: persons ? row.person : null, until: row.until, layer: row.layer, title: persons ? row.note : null }),
    })),
    at,
    limit,
  )
}
