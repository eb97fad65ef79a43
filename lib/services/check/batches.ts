// read = accepted + quarantined + excluded, and what was accepted is what is stored (DESIGN.md section 6, Money).
import type { Invariant } from './invariant.ts'

/** Batches whose rows were applied: one that waited and was superseded never had any. */
const APPLIED = `
  SELECT b.* FROM batch b WHERE b.period IS NOT NULL AND NOT b.unchanged AND (b.status IN ('provisional', 'final')
    OR b.status = 'superseded' AND (EXISTS (SELECT 1 FROM bill_line l WHERE l.source_id = b.source_id AND l.replacement_key = b.replacement_key AND l.from_seq = b.seq)
                                    OR EXISTS (SELECT 1 FROM bill_excluded_day x WHERE x.source_id = b.source_id AND x.replacement_key = b.replacement_key AND x.from_seq = b.seq)))`
const MONEY = `
  SELECT a.seq, a.batch_id, a.source_id, a.replacement_key, m.currency, m."column", coalesce(m.ledger, m.accepted) AS accepted, m.excluded
  FROM applied a CROSS JOIN LATERAL jsonb_to_recordset(a.money) AS m(currency text, "column" text, accepted numeric, excluded numeric, ledger numeric)`

export const BATCH_INVARIANTS: readonly Invariant[] = [
  {
    code: 'batch_rows',
    says: 'rows read are not accepted + quarantined + excluded',
    sql: `SELECT batch_id AS batch, rows_read AS read, rows_accepted AS accepted, rows_quarantined AS quarantined, rows_excluded AS excluded
      FROM batch WHERE rows_read <> rows_accepted + rows_quarantined + rows_excluded`,
  },
  {
    code: 'batch_money',
    says: 'money read is not accepted + quarantined + excluded',
    sql: `SELECT b.batch_id AS batch, m.currency, m."column", m.read, m.accepted, m.quarantined, m.excluded
      FROM batch b CROSS JOIN LATERAL
        jsonb_to_recordset(b.money) AS m(currency text, "column" text, read numeric, accepted numeric, quarantined numeric, excluded numeric)
      WHERE m.read <> m.accepted + m.quarantined + m.excluded`,
  },
  {
    code: 'batch_lines',
    says: 'the money accepted is not the money of the stored lines',
    sql: `WITH applied AS (${APPLIED}), money AS (${MONEY}), stored AS (
        SELECT a.seq, l.currency, sum(l.billed) AS billed, sum(l.effective) AS effective
        FROM applied a JOIN bill_line l ON l.source_id = a.source_id AND l.replacement_key = a.replacement_key
          AND l.from_seq <= a.seq AND (l.to_seq IS NULL OR l.to_seq > a.seq)
        GROUP BY 1, 2)
      SELECT m.batch_id AS batch, m.currency, m."column", m.accepted, coalesce(CASE m."column" WHEN 'billed' THEN s.billed ELSE s.effective END, 0) AS stored
      FROM money m LEFT JOIN stored s ON s.seq = m.seq AND s.currency = m.currency
      WHERE m.accepted <> coalesce(CASE m."column" WHEN 'billed' THEN s.billed ELSE s.effective END, 0)`,
  },
  {
    code: 'batch_line_count',
    says: 'the rows accepted are not the stored lines',
    sql: `WITH applied AS (${APPLIED})
      SELECT a.batch_id AS batch, a.rows_accepted AS accepted, count(l.from_seq) FILTER (WHERE l.ordinal >= 0) AS stored
      FROM applied a LEFT JOIN bill_line l ON l.source_id = a.source_id AND l.replacement_key = a.replacement_key
        AND l.from_seq <= a.seq AND (l.to_seq IS NULL OR l.to_seq > a.seq)
      GROUP BY a.batch_id, a.rows_accepted HAVING a.rows_accepted <> count(l.from_seq) FILTER (WHERE l.ordinal >= 0)`,
  },
  {
    code: 'batch_excluded',
    says: 'the money excluded is not the money of the excluded days',
    sql: `WITH applied AS (${APPLIED}), money AS (${MONEY}), stored AS (
        SELECT a.seq, x.currency, sum(x.billed) AS billed, sum(x.effective) AS effective
        FROM applied a JOIN bill_excluded_day x ON x.source_id = a.source_id AND x.replacement_key = a.replacement_key
          AND x.from_seq <= a.seq AND (x.to_seq IS NULL OR x.to_seq > a.seq)
        GROUP BY 1, 2)
      SELECT m.batch_id AS batch, m.currency, m."column", m.excluded, coalesce(CASE m."column" WHEN 'billed' THEN s.billed ELSE s.effective END, 0) AS stored
      FROM money m LEFT JOIN stored s ON s.seq = m.seq AND s.currency = m.currency
      WHERE m.excluded <> coalesce(CASE m."column" WHEN 'billed' THEN s.billed ELSE s.effective END, 0)`,
  },
  {
    code: 'batch_quarantine',
    says: 'the rows quarantined are not the ones kept',
    sql: `WITH applied AS (${APPLIED})
      SELECT a.batch_id AS batch, a.rows_quarantined AS quarantined, count(DISTINCT (q.file, q.line)) FILTER (WHERE q.batch_seq IS NOT NULL) AS stored
      FROM applied a LEFT JOIN quarantine q ON q.batch_seq = a.seq
      GROUP BY a.batch_id, a.rows_quarantined HAVING a.rows_quarantined <> count(DISTINCT (q.file, q.line)) FILTER (WHERE q.batch_seq IS NOT NULL)`,
  },
]
