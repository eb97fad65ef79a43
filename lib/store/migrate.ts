// Applies prisma/migrations in order and keeps Prisma's own bookkeeping, so that `prisma migrate deploy` and `status` agree.
import { createHash, randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { Failure, messageOf } from '#lib/errors.ts'

/** The advisory lock that `prisma migrate` itself takes: two starters never migrate at once. */
const PRISMA_ADVISORY_LOCK = 72707369
const MIGRATIONS = path.join(import.meta.dirname, '../../prisma/migrations')

const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL, finished_at timestamptz,
  migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`

/**
 * Brings the database at `url` up to this build. Returns the names applied now.
 * Throws `refused` when the database is newer than the build, a migration failed before, or one was changed after it was applied.
 */
export async function migrate(url: string, dir: string = MIGRATIONS): Promise<string[]> {
  const names = fs
    .readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  const client = new pg.Client({ connectionString: url, application_name: 'denominator' })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_ADVISORY_LOCK])
    await client.query(BOOKKEEPING)
    return await applyMissing(client, dir, names)
  } finally {
    await client.end()
  }
}

async function applyMissing(client: pg.Client, dir: string, names: string[]): Promise<string[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  )
  const done = new Map(rows.map((row) => [row.migration_name, row]))
  for (const name of done.keys())
    if (!names.includes(name))
      throw new Failure('refused', 'database_newer', `the database is newer than this build: migration ${name} is unknown here`, {
        remedy: 'run the newer build, or restore a backup made by this one',
      })
  const applied: string[] = []
  for (const name of names) {
    const sql = fs.readFileSync(path.join(dir, name, 'migration.sql'))
    const checksum = createHash('sha256').update(sql).digest('hex')
    const row = done.get(name)
    if (!row) {
      await applyOne(client, name, sql.toString('utf8'), checksum)
      applied.push(name)
    } else if (!row.finished_at) {
      throw new Failure('refused', 'migration_failed', `migration ${name} failed before`, {
        remedy: 'mend it, then `prisma migrate resolve`',
      })
    } else if (row.checksum !== checksum) {
      throw new Failure('refused', 'migration_changed', `migration ${name} was changed after it was applied`, {
        remedy: 'use the build that applied it, or an empty database',
      })
    }
  }
  return applied
}

async function applyOne(client: pg.Client, name: string, sql: string, checksum: string): Promise<void> {
  const id = randomUUID()
  await client.query('BEGIN')
  try {
    await client.query('INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)', [id, checksum, name])
    await client.query(sql)
    await client.query('UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1', [id])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Failure('refused', 'migration_failed', `migration ${name}: ${messageOf(error)}`, { cause: error })
  }
}
