// Lines of scope `share` (account-level support, tax, commitments): the fleet's part of each day (RULES.md 20).
import { splitSql } from '../ledger/split.ts'

const SUMMED = `UNION ALL
  SELECT billing_account, currency, day, effective, effective FROM bill_sum WHERE shares AND effective IS NOT NULL`

/**
 * bill_part(line_id, day, measure, evidence, billed, effective): portions as the ledger takes them. Share of a day = in-scope Usage ÷
 * all Usage (effective; neither unused nor corrections) of the same billing account, currency and UTC day. Without any Usage
 * the whole is outside, so that no day's posting depends on another day. `summed`: some lines are in bill_sum alone.
 */
export const billPartSql = (summed: boolean): string => `
CREATE TEMPORARY TABLE bill_part ON COMMIT DROP AS
WITH usage AS (
  SELECT l.billing_account, l.currency, p.day, CASE WHEN l.scope = 'in' THEN p.effective ELSE 0 END AS fleet, p.effective AS everything
  FROM bill_portion p JOIN bill_now l USING (line_id) WHERE l.shares AND p.effective IS NOT NULL
  ${summed ? SUMMED : ''}
  UNION ALL
  SELECT x.billing_account, x.currency, x.day, 0, x.effective
  FROM bill_excluded_day x JOIN ledger_days USING (day) WHERE x.to_seq IS NULL AND x.shares
), share AS (
  SELECT billing_account, currency, day, sum(fleet) AS fleet, sum(everything) AS everything
  FROM usage GROUP BY billing_account, currency, day HAVING sum(everything) > 0 AND sum(fleet) > 0
), shared AS (
  SELECT p.line_id, p.day, p.billed, p.effective, m.measure, m.ord,
         CASE WHEN m.measure = 'cost' THEN least(s.fleet, s.everything)
              WHEN s.fleet IS NULL THEN 1 ELSE greatest(s.everything - s.fleet, 0) END AS weight
  FROM bill_portion p JOIN bill_now l USING (line_id)
  LEFT JOIN share s ON s.billing_account = l.billing_account AND s.currency = l.currency AND s.day = p.day
  CROSS JOIN (VALUES ('cost', 1), ('outside', 2)) AS m(measure, ord)
  WHERE l.scope = 'share'
)
SELECT p.line_id, p.day, 'cost' AS measure, 'measured' AS evidence, p.billed, p.effective
FROM bill_portion p JOIN bill_now l USING (line_id) WHERE l.scope = 'in'
UNION ALL
${splitSql({
  from: '(SELECT line_id, day, measure, ord, coalesce(weight, 0) AS weight, billed, effective FROM shared)',
  group: 'line_id, day',
  amounts: ['billed', 'effective'],
  weight: 'weight',
  ord: 'ord',
  keep: "line_id, day, measure, 'inferred' AS evidence",
})}`
