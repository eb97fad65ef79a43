import { Failure } from '#lib/errors.ts'
import { schemaFindings } from '#lib/store/schema-rules.ts'
import { DISTRIBUTED_TABLES, DISTRIBUTION_COLUMN, REFERENCE_TABLES } from '#lib/store/topology.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

/** `done`: false where the SQL was only asked for. */
export type DistributeResult = { done: boolean; statements: string[] }

const [FIRST] = DISTRIBUTED_TABLES

/**
 * Reference tables first, then the facts beside each other, then what is left of them on the coordinator (STACK.md, Converting). Tables in
 * `already` are left as they are.
 */
export function distributeSql(already: ReadonlySet<string> = new Set()): string[] {
  const missing = <T extends string>(tables: readonly T[]) => tables.filter((table) => !already.has(table))
  const beside = (table: string) => (table === FIRST ? '' : `, colocate_with => '${FIRST}'`)
  return [
    'SET citus.enable_local_reference_table_foreign_keys = off',
    ...missing(REFERENCE_TABLES).map((table) => `SELECT create_reference_table('${table}')`),
    ...missing(DISTRIBUTED_TABLES).map((table) => `SELECT create_distributed_table('${table}', '${DISTRIBUTION_COLUMN}'${beside(table)})`),
    ...missing(DISTRIBUTED_TABLES).map((table) => `SELECT truncate_local_data_after_distributing_table('${table}')`),
  ]
}

/**
 * Puts the facts on Citus, in place. Run again, it does what is missing. Throws `refused` where Citus is not installed in the database, or
 * where the schema would not distribute.
 */
export async function distribute(actor: Actor, { db }: ServiceContext, { dryRun }: { dryRun: boolean }): Promise<DistributeResult> {
  authorise(actor, 'administer')
  const { rows } = await db.pool.query<{ installed: boolean }>(
    "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus') AS installed",
  )
  const installed = rows[0]!.installed
  const already = installed
    ? await db.pool.query<{ name: string }>('SELECT c.relname AS name FROM pg_dist_partition d JOIN pg_class c ON c.oid = d.logicalrelid')
    : { rows: [] }
  const statements = distributeSql(new Set(already.rows.map((row) => row.name)))
  if (dryRun) return { done: false, statements }
  if (!installed)
    throw new Failure('refused', 'no_citus', 'the database has no Citus, so that nothing can be distributed', {
      remedy:
        'set DATABASE_URL to the coordinator of a Citus cluster, run CREATE EXTENSION citus there and add its workers; --dry-run prints the SQL',
    })
  const findings = await schemaFindings(db.pool)
  if (findings.length)
    throw new Failure('refused', 'schema_not_distributable', `the schema would not distribute: ${findings.join('; ')}`, {
      remedy: 'bring the database to the schema of this release',
    })
  const client = await db.pool.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    // The setting is for this session alone.
    client.release(true)
  }
  return { done: true, statements }
}
