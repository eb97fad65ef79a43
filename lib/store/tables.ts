import type pg from 'pg'

export type TableShape = { table: string; columns: string[] }
export type Partition = { parent: string; name: string; bound: string }

/** Every table of ours with its writable columns; partitions are reached through their parents. */
export async function allTables(client: pg.ClientBase): Promise<TableShape[]> {
  const { rows } = await client.query(
    `SELECT c.relname AS "table", array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> '_prisma_migrations'
     GROUP BY c.relname ORDER BY c.relname`,
  )
  return rows
}

/** Partitions with their bounds, as SQL that makes them again; the default ones are there from the migrations on. */
export async function allPartitions(client: pg.ClientBase): Promise<Partition[]> {
  const { rows } = await client.query(
    `SELECT p.relname AS parent, c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
     WHERE p.relkind = 'p' AND p.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
       AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT' ORDER BY 1, 2`,
  )
  return rows
}

export async function migrationNames(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query('SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY 1')
  return rows.map((row) => row.migration_name)
}

/** Sets every identity and serial sequence behind the largest value of its column. */
export async function resetSequences(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query(
    `SELECT c.relname AS "table", a.attname AS "column", pg_get_serial_sequence(quote_ident(c.relname), a.attname) AS sequence
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL`,
  )
  for (const { table, column, sequence } of rows)
    await client.query(
      `SELECT setval($1::regclass, greatest((SELECT max("${column}") FROM "${table}"), 1), (SELECT count(*) > 0 FROM "${table}"))`,
      [sequence],
    )
}
