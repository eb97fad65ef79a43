// Exceptions that the ledger itself shows.
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import type { Period } from './amounts.ts'
import type { FoundException } from './exceptions.ts'

type Find = (context: ServiceContext, period: Period) => Promise<FoundException[]>
type Sum = {
  subject: string
  since: string
  billed: string | null
  effective: string | null
  quantity: string | null
  where: Record<string, string>
}

/** Sums of ledger_day with the first day concerned. `subject` and `where` are SQL over ledger_key k and ledger_day d. */
async function sums(context: ServiceContext, { from, to }: Period, subject: string, where: string, predicate: string): Promise<Sum[]> {
  const { rows } = await context.db.pool.query<Sum>(
    `SELECT ${subject} AS subject, min(d.day)::text AS since, trim_scale(sum(d.billed)) AS billed, trim_scale(sum(d.effective)) AS effective,
            trim_scale(sum(d.quantity)) AS quantity, ${where} AS "where"
     FROM ledger_day d JOIN ledger_key k USING (key_id) LEFT JOIN source s ON s.source_id = k.source_id
     WHERE d.day >= $1 AND d.day < $2 AND ${predicate} GROUP BY 1, 6 ORDER BY 1`,
    [from, to],
  )
  return rows
}

const BY_ACCOUNT = "coalesce(s.name, 'source ' || k.source_id) || ' ' || k.billing_account"
const ACCOUNT_WHERE = "jsonb_build_object('source_id', k.source_id::text, 'billing_account', k.billing_account, 'currency', k.currency)"

const unassigned: Find = async (context, period) =>
  (await sums(context, period, BY_ACCOUNT, ACCOUNT_WHERE, "k.measure = 'cost' AND k.layer = 'unassigned'")).map((row) => ({
    id: lineageId({ report: 'tco', ...period, basis: 'billed', where: { ...row.where, layer: 'unassigned' } }),
    kind: 'unassigned_lines',
    subject: row.subject.trim(),
    amount: row.billed,
    currency: row.where.currency ?? null,
    quantity: null,
    unit: null,
    since: row.since,
    suggestion: 'add a rule to layers.csv, or the alias of the node to nodes.csv',
  }))

const noEffective: Find = async (context, period) =>
  (await sums(context, period, BY_ACCOUNT, ACCOUNT_WHERE, "k.measure = 'cost' AND d.billed <> 0 AND d.effective IS NULL")).map((row) => ({
    id: lineageId({ report: 'tco', ...period, basis: 'billed', where: row.where }),
    kind: 'effective_unavailable',
    subject: row.subject.trim(),
    amount: row.billed,
    currency: row.where.currency ?? null,
    quantity: null,
    unit: null,
    since: row.since,
    suggestion: 'export the bill with its effective cost (FOCUS EffectiveCost)',
  }))

const noRate: Find = async (context, period) =>
  (
    await sums(
      context,
      period,
      'k.currency',
      "jsonb_build_object('currency', k.currency)",
      "k.measure IN ('cost', 'equivalent') AND (d.billed <> 0 AND d.billed_rc IS NULL OR d.effective <> 0 AND d.effective_rc IS NULL)",
    )
  ).map((row) => ({
    id: lineageId({ report: 'tco', ...period, where: row.where }),
    kind: 'unconverted',
    subject: `${row.subject} to ${context.currency}`,
    amount: row.effective ?? row.billed,
    currency: row.subject,
    quantity: null,
    unit: null,
    since: row.since,
    suggestion: `add a rate ${row.subject} to ${context.currency} for these days to fx.csv`,
  }))

const unbilled: Find = async (context, period) =>
  (await sums(context, period, 'k.cluster', "jsonb_build_object('cluster', k.cluster)", "k.measure = 'unbilled'")).map((row) => ({
    id: lineageId({ report: 'capacity', ...period, measures: ['unbilled'], where: row.where }),
    kind: 'seen_unbilled',
    subject: row.subject === '' ? 'GPUs of no cluster' : `cluster ${row.subject}`,
    amount: null,
    currency: null,
    quantity: row.quantity,
    unit: 'GPU-minutes',
    since: row.since,
    suggestion: 'import the missing bill, or give the node the alias under which it is billed',
  }))

const stateUnknown: Find = async (context, period) =>
  (
    await sums(
      context,
      period,
      "k.cluster || ' ' || k.currency",
      "jsonb_build_object('cluster', k.cluster, 'currency', k.currency, 'item', 'unknown')",
      "k.measure = 'gpu_minutes' AND k.item = 'unknown'",
    )
  ).map((row) => ({
    id: lineageId({ report: 'capacity', ...period, basis: 'billed', where: row.where }),
    kind: 'capacity_unknown',
    subject: row.where.cluster ? `cluster ${row.where.cluster}` : 'GPUs of no cluster',
    amount: row.billed,
    currency: row.where.currency ?? null,
    quantity: row.quantity,
    unit: 'GPU-minutes',
    since: row.since,
    suggestion: 'name the GPUs of the node (gpu_uuid aliases), or let its exporter report utilisation and memory',
  }))

const unmapped: Find = async (context, period) =>
  (
    await sums(
      context,
      period,
      'k.item',
      "jsonb_build_object('deployment', '', 'item', k.item)",
      "k.measure = 'tokens' AND k.deployment = '' AND d.quantity <> 0",
    )
  ).map((row) => ({
    id: lineageId({ report: 'tokens', ...period, measures: ['tokens'], where: row.where }),
    kind: 'tokens_unmapped',
    subject: `${row.subject} tokens of no deployment`,
    amount: null,
    currency: null,
    quantity: row.quantity,
    unit: 'tokens',
    since: row.since,
    suggestion: 'add a match for the replica to deployments.csv',
  }))

const unpriced: Find = async (context, period) =>
  (
    await sums(
      context,
      period,
      "k.comparator || ': ' || k.deployment || ' ' || k.item",
      "jsonb_build_object('comparator', k.comparator, 'deployment', k.deployment, 'item', k.item)",
      "k.measure = 'unpriced'",
    )
  ).map((row) => ({
    id: lineageId({ report: 'compare', ...period, measures: ['unpriced'], where: row.where }),
    kind: 'tokens_unpriced',
    subject: row.subject,
    amount: null,
    currency: null,
    quantity: row.quantity,
    unit: 'tokens',
    since: row.since,
    suggestion: 'add the price to prices.csv with its source',
  }))

export const LEDGER_EXCEPTIONS: readonly Find[] = [unassigned, noEffective, noRate, unbilled, stateUnknown, unmapped, unpriced]
