import { systemClock } from '#lib/clock.ts'
import { dataDir } from '#lib/env.ts'
import { type Db, db } from '#lib/store/pool.ts'

/** What every service is handed beside its actor. Time is passed in. */
export type ServiceContext = { db: Db; now: Date; currency: string; timezone: string; dataDir: string }

/** Reporting settings as last imported from the configuration; USD and UTC before that. */
async function reporting(database: Db): Promise<{ currency: string; timezone: string }> {
  const row = await database.prisma.configVersion.findFirst({ where: { part: 'reporting' }, orderBy: { version: 'desc' } })
  return row ? (JSON.parse(row.content) as { currency: string; timezone: string }) : { currency: 'USD', timezone: 'UTC' }
}

/** The context of this process: the database of DATABASE_URL, the system's clock. */
export async function serviceContext(database: Db = db()): Promise<ServiceContext> {
  return { db: database, now: systemClock(), dataDir: dataDir(), ...(await reporting(database)) }
}
