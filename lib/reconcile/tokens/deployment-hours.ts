/**
 * `served`: every serve-hour of the days in `ledger_days` with the deployment it belonged to at the hour's start ('' where no rule claims
 * the replica). Should two claims overlap, the first declared deployment takes the hour, so that no token counts twice.
 * Columns: day, deployment, team, demand, and the counters of serve_hour. Parameters $1 and $2: the span's days, which bound the scan.
 */
export const SERVED_CTE = `
hours AS (
  SELECT node_id, hour, replica_id, source_id, scraped, running, prompt_tokens, cache_read_tokens, cache_write_tokens, generation_tokens,
         requests, failures, prefill_s, decode_s, (s.hour AT TIME ZONE 'UTC')::date AS day
  FROM serve_hour s
  WHERE s.hour >= ($1::date)::timestamp AT TIME ZONE 'UTC' AND s.hour < ($2::date)::timestamp AT TIME ZONE 'UTC'
    AND (s.hour AT TIME ZONE 'UTC')::date IN (SELECT day FROM ledger_days)
),
claimed AS (
  SELECT h.*, coalesce(d.name, '') AS deployment, coalesce(d.team, '') AS team, coalesce(d.demand, false) AS demand,
         row_number() OVER (PARTITION BY h.node_id, h.hour, h.replica_id, h.source_id ORDER BY r.deployment_id) AS claim
  FROM hours h
  LEFT JOIN replica_deployment r ON r.replica_id = h.replica_id AND r.valid_from <= h.hour AND h.hour < r.valid_to
  LEFT JOIN deployment d ON d.deployment_id = r.deployment_id
),
served AS (SELECT * FROM claimed WHERE claim = 1)`
