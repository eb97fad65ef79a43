// The rules of a schema that distributes by node (STACK.md, Schema 1 to 6), asked of the catalogue itself.
import type pg from 'pg'
import { DISTRIBUTED_TABLES, DISTRIBUTION_COLUMN, REFERENCE_TABLES } from './topology.ts'

/** placed: tables and their partitions, each in the place of its root. */
const TABLES = `
WITH placed AS (
  SELECT c.oid, c.relname AS name, c.relkind,
         CASE WHEN root.relname = ANY ($1::text[]) THEN 'distributed' WHEN root.relname = ANY ($2::text[]) THEN 'reference' ELSE 'local' END AS place
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
  WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema()
)`

const COLUMN = (says: string, broken: string) => `${TABLES}
SELECT p.name || ': ${says}' AS finding FROM placed p
LEFT JOIN pg_attribute a ON a.attrelid = p.oid AND a.attname = $3 AND NOT a.attisdropped WHERE p.place = 'distributed' AND ${broken}`

const FINDINGS: readonly string[] = [
  `${TABLES} SELECT wanted || ': the table is missing' AS finding FROM unnest($1::text[] || $2::text[]) wanted
   WHERE wanted NOT IN (SELECT name FROM placed) AND $3::text <> ''`,
  COLUMN('the distribution column is missing or not bigint', "a.atttypid IS DISTINCT FROM 'bigint'::regtype"),
  COLUMN('the distribution column may be null', 'NOT a.attnotnull'),
  COLUMN('the distribution column is generated', "a.attgenerated <> '' OR a.attidentity <> ''"),
  `${TABLES} SELECT i.indexrelid::regclass || ': a unique or exclusion index that does not begin with the distribution column' AS finding
   FROM placed p JOIN pg_index i ON i.indrelid = p.oid
   LEFT JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum = i.indkey[0]
   WHERE p.place = 'distributed' AND (i.indisunique OR i.indisexclusion) AND a.attname IS DISTINCT FROM $3`,
  `${TABLES} SELECT p.name || ': a table of facts by node, but neither distributed nor reference' AS finding
   FROM placed p JOIN pg_index i ON i.indrelid = p.oid AND i.indisprimary JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum = i.indkey[0]
   WHERE p.place = 'local' AND a.attname = $3`,
  `${TABLES} SELECT f.name || ': ' || c.conname || ', a foreign key from ' || f.place || ' to ' || t.place AS finding
   FROM pg_constraint c JOIN placed f ON f.oid = c.conrelid JOIN placed t ON t.oid = c.confrelid
   WHERE c.contype = 'f' AND (f.place = 'distributed' OR f.place <> t.place) AND $3::text <> ''`,
  `${TABLES} SELECT p.name || ': ' || c.conname || ', a foreign key of facts' AS finding
   FROM pg_constraint c JOIN placed p ON p.oid = c.conrelid WHERE c.contype = 'f' AND p.relkind = 'p' AND $3::text <> ''`,
  `${TABLES} SELECT p.name || ': ' || t.tgname || ', a trigger on a ' || p.place || ' table' AS finding
   FROM pg_trigger t JOIN placed p ON p.oid = t.tgrelid WHERE NOT t.tgisinternal AND p.place <> 'local' AND $3::text <> ''`,
  `${TABLES} SELECT p.name || '.' || a.attname || ': an enum on a reference table' AS finding
   FROM placed p JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum > 0 JOIN pg_type y ON y.oid = a.atttypid AND y.typtype = 'e'
   WHERE p.place = 'reference' AND $3::text <> ''`,
]

/** What of the schema would not distribute; empty when all of it does. */
export async function schemaFindings(client: pg.Pool | pg.ClientBase): Promise<string[]> {
  const found: string[] = []
  for (const sql of FINDINGS) {
    const { rows } = await client.query<{ finding: string }>(sql, [DISTRIBUTED_TABLES, REFERENCE_TABLES, DISTRIBUTION_COLUMN])
    found.push(...rows.map((row) => row.finding))
  }
  return found.sort()
}
