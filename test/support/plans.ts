// What a service reads: the statements that it sends, and the plan of each.
import type pg from 'pg'

export type Statement = { text: string; values: unknown[] }
/** `buffers`: 8 KiB pages of tables and indexes, in memory or not. */
export type Reading = { tables: string[]; buffers: number }

type Node = { 'Relation Name'?: string; 'Shared Hit Blocks'?: number; 'Shared Read Blocks'?: number; Plans?: Node[] }

/** From now on every statement of the pool's new connections is noted in the list returned. */
export function captureStatements(pool: pg.Pool): Statement[] {
  const statements: Statement[] = []
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    const noted = (...args: unknown[]) => {
      const [first, second] = args
      const { text, values } = typeof first === 'string' ? { text: first, values: second } : (first as { text: string; values?: unknown })
      statements.push({ text, values: Array.isArray(values) ? values : [] })
      return query(...args)
    }
    Object.assign(client, { query: noted })
  })
  return statements
}

const tablesOf = (node: Node): string[] => [
  ...(node['Relation Name'] ? [node['Relation Name']] : []),
  ...(node.Plans ?? []).flatMap((plan) => tablesOf(plan)),
]

/** Runs each statement that reads once more under EXPLAIN and adds up what it touched. */
export async function readingOf(client: pg.ClientBase, statements: readonly Statement[]): Promise<Reading> {
  const reading: Reading = { tables: [], buffers: 0 }
  for (const { text, values } of statements) {
    if (!/^\s*(SELECT|WITH)\b/i.test(text)) continue
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Node }[] }>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values)
    const plan = rows[0]!['QUERY PLAN'][0]!.Plan
    reading.tables.push(...tablesOf(plan))
    reading.buffers += (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
  }
  reading.tables = [...new Set(reading.tables)].sort()
  return reading
}
