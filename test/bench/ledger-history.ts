import type { Db } from '#lib/store/pool.ts'

const KEYS = `
INSERT INTO ledger_key (digest, step, measure, layer, item, comparator, deployment, currency, evidence, provisional)
SELECT sha256((step || measure || layer || item || comparator || deployment || evidence)::bytea), step, measure, layer, item, comparator, deployment, 'USD', evidence, false
FROM (
  SELECT 'bills' AS step, 'cost' AS measure, layer, '' AS item, '' AS comparator, '' AS deployment, evidence
    FROM unnest(ARRAY['gpu_compute','supporting','observability','support','unused_commitment','credits','tax']) layer, unnest(ARRAY['measured','inferred']) evidence
  UNION ALL SELECT 'labour', 'cost', layer, 'logged', '', '', 'measured' FROM unnest(ARRAY['operations','on_call','lifecycle','build','talent_premium']) layer
  UNION ALL SELECT 'capacity', 'gpu_minutes', '', state, '', deployment, 'measured'
    FROM unnest(ARRAY['serving','warm_idle','unallocated','dark','unknown']) state, unnest(ARRAY['chat','agents','summaries']) deployment
  UNION ALL SELECT 'tokens', 'tokens', '', class, '', deployment, 'measured'
    FROM unnest(ARRAY['prompt','cache_read','generation']) class, unnest(ARRAY['chat','agents','summaries']) deployment
  UNION ALL SELECT 'tokens', 'serving', '', 'scraped_minutes', '', deployment, 'measured' FROM unnest(ARRAY['chat','agents','summaries']) deployment
  UNION ALL SELECT 'equivalent', 'equivalent', '', class, comparator, deployment, 'measured'
    FROM unnest(ARRAY['prompt','cache_read','generation']) class, unnest(ARRAY['hosted','frontier']) comparator, unnest(ARRAY['chat','agents','summaries']) deployment
) dimensions`

// Amounts differ from day to day and key to key, and are the same in every run.
const DAYS = `
INSERT INTO ledger_day (day, key_id, billed, effective, billed_rc, effective_rc, quantity)
SELECT day::date, key_id, amount, amount, amount, amount, CASE WHEN measure = 'cost' THEN NULL ELSE 1000 + key_id * 7 + extract(day FROM day)::int END
FROM ledger_key, generate_series($1::date, $2::date - 1, interval '1 day') day,
     LATERAL (SELECT CASE WHEN measure IN ('cost','equivalent','gpu_minutes') THEN round((key_id * 1.37 + extract(doy FROM day)::int * 0.11)::numeric, 12) END AS amount) a`

const MONTHS = `
INSERT INTO ledger_month (month, key_id, billed, effective, billed_rc, effective_rc, quantity)
SELECT date_trunc('month', day::timestamp)::date, key_id, sum(billed), sum(effective), sum(billed_rc), sum(effective_rc), sum(quantity) FROM ledger_day GROUP BY 1, 2`

/** Fills the ledger of an empty database with days [from, to) of a fleet of three deployments and two comparators. */
export async function fillLedger({ pool, prisma }: Db, from: string, to: string): Promise<void> {
  for (const name of ['chat', 'agents', 'summaries']) await prisma.deployment.create({ data: { name } })
  for (const name of ['hosted', 'frontier'])
    await prisma.comparator.create({
      data: { name, maps: { create: ['chat', 'agents', 'summaries'].map((deployment) => ({ deployment, provider: 'p', model: 'm' })) } },
    })
  await pool.query(KEYS)
  await pool.query(DAYS, [from, to])
  await pool.query(MONTHS)
  await pool.query("INSERT INTO run (started_at, step, from_day, to_day) VALUES (now(), 'bills', $1, $2)", [from, to])
}
