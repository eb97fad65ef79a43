// Tokens and serving time by UTC day and deployment, from the engines' own counters (DESIGN.md section 4, RULES.md 6 and 7).
import type { Step } from '#lib/reconcile/step.ts'
import { SERVED_CTE } from './deployment-hours.ts'

// A class whose counter said nothing all day posts nothing: unknown is not zero. Seconds become whole milliseconds row by row, because
// a sum of doubles depends on the order of rows and would make two equal runs differ.
const POST = `
WITH ${SERVED_CTE},
sums AS (
  SELECT day, deployment, team,
         sum(prompt_tokens) AS prompt, sum(cache_read_tokens) AS cache_read,
         sum(cache_write_tokens) AS cache_write, sum(generation_tokens) AS generation,
         sum(minutes_in(scraped)) AS scraped_minutes, sum(minutes_in(running)) AS running_minutes,
         sum(requests) AS requests, sum(failures) AS failures,
         sum(round((prefill_s * 1000)::numeric)) AS prefill_ms, sum(round((decode_s * 1000)::numeric)) AS decode_ms
  FROM served GROUP BY day, deployment, team
)
INSERT INTO ledger_next (day, measure, item, deployment, team, quantity)
SELECT s.day, x.measure, x.item, s.deployment, s.team, x.quantity
FROM sums s
CROSS JOIN LATERAL (VALUES
  ('tokens', 'prompt', s.prompt),
  ('tokens', 'cache_read', s.cache_read),
  ('tokens', 'cache_write', s.cache_write),
  ('tokens', 'generation', s.generation),
  ('serving', 'scraped_minutes', s.scraped_minutes::numeric),
  ('serving', 'running_minutes', s.running_minutes::numeric),
  ('serving', 'requests', s.requests),
  ('serving', 'failures', s.failures),
  ('serving', 'prefill_ms', s.prefill_ms),
  ('serving', 'decode_ms', s.decode_ms)
) AS x (measure, item, quantity)
WHERE x.quantity IS NOT NULL`

/** Measures `tokens` (item = class) and `serving` (item = minutes, requests, milliseconds); replicas of no deployment post under ''. */
export const tokensStep: Step = {
  name: 'tokens',
  post: async (client, span) => {
    await client.query(POST, [span.from, span.to])
  },
}
