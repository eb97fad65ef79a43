import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { databaseUrl } from '#lib/env.ts'
import { PrismaClient } from '#lib/generated/prisma/client.ts'

// bigint columns that count rows or ids fit a double here; numeric and timestamps keep their text or Date forms.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text)

export type Db = { pool: pg.Pool; prisma: PrismaClient; close: () => Promise<void> }

/**
 * Opens the one door to PostgreSQL. `numeric`, `bigint` and `date` come back as strings: money and masks never pass through a float.
 */
export function openDb(url: string, max = 10): Db {
  const pool = new pg.Pool({ connectionString: url, max, application_name: 'denominator' })
  pool.on('error', () => {}) // an idle connection that dies is replaced; the next query reports what matters
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  return {
    pool,
    prisma,
    close: async () => {
      await prisma.$disconnect()
      if (!pool.ended) await pool.end()
    },
  }
}

const shared = globalThis as typeof globalThis & { denominatorDb?: Db }

/** The process-wide database of `DATABASE_URL`, opened at first use. The launcher sets that variable for the web server and the collectors. */
export function db(): Db {
  if (!shared.denominatorDb) {
    const url = databaseUrl()
    if (!url) throw new Error('DATABASE_URL is not set: start through `npm start` or `npx denominator`')
    shared.denominatorDb = openDb(url)
  }
  return shared.denominatorDb
}
