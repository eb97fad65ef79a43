// Monthly partitions of the ledger's tables, made before they are written to: rows must not land in the default partition,
// because a month that has rows there can no longer get a partition of its own.
import type pg from 'pg'
import { addDays, type Day, monthOf } from '#lib/domain/time.ts'

const TABLES = ['ledger_entry', 'node_day', 'node_day_cost'] as const
export type MonthlyTable = (typeof TABLES)[number]

const nextMonth = (month: Day): Day => monthOf(addDays(month, 31))

/** Makes the partitions of the months of `days` that are missing. Each table in a statement of its own: see STACK.md, rule 14. */
export async function ensureMonths(pool: pg.Pool | pg.ClientBase, table: MonthlyTable, days: Iterable<Day>): Promise<void> {
  for (const month of [...new Set([...days].map(monthOf))].sort()) {
    const name = `${table}_${month.slice(0, 7).replace('-', '_')}`
    const { rows } = await pool.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [name])
    if (rows[0]?.there) continue
    await pool.query(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES FROM ('${month}') TO ('${nextMonth(month)}')`)
  }
}
