// Current bill lines, resolved to nodes, and their portions of each UTC day: what the steps bills and capacity both start from.
import type pg from 'pg'
import type { Span } from '../step.ts'
import { splitSql } from '../ledger/split.ts'

/** Lines up to this long are found by their start; longer ones have an index of their own. */
const LONG = "interval '2 days'"

/** Every current line that touches [$1, $2) or ends at $1 (so that the span before a day's first line is known). */
const LINE = `(
  SELECT * FROM bill_line WHERE to_seq IS NULL AND charge_end - charge_start <= ${LONG}
    AND charge_start < $2 AND charge_start >= $1::timestamptz - ${LONG} AND greatest(charge_end, charge_start) >= $1
  UNION ALL
  SELECT * FROM bill_line WHERE to_seq IS NULL AND charge_end - charge_start > ${LONG} AND charge_start < $2 AND charge_end >= $1
)`

/** bill_candidate: the nodes that a resource may be; the least rank counts, then the least node. */
const BILL_CANDIDATE = `
CREATE TEMPORARY TABLE bill_candidate ON COMMIT DROP AS
WITH resource AS (
  SELECT resource_id, coalesce(resource_key, '') AS resource_key, min(charge_start) AS first_start, max(charge_start) AS last_start
  FROM ${LINE} line WHERE resource_id IS NOT NULL GROUP BY 1, 2
)
SELECT r.*, a.node_id, a.valid_from, a.valid_to, CASE a.kind WHEN 'resource_id' THEN 1 ELSE 2 END AS rank
FROM resource r JOIN node_alias a ON a.kind IN ('resource_id', 'instance_id') AND lower(a.alias) = lower(r.resource_id)
UNION ALL
SELECT r.*, a.node_id, a.valid_from, a.valid_to, 3
FROM resource r JOIN node_alias a ON a.kind = 'instance_id' AND lower(a.alias) = r.resource_key
UNION ALL
SELECT r.*, n.node_id, NULL, NULL, 4
FROM resource r JOIN node n ON n.node_id <> 0 AND lower(n.name) = lower(r.resource_id)`

/** bill_resource: the node of each resource that has one; `dated` where it depends on the line's start. */
const BILL_RESOURCE = `
CREATE TEMPORARY TABLE bill_resource ON COMMIT DROP AS
SELECT resource_id, resource_key, min(node_id) AS node_id,
       min(node_id) <> max(node_id) OR bool_or(coalesce(valid_from > first_start, false) OR coalesce(valid_to <= last_start, false)) AS dated
FROM bill_candidate GROUP BY 1, 2`

/** Every line with its node at charge_start, the layer that the node decides, and whether its delivery is still provisional. */
const RESOLVED = `(
  SELECT l.*, n.cluster AS node_cluster,
         coalesce(l.layer, CASE WHEN l.node_id IS NOT NULL THEN 'gpu_compute' ELSE coalesce(l.otherwise_layer, 'unassigned') END) AS decided_layer,
         l.charge_category = 'Usage' AND l.commitment_status IS DISTINCT FROM 'Unused' AND l.charge_class IS DISTINCT FROM 'Correction' AS shares,
         (l.charge_start AT TIME ZONE 'UTC')::date AS first_day,
         (greatest(l.charge_start, l.charge_end - interval '1 microsecond') AT TIME ZONE 'UTC')::date AS last_day
  FROM (
    SELECT line.*, CASE WHEN NOT r.dated THEN r.node_id ELSE (
      SELECT c.node_id FROM bill_candidate c WHERE c.resource_id = line.resource_id AND c.resource_key = coalesce(line.resource_key, '')
        AND (c.valid_from IS NULL OR c.valid_from <= line.charge_start) AND (c.valid_to IS NULL OR c.valid_to > line.charge_start)
      ORDER BY c.rank, c.node_id LIMIT 1) END AS node_id
    FROM ${LINE} line
    LEFT JOIN bill_resource r ON r.resource_id = line.resource_id AND r.resource_key = coalesce(line.resource_key, '')
  ) l
  LEFT JOIN node n ON n.node_id = l.node_id
)`

const DELIVERED = `(
  SELECT DISTINCT ON (source_id, replacement_key) source_id, replacement_key, status = 'provisional' AS provisional
  FROM batch WHERE status IN ('provisional', 'final') ORDER BY source_id, replacement_key, seq DESC
)`

const BILL_NOW = (where: string) => `
CREATE TEMPORARY TABLE bill_now ON COMMIT DROP AS
SELECT row_number() OVER () AS line_id, l.billing_period, l.source_id, l.content_key, l.ordinal, l.from_seq, l.file, l.line,
       l.billing_account, coalesce(l.invoice_id, '') AS invoice_id, l.currency, l.charge_category,
       l.charge_start, greatest(l.charge_end, l.charge_start) AS charge_end, l.billed, l.effective, l.scope,
       l.node_id, coalesce(l.node_cluster, '') AS cluster, l.instance_type, l.consumed_quantity, l.consumed_unit, l.description, l.resource_id,
       l.decided_layer AS layer, l.rule_ordinal, l.shares, coalesce(d.provisional, false) AS provisional
FROM ${RESOLVED} l
LEFT JOIN ${DELIVERED} d ON d.source_id = l.source_id AND d.replacement_key = l.replacement_key
WHERE ${where}`

/**
 * cap_line: usage lines of nodes, with their minutes counted since the epoch, which a double holds exactly. `whole_hour`: an hour of the
 * clock, billed whole, as most bills have it.
 */
const CAP_LINE = `
CREATE TEMPORARY TABLE cap_line ON COMMIT DROP AS
SELECT *, coalesce(hours >= 1, true) AND first_minute % 60 = 0 AND charge_end - charge_start = interval '1 hour' AND end_minute - first_minute = 60 AS whole_hour
FROM (
  SELECT row_number() OVER () AS line_id, l.source_id, l.currency, l.charge_start, greatest(l.charge_end, l.charge_start) AS charge_end,
         ceil(date_part('epoch', l.charge_start) / 60)::bigint AS first_minute,
         ceil(date_part('epoch', greatest(l.charge_end, l.charge_start)) / 60)::bigint AS end_minute,
         CASE WHEN lower(trim(l.consumed_unit)) IN ('hours', 'hour', 'hrs', 'hr', 'h') THEN l.consumed_quantity END AS hours,
         l.billed, l.effective, l.node_id, lower(l.instance_type) AS instance_type, l.first_day, l.last_day
  FROM ${RESOLVED} l
  WHERE l.scope = 'in' AND l.decided_layer = 'gpu_compute' AND l.charge_category = 'Usage' AND l.node_id IS NOT NULL) line`

/** A line whole inside one day and in scope posts what it says: such lines are added up at once. */
const INSIDE = "l.scope = 'in' AND l.first_day = l.last_day"
const BILL_SUM = `
CREATE TEMPORARY TABLE bill_sum ON COMMIT DROP AS
SELECT l.first_day AS day, l.decided_layer AS layer, l.source_id, coalesce(l.invoice_id, '') AS invoice_id, l.billing_account, l.currency,
       l.charge_category, coalesce(l.node_cluster, '') AS cluster, coalesce(d.provisional, false) AS provisional, l.shares,
       sum(l.billed) AS billed, sum(l.effective) AS effective
FROM ${RESOLVED} l
LEFT JOIN ${DELIVERED} d ON d.source_id = l.source_id AND d.replacement_key = l.replacement_key
JOIN ledger_days y ON y.day = l.first_day
WHERE ${INSIDE} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`

const utcDay = (instant: string) => `(${instant} AT TIME ZONE 'UTC')::date`
const startOf = (day: string) => `(${day}::timestamp AT TIME ZONE 'UTC')`

/** A line over several UTC days is split by its microseconds in each; a line inside one day posts whole and exactly. */
const BILL_PORTION = (lines: string) => `
CREATE TEMPORARY TABLE bill_portion ON COMMIT DROP AS
WITH dated AS (
  SELECT line_id, charge_start, charge_end, billed, effective, ${utcDay('charge_start')} AS first_day,
         ${utcDay("greatest(charge_start, charge_end - interval '1 microsecond')")} AS last_day
  FROM ${lines}
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

async function resolve(client: pg.ClientBase, span: Span): Promise<unknown[]> {
  const instants = [`${span.from}T00:00:00Z`, `${span.to}T00:00:00Z`]
  await client.query(BILL_CANDIDATE, instants)
  await client.query('CREATE INDEX ON bill_candidate (resource_id)')
  await client.query('ANALYZE bill_candidate')
  await client.query(BILL_RESOURCE)
  await client.query('ANALYZE bill_resource')
  return instants
}

async function portion(client: pg.ClientBase, lines: string): Promise<void> {
  await client.query(BILL_PORTION(lines))
  await client.query('ANALYZE bill_portion')
}

/** Fills the temporary tables bill_now, with every line, and bill_portion for the days of `ledger_days`, all within `span`. */
export async function readBillLines(client: pg.ClientBase, span: Span): Promise<void> {
  await client.query(BILL_NOW('true'), await resolve(client, span))
  await client.query('ANALYZE bill_now')
  await portion(client, 'bill_now')
}

/** As readBillLines, but what can be added up at once is in bill_sum, and bill_now holds the other lines. */
export async function readBillSums(client: pg.ClientBase, span: Span): Promise<void> {
  const instants = await resolve(client, span)
  await client.query(BILL_SUM, instants)
  await client.query(BILL_NOW(`NOT (${INSIDE})`), instants)
  await client.query('ANALYZE bill_now')
  await portion(client, 'bill_now')
}

/** Fills cap_line with the usage of nodes, and bill_portion with the days of those lines that have several. */
export async function readNodeLines(client: pg.ClientBase, span: Span): Promise<void> {
  await client.query(CAP_LINE, await resolve(client, span))
  await client.query('ANALYZE cap_line (line_id, node_id)')
  await portion(client, '(SELECT * FROM cap_line WHERE first_day < last_day) several')
}
