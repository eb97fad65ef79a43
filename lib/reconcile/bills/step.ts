import type { Step } from '../step.ts'
import { readBillSums } from './lines.ts'
import { billPartSql } from './share.ts'

const POST = `
INSERT INTO ledger_next (day, measure, layer, source_id, invoice_id, billing_account, currency, charge_category, cluster, evidence,
                         provisional, billed, effective)
SELECT p.day, p.measure, l.layer, l.source_id, l.invoice_id, l.billing_account, l.currency, l.charge_category, l.cluster, p.evidence,
       l.provisional, sum(p.billed), sum(p.effective)
FROM bill_part p JOIN bill_now l USING (line_id)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
UNION ALL
SELECT day, 'cost', layer, source_id, invoice_id, billing_account, currency, charge_category, cluster, 'measured', provisional, billed, effective
FROM bill_sum`

/** Posts every current bill line's portion of each day: `cost`, and `outside` for what of a shared line is not the fleet's. */
export const billsStep: Step = {
  name: 'bills',
  post: async (client, span) => {
    await readBillSums(client, span)
    await client.query(billPartSql(true))
    await client.query(POST)
  },
}
