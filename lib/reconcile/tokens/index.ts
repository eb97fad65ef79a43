// Tokens and serving time by UTC day and deployment, from the engines' own counters (DESIGN.md section 4, RULES.md 6 and 7).
import type { Step } from '#lib/reconcile/step.ts'
import { SERVED_CTE } from './deployment-hours.ts'

// A class whose counter said nothing all day posts nothing: unknown is not zero. Seconds become whole milliseconds row by row, because
// a sum of doubles depends on the order of rows and would make two equal runs differ.
const POST = `
WITH ${SERVED_CTE},
long AS (
  SELECT s.day, s.deployment, s.team, x.measure, x.item, x.quantity
  FROM served s
  CROSS JOIN LATERAL (VALUES
    ('tokens', 'prompt', s.prompt_tokens),
    ('tokens', 'cache_read', s.cache_read_tokens),
    ('tokens', 'cache_write', s.cache_write_tokens),
    ('tokens', 'generation', s.generation_tokens),
    ('serving', 'scraped_minutes', minutes_in(s.scraped)::numeric),
    ('serving', 'running_minutes', minutes_in(s.running)::numeric),
    ('serving', 'requests', s.requests),
    ('serving', 'failures', s.failures),
    ('serving', 'prefill_ms', round((s.prefill_s * 1000)::numeric)),
    ('serving', 'decode_ms', round((s.decode_s * 1000)::numeric))
  ) AS x (measure, item, quantity)
)
INSERT INTO ledger_next (day, measure, item, deployment, team, quantity)
SELECT day, measure, item, deployment, team, sum(quantity)
FROM long
WHERE quantity IS NOT NULL
GROUP BY day, measure, item, deployment, team`

/** Measures `tokens` (item = class) and `serving` (item = minutes, requests, milliseconds); replicas of no deployment post under ''. */
export const tokensStep: Step = {
  name: 'tokens',
  post: async (client, span) => {
    await client.query(POST, [span.from, span.to])
  },
}
