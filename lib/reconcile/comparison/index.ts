// What each comparator would have charged for the tokens that were really served (RULES.md 31).
import type { Step } from '#lib/reconcile/step.ts'
import { SERVED_CTE } from '#lib/reconcile/tokens/deployment-hours.ts'

// The oracle is lib/domain/comparison/equivalent.ts. Division by a million is a multiplication by 0.000001: numeric division would round.
const POST = `
WITH ${SERVED_CTE},
sums AS (
  SELECT day, deployment, sum(prompt_tokens) AS prompt, sum(cache_read_tokens) AS cache_read,
         sum(cache_write_tokens) AS cache_write, sum(generation_tokens) AS generation
  FROM served WHERE demand GROUP BY day, deployment
),
tokens AS (
  SELECT s.day, s.deployment, x.class, x.tokens
  FROM sums s
  CROSS JOIN LATERAL (VALUES
    ('prompt', s.prompt), ('cache_read', s.cache_read), ('cache_write', s.cache_write), ('generation', s.generation)
  ) AS x (class, tokens)
  WHERE x.tokens IS NOT NULL
),
wanted AS (
  SELECT t.day, t.deployment, t.class, t.tokens, c.name AS comparator, m.provider, m.model,
         t.tokens * CASE WHEN t.class = 'generation' THEN c.output_ratio ELSE c.tokenizer_ratio END AS billable,
         CASE WHEN t.class = 'cache_read' AND c.settings ->> 'cache_parity' = 'none' THEN 'prompt' ELSE t.class END AS price_class,
         CASE WHEN c.output_ratio <> 1 OR c.tokenizer_ratio <> 1 OR coalesce(c.settings ->> 'cache_parity', 'equal') <> 'equal'
              THEN 'assumed' ELSE 'inferred' END AS evidence
  FROM tokens t
  JOIN comparator_map m ON m.deployment = t.deployment
  JOIN comparator c ON c.comparator_id = m.comparator_id
),
priced AS (
  SELECT DISTINCT ON (w.day, w.comparator, w.deployment, w.class) w.*, p.per_million, p.currency
  FROM wanted w
  LEFT JOIN price p ON p.provider = w.provider AND p.model = w.model AND p.class = w.price_class AND p.valid_from <= w.day
  ORDER BY w.day, w.comparator, w.deployment, w.class, (p.origin = 'declared') DESC NULLS LAST, p.valid_from DESC
)
INSERT INTO ledger_next (day, measure, item, comparator, deployment, currency, evidence, quantity, billed, effective)
SELECT day, 'equivalent', class, comparator, deployment, currency, evidence, billable, amount, amount
FROM priced CROSS JOIN LATERAL (SELECT round_half_even(billable * 0.000001 * per_million, 12) AS amount) a
WHERE per_million IS NOT NULL
UNION ALL
SELECT day, 'unpriced', class, comparator, deployment, '', 'measured', tokens, NULL, NULL
FROM priced WHERE per_million IS NULL AND tokens <> 0`

/**
 * Measure `equivalent`: quantity = tokens as the comparator counts them, amount = their price that day. Measure `unpriced`: quantity = our
 * own tokens that no price was known for. Non-demand deployments and replicas of no deployment stay out.
 */
export const equivalentStep: Step = {
  name: 'equivalent',
  post: async (client, span) => {
    await client.query(POST, [span.from, span.to])
  },
}
