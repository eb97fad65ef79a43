// Facts written straight into the tables, for tests of reconcile.
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { markDirty } from '#lib/store/dirty.ts'

export const at = (text: string): Date => new Date(text.length === 10 ? `${text}T00:00:00Z` : text.endsWith('Z') ? text : `${text}:00Z`)

export type LineInput = {
  start: string
  end: string
  billed: string
  effective?: string | null
  currency?: string
  category?: string
  class?: string | null
  status?: string | null
  scope?: 'in' | 'share'
  layer?: string | null
  resource?: string | null
  account?: string
  invoice?: string | null
  quantity?: string | null
  unit?: string | null
  instanceType?: string | null
  key?: string
  source?: number
  seq?: number
}

let counter = 0

/** Inserts current bill lines; every one gets a content key of its own. */
export async function insertLines(client: pg.ClientBase | pg.Pool, lines: readonly LineInput[]): Promise<void> {
  for (const line of lines) {
    counter++
    const resource = line.resource ?? null
    await client.query(
      `INSERT INTO bill_line (billing_period, source_id, content_key, from_seq, replacement_key, billing_account, invoice_id, currency,
         charge_category, charge_class, commitment_status, charge_start, charge_end, resource_id, resource_key, instance_type,
         consumed_quantity, consumed_unit, billed, effective, scope, layer, file, line)
       VALUES (date_trunc('month', $1::timestamptz, 'UTC') AT TIME ZONE 'UTC', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $1, $12, $13, $14,
         $15, $16, $17, $18, $19, $20, $21, 'test.csv', $22)`,
      [
        at(line.start),
        line.source ?? 1,
        createHash('sha256').update(`${counter}`).digest(),
        line.seq ?? 1,
        line.key ?? 'k',
        line.account ?? 'acct',
        line.invoice ?? null,
        line.currency ?? 'USD',
        line.category ?? 'Usage',
        line.class ?? null,
        line.status ?? null,
        at(line.end),
        resource,
        resource?.toLowerCase().split('/').at(-1) ?? null,
        line.instanceType ?? null,
        line.quantity ?? null,
        line.unit ?? null,
        line.billed,
        line.effective === undefined ? line.billed : line.effective,
        line.scope ?? 'in',
        line.layer === undefined ? null : line.layer,
        counter,
      ],
    )
  }
}

/** A node with aliases, each valid always unless a span is given. */
export async function insertNode(
  pool: pg.Pool,
  name: string,
  aliases: readonly { kind: string; alias: string; from?: string; to?: string }[] = [],
  cluster = '',
): Promise<string> {
  const { rows } = await pool.query<{ node_id: string }>('INSERT INTO node (name, cluster) VALUES ($1, $2) RETURNING node_id', [
    name,
    cluster,
  ])
  const nodeId = rows[0]!.node_id
  for (const { kind, alias, from, to } of aliases)
    await pool.query('INSERT INTO node_alias (node_id, kind, alias, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5)', [
      nodeId,
      kind,
      alias,
      from ? at(from) : null,
      to ? at(to) : null,
    ])
  return nodeId
}

export async function dirty(pool: pg.Pool, steps: readonly string[], days: readonly string[], cause = 'test'): Promise<void> {
  const client = await pool.connect()
  try {
    await markDirty(client, steps, days, cause)
  } finally {
    client.release()
  }
}
