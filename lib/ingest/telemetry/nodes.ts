import type pg from 'pg'
import { NodeLookup } from '#lib/domain/telemetry/node-lookup.ts'

/** The nodes and their aliases as they stand now. */
export async function loadNodes(pool: pg.Pool | pg.PoolClient): Promise<NodeLookup> {
  const aliases = await pool.query<{ node_id: string; kind: string; alias: string; valid_from: Date | null; valid_to: Date | null }>(
    'SELECT node_id, kind, alias, valid_from, valid_to FROM node_alias',
  )
  const nodes = await pool.query<{ node_id: string; name: string }>('SELECT node_id, name FROM node')
  return new NodeLookup(
    aliases.rows.map((row) => ({
      kind: row.kind,
      alias: row.alias,
      node: Number(row.node_id),
      from: row.valid_from?.getTime() ?? -Infinity,
      to: row.valid_to?.getTime() ?? Infinity,
    })),
    new Map(nodes.rows.map((row) => [row.name, Number(row.node_id)])),
  )
}

/** Creates nodes that telemetry saw and no inventory names. Returns the id of each name. */
export async function createNodes(client: pg.ClientBase, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map()
  const list = [...new Set(names)].sort()
  await client.query(
    `INSERT INTO node (name, origin) SELECT n, 'observed' FROM unnest($1::text[]) n ORDER BY n ON CONFLICT (name) DO NOTHING`,
    [list],
  )
  const { rows } = await client.query<{ node_id: string; name: string }>('SELECT node_id, name FROM node WHERE name = ANY ($1)', [list])
  return new Map(rows.map((row) => [row.name, Number(row.node_id)]))
}
