// Versions of facts, and the partitions they lie in.
import type { Invariant } from './invariant.ts'

const VERSIONED: Record<string, string> = {
  bill_line: 'billing_period, source_id, content_key, ordinal',
  incident: 'source_id, incident_id',
  interruption: 'source_id, interruption_id',
  engagement: 'source_id, incident_id, person',
  shift: 'source_id, shift_id',
  time_entry: 'source_id, entry_id',
}
const PARTITIONED = ['bill_line', 'gpu_hour', 'gpu_hour_old', 'serve_hour', 'node_day_cost', 'node_day', 'ledger_entry']

/** A key whose column is bytea is shown in hexadecimal; persons are not shown at all. */
const shown = (key: string) =>
  key
    .split(', ')
    .filter((column) => column !== 'person')
    .map((column) => (column === 'content_key' ? "encode(content_key, 'hex') AS content_key" : column))
    .join(', ')

export const VERSION_INVARIANTS: readonly Invariant[] = [
  ...Object.entries(VERSIONED).flatMap(([table, key]): Invariant[] => [
    {
      code: 'two_current',
      says: `two current versions of one row of ${table}`,
      sql: `SELECT ${shown(key)}, count(*) AS versions FROM ${table} WHERE to_seq IS NULL GROUP BY ${key} HAVING count(*) > 1`,
    },
    {
      code: 'version_order',
      says: `a version of ${table} that ended before it began`,
      sql: `SELECT ${shown(key)}, from_seq, to_seq FROM ${table} WHERE to_seq <= from_seq`,
    },
  ]),
  {
    code: 'version_order',
    says: 'an excluded day that ended before it began',
    sql: 'SELECT source_id, replacement_key, day, from_seq, to_seq FROM bill_excluded_day WHERE to_seq <= from_seq',
  },
  ...PARTITIONED.map(
    (table): Invariant => ({
      code: 'stray_rows',
      says: `rows of ${table} outside the partition of their month`,
      sql: `SELECT count(*) AS rows FROM ${table}_default HAVING count(*) > 0`,
    }),
  ),
]
