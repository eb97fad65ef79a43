// The store as other rules would leave it, for the rest of one transaction that is rolled back: temporary tables of the same names go
// before the real ones, so that the very steps of reconcile can post from them.
import type pg from 'pg'
import { reevaluateTimeScope } from '#lib/ingest/people/scope.ts'
import { BILL_LINE_COLUMNS } from '#lib/ingest/bills/rows.ts'
import { replaceDeclaredRules, type StoredRule } from '#lib/ingest/bills/rules.ts'
import type { Day } from '#lib/domain/time.ts'
import { readBillLines } from '#lib/reconcile/bills/lines.ts'
import { CREATE_LEDGER_NEXT } from '#lib/reconcile/step.ts'
import type { ExcludedBatch } from './moves.ts'

/** Two readings of a line are of the same charge: of equal rows all move. */
const MOVES = `m.billing_period = b.billing_period AND m.source_id = b.source_id AND m.content_key = b.content_key
  AND (m.ordinal < 0) = (b.ordinal < 0)`

/** bill_line and bill_excluded_day after the moves, as far as they touch [from, to). */
export async function shadowBills(client: pg.ClientBase, excluded: readonly ExcludedBatch[], from: Day, to: Day): Promise<void> {
  const columns = BILL_LINE_COLUMNS.join(', ')
  await client.query('CREATE TEMPORARY TABLE bill_line (LIKE bill_line) ON COMMIT DROP')
  await client.query(
    `INSERT INTO pg_temp.bill_line SELECT * FROM public.bill_line b
     WHERE b.to_seq IS NULL AND b.charge_start < $2::date::timestamp AT TIME ZONE 'UTC' AND b.charge_end >= $1::date::timestamp AT TIME ZONE 'UTC'
       AND NOT EXISTS (SELECT 1 FROM rule_move m WHERE ${MOVES})`,
    [from, to],
  )
  await client.query(`INSERT INTO pg_temp.bill_line (${columns}) SELECT ${columns} FROM rule_move WHERE scope <> 'out'`)
  await client.query('CREATE INDEX ON pg_temp.bill_line (charge_start)')
  await client.query('ANALYZE pg_temp.bill_line')
  await client.query('CREATE TEMPORARY TABLE bill_excluded_day (LIKE bill_excluded_day) ON COMMIT DROP')
  await client.query(
    `INSERT INTO pg_temp.bill_excluded_day SELECT * FROM public.bill_excluded_day x
     WHERE x.to_seq IS NULL AND (x.source_id, x.replacement_key) NOT IN (SELECT * FROM unnest($1::int[], $2::text[]))`,
    [excluded.map(({ sourceId }) => sourceId), excluded.map(({ key }) => key)],
  )
  for (const { sourceId, key, account, days } of excluded) {
    const { currency, day, category, shares, rows, billed, effective } = days.columns()
    await client.query(
      `INSERT INTO pg_temp.bill_excluded_day (source_id, replacement_key, from_seq, billing_account, currency, day, charge_category, shares,
         row_count, billed, effective)
       SELECT $1, $2, 0, $3, * FROM unnest($4::text[], $5::date[], $6::text[], $7::boolean[], $8::bigint[], $9::numeric[], $10::numeric[])`,
      [sourceId, key, account, currency, day, category, shares, rows, billed, effective],
    )
  }
}

/** rule_node: the lines of rule_move that a known node stands behind, resolved as reconcile resolves them. */
export async function resolveMoves(client: pg.ClientBase, from: Day, to: Day): Promise<void> {
  const columns = BILL_LINE_COLUMNS.join(', ')
  await client.query('CREATE TEMPORARY TABLE bill_line (LIKE bill_line) ON COMMIT DROP')
  await client.query(`INSERT INTO pg_temp.bill_line (${columns}) SELECT ${columns} FROM rule_move`)
  await client.query(CREATE_LEDGER_NEXT)
  await readBillLines(client, { from, to })
  await client.query(
    `CREATE TEMPORARY TABLE rule_node ON COMMIT DROP AS
     SELECT billing_period, source_id, content_key, ordinal FROM bill_now WHERE node_id IS NOT NULL`,
  )
  await dropTemporary(client, ['rule_move', 'rule_node'])
}

/** time_entry, decided anew under the rules. Returns the days of labour that this touches. */
export async function shadowTime(client: pg.ClientBase, rules: readonly StoredRule[]): Promise<Day[]> {
  await client.query('CREATE TEMPORARY TABLE time_entry (LIKE time_entry) ON COMMIT DROP')
  await client.query('INSERT INTO pg_temp.time_entry SELECT * FROM public.time_entry WHERE to_seq IS NULL')
  await client.query('CREATE TEMPORARY TABLE layer_rule (LIKE layer_rule) ON COMMIT DROP')
  await replaceDeclaredRules(client, rules)
  await client.query('CREATE TEMPORARY TABLE dirty_day (LIKE dirty_day INCLUDING DEFAULTS INCLUDING INDEXES) ON COMMIT DROP')
  await reevaluateTimeScope(client)
  const { rows } = await client.query<{ day: Day }>('SELECT day FROM pg_temp.dirty_day ORDER BY day')
  return rows.map(({ day }) => day)
}

/** Ends every shadow, and what steps left behind. */
export async function dropTemporary(client: pg.ClientBase, keep: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r' AND relname <> ALL ($1)`,
    [keep],
  )
  if (rows.length > 0) await client.query(`DROP TABLE ${rows.map(({ name }) => `pg_temp.${name}`).join(', ')}`)
}
