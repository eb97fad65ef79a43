import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { type Db, openDb } from '#lib/store/pool.ts'

/** A migrated, empty database of its own. `url` can be handed to another process. Close it in afterAll. */
export async function freshDatabase(): Promise<Db & { url: string }> {
  const template = new URL(inject('templateUrl'))
  const name = `t_${randomBytes(6).toString('hex')}`
  const admin = new URL(template)
  admin.pathname = '/postgres'
  const client = new pg.Client({ connectionString: admin.href })
  await client.connect()
  // Copying a template needs it unused for a moment: two workers may ask at once, so they queue.
  await client.query('SELECT pg_advisory_lock(7270)')
  await client.query(`CREATE DATABASE ${name} TEMPLATE ${pg.escapeIdentifier(template.pathname.slice(1))}`)
  await client.end()
  const url = new URL(template)
  url.pathname = `/${name}`
  const db = openDb(url.href, 5)
  return {
    ...db,
    url: url.href,
    close: async () => {
      await db.close()
      const again = new pg.Client({ connectionString: admin.href })
      await again.connect()
      await again.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      await again.end()
    },
  }
}
