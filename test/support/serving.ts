import type pg from 'pg'
import { formatAmount, type Money } from '#lib/domain/money.ts'

type ServeHour = {
  replica: number
  hour: string
  node?: number
  source?: number
  scraped?: bigint
  running?: bigint
  prompt?: string | null
  cacheRead?: string | null
  cacheWrite?: string | null
  generation?: string | null
  requests?: string | null
  failures?: string | null
  prefillS?: number | null
  decodeS?: number | null
}

export async function insertServeHour(pool: pg.Pool, row: ServeHour): Promise<void> {
  await pool.query(
    `INSERT INTO serve_hour (node_id, hour, replica_id, source_id, scraped, running, prompt_tokens, cache_read_tokens, cache_write_tokens,
       generation_tokens, requests, failures, prefill_s, decode_s, covered_s)
     VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,3600)`,
    [
      row.node ?? 1,
      row.hour,
      row.replica,
      row.source ?? 1,
      row.scraped ?? 0n,
      row.running ?? 0n,
      row.prompt ?? null,
      row.cacheRead ?? null,
      row.cacheWrite ?? null,
      row.generation ?? null,
      row.requests ?? null,
      row.failures ?? null,
      row.prefillS ?? null,
      row.decodeS ?? null,
    ],
  )
}

/** A deployment that claims one replica for all time, or for a span. Returns its id. */
export async function insertDeployment(
  pool: pg.Pool,
  name: string,
  claim: { replica: number; from?: string; to?: string },
  more: { demand?: boolean; team?: string } = {},
): Promise<number> {
  const { rows } = await pool.query<{ deployment_id: number }>(
    `INSERT INTO deployment (name, demand, team) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET demand = excluded.demand RETURNING deployment_id`,
    [name, more.demand ?? true, more.team ?? ''],
  )
  const id = rows[0]!.deployment_id
  await pool.query('INSERT INTO replica_deployment (replica_id, deployment_id, valid_from, valid_to) VALUES ($1, $2, $3, $4)', [
    claim.replica,
    id,
    claim.from ?? '-infinity',
    claim.to ?? 'infinity',
  ])
  return id
}

export async function insertComparator(
  pool: pg.Pool,
  name: string,
  maps: readonly { deployment: string; provider: string; model: string }[],
  knobs: { tokenizer?: string; output?: string; settings?: object } = {},
): Promise<void> {
  const { rows } = await pool.query<{ comparator_id: number }>(
    'INSERT INTO comparator (name, tokenizer_ratio, output_ratio, settings) VALUES ($1, $2, $3, $4) RETURNING comparator_id',
    [name, knobs.tokenizer ?? '1', knobs.output ?? '1', knobs.settings ?? {}],
  )
  for (const map of maps)
    await pool.query('INSERT INTO comparator_map (comparator_id, deployment, provider, model) VALUES ($1, $2, $3, $4)', [
      rows[0]!.comparator_id,
      map.deployment,
      map.provider,
      map.model,
    ])
}

export async function insertPrice(
  pool: pg.Pool,
  price: { provider: string; model: string; class: string; from: string; perMillion: string | Money; origin?: string; currency?: string },
): Promise<void> {
  await pool.query(`INSERT INTO price (provider, model, class, valid_from, origin, per_million, currency) VALUES ($1,$2,$3,$4,$5,$6,$7)`, [
    price.provider,
    price.model,
    price.class,
    price.from,
    price.origin ?? 'declared',
    typeof price.perMillion === 'string' ? price.perMillion : formatAmount(price.perMillion),
    price.currency ?? 'USD',
  ])
}
