import { createHash } from 'node:crypto'
import type pg from 'pg'

type Posting = {
  day: string
  step: string
  measure: string
  layer?: string
  item?: string
  deployment?: string
  evidence?: string
  provisional?: boolean
  currency?: string
  /** Reporting currency, effective and billed alike; `unconverted` has no rate. */
  amount?: string
  /** Where billed differs from `amount`. */
  billed?: string
  unconverted?: string
  quantity?: string
}

/** Puts postings into the ledger as the engine leaves them: days, months and keys, without a journal. */
export async function postLedger(pool: pg.Pool, postings: readonly Posting[]): Promise<void> {
  for (const p of postings) {
    const key = [
      p.step,
      p.measure,
      p.layer ?? '',
      p.item ?? '',
      p.deployment ?? '',
      p.evidence ?? 'measured',
      p.provisional ?? false,
      p.currency ?? 'USD',
    ]
    const digest = createHash('sha256').update(JSON.stringify(key)).digest()
    const { rows } = await pool.query<{ key_id: string }>(
      `INSERT INTO ledger_key (digest, step, measure, layer, item, deployment, evidence, provisional, currency)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (digest) DO UPDATE SET step = excluded.step RETURNING key_id`,
      [digest, ...key],
    )
    const own = p.amount ?? p.unconverted ?? null
    const amounts = [p.billed ?? own, own, p.billed ?? p.amount ?? null, p.amount ?? null, p.quantity ?? null]
    for (const [table, column, day] of [
      ['ledger_day', 'day', p.day],
      ['ledger_month', 'month', `${p.day.slice(0, 7)}-01`],
    ])
      await pool.query(
        `INSERT INTO ${table} AS t (${column}, key_id, billed, effective, billed_rc, effective_rc, quantity) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (${column}, key_id) DO UPDATE SET billed = t.billed + excluded.billed, effective = t.effective + excluded.effective,
           billed_rc = t.billed_rc + excluded.billed_rc, effective_rc = t.effective_rc + excluded.effective_rc, quantity = t.quantity + excluded.quantity`,
        [day, rows[0]!.key_id, ...amounts],
      )
  }
}
