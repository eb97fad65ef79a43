import type pg from 'pg'
import { type Day, monthOf } from '#lib/domain/time.ts'
import { transaction } from '#lib/store/transaction.ts'

const nextMonth = (first: Day): Day =>
  new Date(Date.UTC(Number(first.slice(0, 4)), Number(first.slice(5, 7)), 1)).toISOString().slice(0, 10)

/**
 * Makes the monthly partitions of bill_line that these periods need, in a transaction of its own. They are attached, not created in
 * place: that needs no lock that an import in progress on bill_line would refuse. Rows never wait in the default partition.
 */
export async function ensureBillPartitions(pool: pg.Pool, periods: Iterable<Day>): Promise<void> {
  const months = [...new Set([...periods].map(monthOf))].sort()
  if (months.length === 0) return
  const name = (month: Day) => `bill_line_${month.slice(0, 4)}_${month.slice(5, 7)}`
  const missing = async (client: pg.ClientBase | pg.Pool) => {
    const { rows } = await client.query<{ month: string }>(
      `SELECT month FROM unnest($1::text[], $2::text[]) AS wanted(month, name)
       WHERE NOT EXISTS (SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                         WHERE i.inhparent = 'bill_line'::regclass AND c.relname = wanted.name)`,
      [months, months.map(name)],
    )
    return rows.map(({ month }) => month)
  }
  if ((await missing(pool)).length === 0) return
  await transaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtext('bill_line partitions'))")
    for (const month of await missing(client)) {
      await client.query(`CREATE TABLE ${name(month)} (LIKE bill_line INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`)
      await client.query(`ALTER TABLE bill_line ATTACH PARTITION ${name(month)} FOR VALUES FROM ('${month}') TO ('${nextMonth(month)}')`)
    }
  })
}
