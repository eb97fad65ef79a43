// The node-days behind a capacity state, the serve-hours behind tokens, and the prices behind an API-equivalent.
import { addDays } from '#lib/domain/time.ts'
import { lineageId } from '../lineage-id.ts'
import { keyPredicate } from '../report/query.ts'
import { details, pageOf, type Section, texts } from './source-row.ts'

export const nodeDays: Section = async (client, { from, to, basis, where }, { at, limit }) => {
  const amount = basis === 'billed' ? 'billed' : 'effective'
  const { rows } = await client.query<
    Record<'node' | 'cluster' | 'day' | 'state' | 'deployment' | 'gpus' | 'minutes', string> & Record<'amount' | 'currency', string | null>
  >(
    `SELECT n.name AS node, n.cluster, d.day::text AS day, d.state, d.deployment, d.gpus::text AS gpus, trim_scale(d.gpu_minutes) AS minutes,
            trim_scale(d.${amount}) AS amount,
            (SELECT min(c.currency) FROM node_day_cost c WHERE c.node_id = d.node_id AND c.day = d.day) AS currency
     FROM node_day d JOIN node n ON n.node_id = d.node_id LEFT JOIN deployment p ON p.name = d.deployment
     WHERE d.day >= $1 AND d.day < $2 AND ($3::text[] IS NULL OR d.state = ANY ($3)) AND ($4::text[] IS NULL OR d.deployment = ANY ($4))
       AND ($5::text[] IS NULL OR n.cluster = ANY ($5)) AND ($6::text[] IS NULL OR coalesce(p.team, '') = ANY ($6))
     ORDER BY d.day, n.name, d.state, d.deployment LIMIT $7 OFFSET $8`,
    [from, to, texts(where?.item), texts(where?.deployment), texts(where?.cluster), texts(where?.team), limit + 1, Number(at || 0)],
  )
  return pageOf(
    rows.map((row) => ({
      kind: 'node_day' as const,
      what: `${row.node}: ${row.state.replaceAll('_', ' ')}`,
      when: row.day,
      amount: row.amount,
      currency: row.currency,
      quantity: row.minutes,
      unit: 'GPU-minutes',
      file: null,
      line: null,
      batch: null,
      detail: details({
        deployment: row.deployment,
        cluster: row.cluster,
        GPUs: row.gpus,
        'cost of the nodes': lineageId({
          report: 'tco',
          from: row.day,
          to: addDays(row.day, 1),
          basis,
          where: { layer: 'gpu_compute', cluster: row.cluster, charge_category: 'Usage' },
        }),
      }),
    })),
    at,
    limit,
  )
}

const CLASSES = ['prompt', 'cache_read', 'cache_write', 'generation']

export const serveHours: Section = async (client, { from, to, where }, { at, limit }) => {
  const classes = (texts(where?.item) ?? CLASSES).filter((name) => CLASSES.includes(name))
  const values = CLASSES.map((name) => `('${name}', s.${name}_tokens)`).join(', ')
  const { rows } = await client.query<
    Record<'instance' | 'hour' | 'class' | 'tokens' | 'deployment', string> & { node: string | null; covered: string }
  >(
    `SELECT r.instance, to_char(s.hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS hour, x.class, trim_scale(x.tokens) AS tokens,
            coalesce(d.name, '') AS deployment, n.name AS node, s.covered_s::text AS covered
     FROM serve_hour s JOIN replica r ON r.replica_id = s.replica_id LEFT JOIN node n ON n.node_id = s.node_id
     LEFT JOIN LATERAL (SELECT min(a.deployment_id) AS deployment_id FROM replica_deployment a
                        WHERE a.replica_id = s.replica_id AND a.valid_from <= s.hour AND s.hour < a.valid_to) a ON true
     LEFT JOIN deployment d ON d.deployment_id = a.deployment_id
     CROSS JOIN LATERAL (VALUES ${values}) AS x(class, tokens)
     WHERE s.hour >= $1::date::timestamp AT TIME ZONE 'UTC' AND s.hour < $2::date::timestamp AT TIME ZONE 'UTC' AND x.tokens <> 0
       AND x.class = ANY ($3::text[]) AND ($4::text[] IS NULL OR coalesce(d.name, '') = ANY ($4)) AND ($5::text[] IS NULL OR coalesce(d.team, '') = ANY ($5))
     ORDER BY s.hour, r.instance, s.replica_id, s.source_id, x.class LIMIT $6 OFFSET $7`,
    [from, to, classes, texts(where?.deployment), texts(where?.team), limit + 1, Number(at || 0)],
  )
  return pageOf(
    rows.map((row) => ({
      kind: 'serve_hour' as const,
      what: `${row.instance}: ${row.class.replaceAll('_', ' ')}`,
      when: row.hour,
      amount: null,
      currency: null,
      quantity: row.tokens,
      unit: 'tokens',
      file: null,
      line: null,
      batch: null,
      detail: details({ deployment: row.deployment, node: row.node, 'covered seconds': row.covered }),
    })),
    at,
    limit,
  )
}

/** Each day's tokens with the price in force that day, as the step `equivalent` chose it. */
export const prices: Section = async (client, { from, to, where, measures }, { at, limit }) => {
  const key = keyPredicate({ measures: measures ?? ['equivalent'], steps: ['equivalent'], where }, 5)
  const { rows } = await client.query<
    Record<'day' | 'comparator' | 'deployment' | 'class' | 'measure', string> &
      Record<'currency' | 'tokens' | 'amount' | 'per_million' | 'valid_from' | 'source' | 'provider' | 'model', string | null>
  >(
    `SELECT l.day::text AS day, k.comparator, k.deployment, k.item AS class, k.measure, nullif(k.currency, '') AS currency,
            trim_scale(l.quantity) AS tokens, trim_scale(l.effective) AS amount,
            p.per_million::text AS per_million, p.valid_from::text AS valid_from, p.source, m.provider, m.model
     FROM ledger_day l JOIN ledger_key k USING (key_id)
     LEFT JOIN comparator c ON c.name = k.comparator
     LEFT JOIN comparator_map m ON m.comparator_id = c.comparator_id AND m.deployment = k.deployment
     LEFT JOIN LATERAL (
       SELECT * FROM price p WHERE k.measure = 'equivalent' AND p.provider = m.provider AND p.model = m.model AND p.valid_from <= l.day
         AND p.class = CASE WHEN k.item = 'cache_read' AND c.settings ->> 'cache_parity' = 'none' THEN 'prompt' ELSE k.item END
       ORDER BY (p.origin = 'declared') DESC, p.valid_from DESC LIMIT 1) p ON true
     WHERE l.day >= $1 AND l.day < $2 AND ${key.sql} ORDER BY l.day, k.comparator, k.deployment, k.item, k.key_id LIMIT $3 OFFSET $4`,
    [from, to, limit + 1, Number(at || 0), ...key.values],
  )
  return pageOf(
    rows.map((row) => ({
      kind: 'price' as const,
      what: `${row.comparator}: ${row.deployment} ${row.class.replaceAll('_', ' ')}`,
      when: row.day,
      amount: row.amount,
      currency: row.currency,
      quantity: row.tokens,
      unit: 'tokens',
      file: row.source,
      line: null,
      batch: null,
      detail: details({
        provider: row.provider,
        model: row.model,
        'price per million': row.per_million,
        'in force from': row.valid_from,
        tokens: lineageId({
          report: 'tokens',
          from: row.day,
          to: addDays(row.day, 1),
          where: { deployment: row.deployment, item: row.class },
        }),
      }),
    })),
    at,
    limit,
  )
}
