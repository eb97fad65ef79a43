// The schema keeps the rules of one that distributes by node, whatever the migrations add; and the SQL that distributes it.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { serviceContext } from '#lib/services/context.ts'
import { distribute, distributeSql } from '#lib/services/distribute.ts'
import { schemaFindings } from '#lib/store/schema-rules.ts'
import { freshDatabase } from '#test/support/database.ts'

const MIGRATIONS = path.resolve(import.meta.dirname, '../../prisma/migrations')

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())

test('the migrated schema distributes by node', async () => {
  expect(await schemaFindings(db.pool)).toEqual([])
})

const BROKEN: Record<string, [sql: string, finding: RegExp]> = {
  'a unique index without the node first': [
    'CREATE UNIQUE INDEX bad ON gpu_hour (gpu_uuid, hour, node_id)',
    /^bad: a unique or exclusion index/,
  ],
  'a node that may be null': ['ALTER TABLE gpu_hour_old ALTER COLUMN node_id DROP NOT NULL', /^gpu_hour_old: .* may be null/],
  'another type of the distribution column': [
    'ALTER TABLE gpu_hour_old ALTER COLUMN node_id TYPE int',
    /^gpu_hour_old: the distribution column is missing or not bigint/,
  ],
  'a generated distribution column': [
    'ALTER TABLE gpu_hour_old DROP COLUMN node_id; ALTER TABLE gpu_hour_old ADD COLUMN node_id bigint NOT NULL GENERATED ALWAYS AS (1) STORED',
    /^gpu_hour_old: the distribution column is generated/,
  ],
  'a foreign key of facts': [
    'ALTER TABLE node_day ADD CONSTRAINT bad FOREIGN KEY (node_id) REFERENCES node (node_id)',
    /^node_day: bad, a foreign key from distributed to reference/,
  ],
  'a foreign key of facts without a node': [
    'CREATE TABLE aim (id int PRIMARY KEY); ALTER TABLE bill_line ADD CONSTRAINT bad FOREIGN KEY (source_id) REFERENCES aim (id)',
    /^bill_line: bad, a foreign key of facts/,
  ],
  'a foreign key from a local table to a reference table': [
    'ALTER TABLE replica ADD CONSTRAINT bad FOREIGN KEY (node_id) REFERENCES node (node_id)',
    /^replica: bad, a foreign key from local to reference/,
  ],
  'a trigger on a reference table': [
    'CREATE TRIGGER bad BEFORE UPDATE ON price FOR EACH ROW EXECUTE FUNCTION refuse_change()',
    /^price: bad, a trigger on a reference table/,
  ],
  'an enum on a reference table': ["CREATE TYPE mood AS ENUM ('a'); ALTER TABLE fx ADD COLUMN bad mood", /^fx.bad: an enum/],
  'facts by node that nobody placed': [
    'CREATE TABLE node_week (node_id bigint, week date, PRIMARY KEY (node_id, week))',
    /^node_week: a table of facts by node/,
  ],
  'a distributed table that is gone': ['DROP TABLE serve_hour', /^serve_hour: the table is missing/],
}

for (const [name, [sql, finding]] of Object.entries(BROKEN))
  test(`found: ${name}`, async () => {
    const client = await db.pool.connect()
    try {
      await client.query('BEGIN')
      await client.query(sql)
      expect(await schemaFindings(client)).toContainEqual(expect.stringMatching(finding))
    } finally {
      await client.query('ROLLBACK')
      client.release()
    }
  })

test('no migration uses what PostgreSQL 15 or Citus refuses', () => {
  const texts = fs
    .readdirSync(MIGRATIONS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.sql'))
    .map((file) => fs.readFileSync(path.join(MIGRATIONS, file), 'utf8').replaceAll(/--.*$/gm, ''))
  expect(texts.length).toBeGreaterThan(1)
  for (const refused of [
    /\bMERGE\s+INTO\b/i,
    /DETACH\s+PARTITION\s+\S+\s+CONCURRENTLY/i,
    /ADD\s+COLUMN[^,;]*\bCHECK\b/i,
    /ON\s+DELETE\s+SET\s+NULL/i,
  ])
    for (const text of texts) expect(text).not.toMatch(refused)
})

test('the SQL: reference tables, then the facts beside each other, then what is left of them here', async () => {
  const context = await serviceContext(db)
  const { done, statements } = await distribute(LOCAL_ADMINISTRATOR, context, { dryRun: true })
  expect(done).toBe(false)
  const kinds = statements.map((sql) => /create_reference_table|create_distributed_table|truncate_local_data/.exec(sql)?.[0] ?? 'set')
  expect(kinds).toEqual([
    'set',
    ...Array.from({ length: 10 }, () => 'create_reference_table'),
    ...Array.from({ length: 5 }, () => 'create_distributed_table'),
    ...Array.from({ length: 5 }, () => 'truncate_local_data'),
  ])
  expect(statements).toContain("SELECT create_distributed_table('gpu_hour', 'node_id')")
  expect(statements).toContain("SELECT create_distributed_table('serve_hour', 'node_id', colocate_with => 'gpu_hour')")
  expect(distributeSql(new Set(['node', 'gpu_hour']))).not.toContain("SELECT create_reference_table('node')")
})

test('without Citus nothing is done, and it says so', async () => {
  const context = await serviceContext(db)
  await expect(distribute(LOCAL_ADMINISTRATOR, context, { dryRun: false })).rejects.toMatchObject({
    kind: 'refused',
    code: 'no_citus',
    message: expect.stringContaining('no Citus'),
  })
})
