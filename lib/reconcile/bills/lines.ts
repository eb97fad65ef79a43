// Current bill lines, resolved to nodes, and their portions of each UTC day: what the steps bills and capacity both start from.
import type pg from 'pg'
import type { Span } from '../step.ts'
import { splitSql } from '../ledger/split.ts'

/** Lines up to this long are found by their start; longer ones have an index of their own. */
const LONG = "interval '40 days'"

/**
 * bill_now: every current line that touches [$1, $2) or ends at $1 (so that the span before a day's first line is known), with the
 * node its resource resolves to at charge_start, the layer that the node decides, and whether its delivery is still provisional.
 */
const BILL_NOW = `
CREATE TEMPORARY TABLE bill_now ON COMMIT DROP AS
WITH line AS (
  SELECT * FROM bill_line WHERE to_seq IS NULL AND charge_end - charge_start <= ${LONG}
    AND charge_start < $2 AND charge_start >= $1::timestamptz - ${LONG} AND greatest(charge_end, charge_start) >= $1
  UNION ALL
  SELECT * FROM bill_line WHERE to_seq IS NULL AND charge_end - charge_start > ${LONG} AND charge_start < $2 AND charge_end >= $1
), resource AS (
  SELECT DISTINCT resource_id, resource_key FROM line WHERE resource_id IS NOT NULL
), candidate AS (
  SELECT r.resource_id, r.resource_key, a.node_id, a.valid_from, a.valid_to, CASE a.kind WHEN 'resource_id' THEN 1 ELSE 2 END AS rank
  FROM resource r JOIN node_alias a ON a.kind IN ('resource_id', 'instance_id') AND lower(a.alias) = lower(r.resource_id)
  UNION ALL
  SELECT r.resource_id, r.resource_key, a.node_id, a.valid_from, a.valid_to, 3
  FROM resource r JOIN node_alias a ON a.kind = 'instance_id' AND lower(a.alias) = r.resource_key
  UNION ALL
  SELECT r.resource_id, r.resource_key, n.node_id, NULL, NULL, 4
  FROM resource r JOIN node n ON n.node_id <> 0 AND lower(n.name) = lower(r.resource_id)
), delivered AS (
  SELECT DISTINCT ON (source_id, replacement_key) source_id, replacement_key, status = 'provisional' AS provisional
  FROM batch WHERE status IN ('provisional', 'final') ORDER BY source_id, replacement_key, seq DESC
), resolved AS (
  SELECT DISTINCT ON (l.billing_period, l.source_id, l.content_key, l.ordinal, l.from_seq) l.*, c.node_id
  FROM line l LEFT JOIN candidate c ON c.resource_id = l.resource_id AND c.resource_key IS NOT DISTINCT FROM l.resource_key
    AND (c.valid_from IS NULL OR c.valid_from <= l.charge_start) AND (c.valid_to IS NULL OR c.valid_to > l.charge_start)
  ORDER BY l.billing_period, l.source_id, l.content_key, l.ordinal, l.from_seq, c.rank, c.node_id
)
SELECT row_number() OVER () AS line_id, l.billing_period, l.source_id, l.content_key, l.ordinal, l.from_seq, l.file, l.line,
       l.billing_account, coalesce(l.invoice_id, '') AS invoice_id, l.currency, l.charge_category,
       l.charge_start, greatest(l.charge_end, l.charge_start) AS charge_end, l.billed, l.effective, l.scope,
       l.node_id, coalesce(n.cluster, '') AS cluster, l.instance_type, l.consumed_quantity, l.consumed_unit, l.description, l.resource_id,
       coalesce(l.layer, CASE WHEN l.node_id IS NOT NULL THEN 'gpu_compute' ELSE 'unassigned' END) AS layer,
       l.charge_category = 'Usage' AND l.commitment_status IS DISTINCT FROM 'Unused' AND l.charge_class IS DISTINCT FROM 'Correction' AS shares,
       coalesce(d.provisional, false) AS provisional
FROM resolved l
LEFT JOIN node n ON n.node_id = l.node_id
LEFT JOIN delivered d ON d.source_id = l.source_id AND d.replacement_key = l.replacement_key`

const utcDay = (instant: string) => `(${instant} AT TIME ZONE 'UTC')::date`
const startOf = (day: string) => `(${day}::timestamp AT TIME ZONE 'UTC')`

/** A line over several UTC days is split by its microseconds in each; a line inside one day posts whole and exactly. */
const BILL_PORTION = `
CREATE TEMPORARY TABLE bill_portion ON COMMIT DROP AS
WITH dated AS (
  SELECT line_id, charge_start, charge_end, billed, effective, ${utcDay('charge_start')} AS first_day,
         ${utcDay("greatest(charge_start, charge_end - interval '1 microsecond')")} AS last_day
  FROM bill_now
), long AS (
  SELECT l.line_id, l.billed, l.effective, l.first_day + i AS day,
         trunc(extract(epoch FROM least(l.charge_end, ${startOf('(l.first_day + i + 1)')}) - greatest(l.charge_start, ${startOf('(l.first_day + i)')}))
           * 1000000) AS length_us
  FROM dated l CROSS JOIN LATERAL generate_series(0, l.last_day - l.first_day) i
  WHERE l.last_day > l.first_day
), portion AS (
  SELECT line_id, first_day AS day, billed, effective FROM dated WHERE last_day = first_day
  UNION ALL
  ${splitSql({ from: 'long', group: 'line_id', amounts: ['billed', 'effective'], weight: 'length_us', ord: 'day', keep: 'line_id, day' })}
)
SELECT p.line_id, p.day, p.billed, p.effective FROM portion p JOIN ledger_days USING (day)`

/** Fills the temporary tables bill_now and bill_portion for the days of `ledger_days`, all within `span`. */
export async function readBillLines(client: pg.ClientBase, span: Span): Promise<void> {
  await client.query(BILL_NOW, [`${span.from}T00:00:00Z`, `${span.to}T00:00:00Z`])
  await client.query('ANALYZE bill_now')
  await client.query(BILL_PORTION)
  await client.query('ANALYZE bill_portion')
}
