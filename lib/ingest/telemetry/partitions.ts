import type pg from 'pg'
import { addDays, dayOf, monthOf } from '#lib/domain/time.ts'
import { transaction } from '#lib/store/transaction.ts'

export type HourlyFact = 'gpu_hour' | 'gpu_hour_old' | 'serve_hour'

/** Any number that nothing else locks by. */
const LOCK = 7270_2001
const made = new WeakMap<pg.Pool, Set<string>>()

/**
 * Creates the monthly partitions of `fact` for the hours given (ms), before rows of them are written: what once lies in the default
 * partition stays there. Each fact in a transaction of its own, one creator at a time.
 */
export async function ensurePartitions(pool: pg.Pool, fact: HourlyFact, hours: Iterable<number>): Promise<void> {
  const known = made.get(pool) ?? new Set<string>()
  made.set(pool, known)
  const months = [...new Set([...hours].map((ms) => monthOf(dayOf(ms))))].filter((month) => !known.has(`${fact} ${month}`)).sort()
  if (months.length === 0) return
  await transaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    for (const month of months) {
      const next = monthOf(addDays(month, 31))
      const name = `${fact}_${month.slice(0, 7).replace('-', '_')}`
      const exists = await client.query('SELECT to_regclass($1) AS found', [name])
      if (exists.rows[0].found !== null) continue
      const taken = await client.query(`SELECT 1 FROM ${fact}_default WHERE hour >= $1 AND hour < $2 LIMIT 1`, [
        `${month}T00:00:00Z`,
        `${next}T00:00:00Z`,
      ])
      if (taken.rowCount) continue
      await client.query(`CREATE TABLE ${name} PARTITION OF ${fact} FOR VALUES FROM ('${month}T00:00:00Z') TO ('${next}T00:00:00Z')`)
    }
  })
  for (const month of months) known.add(`${fact} ${month}`)
}
