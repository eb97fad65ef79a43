// Monthly partitions of the ledger's tables, made before they are written to: rows must not land in the default partition,
// because a month that has rows there can no longer get a partition of its own.
import type pg from 'pg'
import { addDays, type Day, monthOf } from '#lib/domain/time.ts'
import { transaction } from '#lib/store/transaction.ts'

const TABLES = ['ledger_entry', 'node_day', 'node_day_cost'] as const
export type MonthlyTable = (typeof TABLES)[number]

const nextMonth = (month: Day): Day => monthOf(addDays(month, 31))

const LOCK_CLASS = 7273

/** Makes the partitions of the months of `days` that are missing, each in a transaction of its own (STACK.md, rule 14). */
export async function ensureMonths(pool: pg.Pool, table: MonthlyTable, days: Iterable<Day>): Promise<void> {
  for (const month of [...new Set([...days].map(monthOf))].sort()) {
    const name = `${table}_${month.slice(0, 7).replace('-', '_')}`
    const { rows } = await pool.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [name])
    if (rows[0]?.there) continue
    await transaction(pool, async (client) => {
      // Two processes may want the same month at once, and IF NOT EXISTS alone does not keep them apart.
      await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCK_CLASS, name])
      await client.query(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES FROM ('${month}') TO ('${nextMonth(month)}')`)
    })
  }
}
