// The bill lines behind a cost, each with its portion of the period: their sum is the amount.
import { addDays, type Day } from '#lib/domain/time.ts'
import { readBillLines } from '#lib/reconcile/bills/lines.ts'
import { billPartSql } from '#lib/reconcile/bills/share.ts'
import { spansOf } from '#lib/reconcile/engine.ts'
import { CREATE_LEDGER_NEXT } from '#lib/reconcile/step.ts'
import type { LineagePredicate } from '../lineage-id.ts'
import { keyPredicate } from '../report/query.ts'
import { type RuleNames, ruleNames } from '../rules/names.ts'
import { details, type Page, type Section, type SourceRow } from './source-row.ts'

type Row = {
  file: string
  line: string
  batch: string | null
  currency: string
  when: string
  amount: string | null
  billed: string
  effective: string | null
  description: string | null
  resource_id: string | null
  layer: string
  charge_category: string
  invoice_id: string
  billing_account: string
  charge_end: Date
  node: string | null
  evidence: string
  rule_ordinal: number | null
}

/** Ledger columns that a bill line answers to. */
const COLUMNS: Record<string, string> = {
  layer: 'l.layer',
  source_id: 'l.source_id',
  invoice_id: 'l.invoice_id',
  billing_account: 'l.billing_account',
  currency: 'l.currency',
  charge_category: 'l.charge_category',
  cluster: 'l.cluster',
  evidence: 'p.evidence',
  provisional: 'l.provisional',
}

function lineFilter(predicate: LineagePredicate, first: number): { sql: string; values: unknown[] } {
  const conditions: string[] = []
  const values: unknown[] = []
  const add = (column: string, wanted: string | readonly string[]) => {
    values.push(typeof wanted === 'string' ? [wanted] : [...wanted])
    conditions.push(`${column}::text = ANY ($${first + values.length - 1}::text[])`)
  }
  add('p.measure', predicate.measures ?? ['cost'])
  for (const [dimension, wanted] of Object.entries(predicate.where ?? {})) {
    const column = COLUMNS[dimension]
    if (column !== undefined) add(column, wanted)
    else if (dimension !== 'step' && dimension !== 'measure') add("''", wanted)
  }
  return { sql: conditions.join(' AND '), values }
}

const rowOf = (row: Row, rules: RuleNames): SourceRow => ({
  kind: 'bill_line',
  what: row.description ?? row.resource_id ?? row.charge_category,
  when: row.when,
  amount: row.amount,
  currency: row.currency,
  quantity: null,
  unit: null,
  file: row.file,
  line: row.line,
  batch: row.batch,
  detail: details({
    until: row.charge_end.toISOString(),
    'billed, whole line': row.billed,
    'effective, whole line': row.effective,
    layer: row.layer,
    category: row.charge_category,
    resource: row.resource_id,
    node: row.node,
    invoice: row.invoice_id,
    account: row.billing_account,
    known: row.evidence,
    rule: row.rule_ordinal === null ? null : (rules.get(row.rule_ordinal) ?? `rule ${row.rule_ordinal}, since replaced`),
  }),
})

/** Span by span of the days that the ledger has, so that a page costs what its days cost. The cursor is a day and an offset. */
export const billLines: Section = async (client, predicate, { at, limit }): Promise<Page> => {
  const key = keyPredicate({ measures: predicate.measures ?? ['cost'], steps: ['bills'], where: predicate.where }, 3)
  const { rows: known } = await client.query<{ day: Day }>(
    `SELECT DISTINCT d.day FROM ledger_day d JOIN ledger_key k USING (key_id) WHERE d.day >= $1 AND d.day < $2 AND ${key.sql} ORDER BY 1`,
    [predicate.from, predicate.to, ...key.values],
  )
  const [start = '', skip = '0'] = at.split('+')
  const spans = spansOf(known.map((row) => row.day))
  const index = start === '' ? 0 : spans.findIndex((span) => span[0] === start)
  const span = spans[index]
  if (!span) return { rows: [], next: null }
  await client.query('SAVEPOINT lines')
  await client.query(CREATE_LEDGER_NEXT)
  await client.query('INSERT INTO ledger_days SELECT unnest($1::date[])', [span])
  await readBillLines(client, { from: span[0]!, to: addDays(span.at(-1)!, 1) })
  await client.query(billPartSql(false))
  const filter = lineFilter(predicate, 3)
  const amount = predicate.basis === 'billed' ? 'billed' : 'effective'
  const { rows } = await client.query<Row>(
    `SELECT l.file, l.line::text AS line, b.batch_id AS batch, l.currency, min(p.day)::text AS when, trim_scale(sum(p.${amount})) AS amount, l.billed,
            l.effective, l.description, l.resource_id, l.layer, l.charge_category, l.invoice_id, l.billing_account, l.charge_end, n.name AS node, p.evidence,
            l.rule_ordinal
     FROM bill_part p JOIN bill_now l USING (line_id) LEFT JOIN batch b ON b.seq = l.from_seq LEFT JOIN node n ON n.node_id = l.node_id
     WHERE ${filter.sql}
     GROUP BY l.line_id, l.file, l.line, b.batch_id, l.currency, l.billed, l.effective, l.description, l.resource_id, l.layer, l.charge_category,
              l.invoice_id, l.billing_account, l.charge_end, n.name, p.evidence, l.rule_ordinal
     ORDER BY min(p.day), l.file, l.line, l.line_id, p.evidence LIMIT $1 OFFSET $2`,
    [limit + 1, Number(skip), ...filter.values],
  )
  await client.query('ROLLBACK TO SAVEPOINT lines')
  const names = await ruleNames(client)
  const page = rows.slice(0, limit).map((row) => rowOf(row, names))
  if (rows.length > limit) return { rows: page, next: `${span[0]}+${Number(skip) + limit}` }
  const following = spans[index + 1]
  return { rows: page, next: following ? `${following[0]}+0` : null }
}
