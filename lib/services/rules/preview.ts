// What rules would do to everything that is known, before they are saved. Nothing is written.
import type pg from 'pg'
import type { Layer, Scope } from '#lib/domain/layers.ts'
import { Money } from '#lib/domain/money.ts'
import { PACKS } from '#lib/domain/rules/pack.ts'
import { addDays, type Day } from '#lib/domain/time.ts'
import { billRules, declaredRules, packInForce, rulesOf } from '#lib/ingest/bills/rules.ts'
import { billsStep } from '#lib/reconcile/bills/step.ts'
import { labourStep } from '#lib/reconcile/labour/index.ts'
import { type Actor, authorise } from '../actor.ts'
import type { ServiceContext } from '../context.ts'
import type { CollectorFor, CurrentDelivery } from '../landed.ts'
import { shown } from '../report/amounts.ts'
import type { RuleSet } from './document.ts'
import { readMoves } from './moves.ts'
import { type Posted, postedBy } from './posted.ts'
import { dropTemporary, resolveMoves, shadowBills, shadowTime } from './shadow.ts'

/** Where a line lies: its layer is null outside the scope. */
export type Placed = { scope: Scope; layer: Layer | null }
/** Whole lines, in the currency as billed, by the month of their bill. `effective` is null where nothing of it is known. */
export type LineMove = {
  month: string
  source: string
  from: Placed
  to: Placed
  currency: string
  rows: number
  billed: string
  effective: string | null
}
/** Entries of time, by the month of their date. */
export type TimeMove = { month: string; from: Placed; to: Placed; rows: number; hours: string }
/**
 * What the ledger would say, in the reporting currency, by month of the days: `layer` of the fleet's cost, or null for what shared
 * lines leave outside the fleet. Only what changes.
 */
export type Effect = { month: string; layer: Layer | null; billed: Change; effective: Change }
export type Change = { before: string; after: string; change: string }
/** A bill that cannot be read again: it stays as it is until it is delivered again. */
export type Expired = { source: string; file: string; bills: string[]; rows: { in: number; out: number } }
export type RulesPreview = { currency: string; moves: LineMove[]; time: TimeMove[]; effect: Effect[]; expired: Expired[] }

export type PreviewParams = RuleSet

/**
 * Every current bill is read again from the landing store under the rules in force and under these, and the days that lines would move
 * on are posted under both by the steps of reconcile themselves: the preview is what saving does. Throws `usage` for unreadable settings.
 */
export async function previewRules(
  actor: Actor,
  context: ServiceContext,
  { rules, pack }: PreviewParams,
  collectorFor: CollectorFor,
): Promise<RulesPreview> {
  authorise(actor, 'write')
  const client = await context.db.pool.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await client.query("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")
    const now = await billRules(client)
    const packed = pack === undefined ? (await packInForce(client)).rules : PACKS[pack]
    const { excluded, expired } = await readMoves(client, context, collectorFor, now, rulesOf(rules, packed))
    const days = await movedDays(client)
    const bills = await effectOn(client, context, billsStep, days, (from, to) => shadowBills(client, excluded, from, to))
    const moves = days.length === 0 ? [] : await lineMoves(client, days[0]!, addDays(days.at(-1)!, 1))
    const labour = await timeEffect(client, context, rules)
    return {
      currency: context.currency,
      moves,
      time: labour.moves,
      effect: changed([...bills.before, ...labour.before], [...bills.after, ...labour.after]),
      expired: await describeExpired(client, expired),
    }
  } finally {
    await client.query('ROLLBACK').then(
      () => client.release(),
      () => client.release(true),
    )
  }
}

type BeforeAfter = { before: Posted[]; after: Posted[] }

/** Every UTC day that a moving line touches: shares change on those alone. */
async function movedDays(client: pg.ClientBase): Promise<Day[]> {
  const { rows } = await client.query<{ day: Day }>(
    `SELECT DISTINCT (first + i)::text AS day FROM (
       SELECT DISTINCT (charge_start AT TIME ZONE 'UTC')::date AS first,
              (greatest(charge_start, charge_end - interval '1 microsecond') AT TIME ZONE 'UTC')::date AS last FROM rule_move) span
     CROSS JOIN LATERAL generate_series(0, last - first) i ORDER BY 1`,
  )
  return rows.map(({ day }) => day)
}

async function effectOn(
  client: pg.ClientBase,
  context: ServiceContext,
  step: Parameters<typeof postedBy>[2],
  days: readonly Day[],
  shadow: (from: Day, to: Day) => Promise<unknown>,
): Promise<BeforeAfter> {
  if (days.length === 0) return { before: [], after: [] }
  const before = await postedBy(client, context, step, days)
  await shadow(days[0]!, addDays(days.at(-1)!, 1))
  const after = await postedBy(client, context, step, days)
  await dropTemporary(client, ['rule_move'])
  return { before, after }
}

/** Decided by the node where the rules leave it open, as reconcile does (lib/reconcile/bills/lines.ts). */
const layerOf = (scope: string, layer: string, otherwise: string) =>
  `CASE WHEN ${scope} = 'out' THEN NULL
        ELSE coalesce(${layer}, CASE WHEN n.content_key IS NOT NULL THEN 'gpu_compute' ELSE coalesce(${otherwise}, 'unassigned') END) END`

type MoveRow = Omit<LineMove, 'from' | 'to' | 'rows'> & {
  rows: string
  was_scope: Scope
  was: Layer | null
  is_scope: Scope
  is: Layer | null
}
const moved = <Row extends { rows: string; was_scope: Scope; was: Layer | null; is_scope: Scope; is: Layer | null }>({
  was_scope,
  was,
  is_scope,
  is,
  rows,
  ...row
}: Row) => ({ ...row, from: { scope: was_scope, layer: was }, to: { scope: is_scope, layer: is }, rows: Number(rows) })

async function lineMoves(client: pg.ClientBase, from: Day, to: Day): Promise<LineMove[]> {
  await resolveMoves(client, from, to)
  const { rows } = await client.query<MoveRow>(
    `SELECT left(billing_period::text, 7) AS month, source, was_scope, was, is_scope, "is", currency,
            count(*) FILTER (WHERE ordinal >= 0) AS rows, trim_scale(sum(billed))::text AS billed, trim_scale(sum(effective))::text AS effective
     FROM (
       SELECT m.billing_period, coalesce(s.name, 'source ' || m.source_id) AS source, m.currency, m.ordinal, m.billed, m.effective,
              m.was_scope, ${layerOf('m.was_scope', 'm.was_layer', 'm.was_otherwise')} AS was,
              m.scope AS is_scope, ${layerOf('m.scope', 'm.layer', 'm.otherwise_layer')} AS "is"
       FROM rule_move m LEFT JOIN source s USING (source_id)
       LEFT JOIN rule_node n USING (billing_period, source_id, content_key, ordinal)) line
     WHERE (was_scope, was) IS DISTINCT FROM (is_scope, "is")
     GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, abs(sum(billed)) DESC, 3, 4, 5, 6, 7`,
  )
  return rows.map(moved)
}

async function timeEffect(
  client: pg.ClientBase,
  context: ServiceContext,
  rules: RuleSet['rules'],
): Promise<BeforeAfter & { moves: TimeMove[] }> {
  const { rows: stored } = await client.query('SELECT 1 FROM time_entry LIMIT 1')
  if (stored.length === 0 || JSON.stringify(rules) === JSON.stringify(await declaredRules(client)))
    return { before: [], after: [], moves: [] }
  await client.query('SAVEPOINT decided')
  const days = await shadowTime(client, rules)
  const { rows } = await client.query<Omit<MoveRow, 'source' | 'billed' | 'effective' | 'currency'> & { hours: string }>(
    `SELECT left(b.local_date::text, 7) AS month, b.scope AS was_scope, b.layer AS was, a.scope AS is_scope, a.layer AS "is", count(*) AS rows,
            trim_scale(round(sum(coalesce(b.hours, extract(epoch FROM b.ends_at - b.starts_at) / 3600)), 6))::text AS hours
     FROM public.time_entry b JOIN pg_temp.time_entry a USING (source_id, entry_id, from_seq)
     WHERE b.to_seq IS NULL AND (a.scope, a.layer) IS DISTINCT FROM (b.scope, b.layer) GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`,
  )
  const after = days.length === 0 ? [] : await postedBy(client, context, labourStep, days)
  await client.query('ROLLBACK TO SAVEPOINT decided')
  const before = days.length === 0 ? [] : await postedBy(client, context, labourStep, days)
  return { before, after, moves: rows.map(moved) }
}

function changed(before: readonly Posted[], after: readonly Posted[]): Effect[] {
  type Sums = { billed: [Money, Money]; effective: [Money, Money] }
  const sums = new Map<string, Sums>()
  const add = (posted: readonly Posted[], side: 0 | 1) => {
    for (const { month, measure, layer, billed, effective } of posted) {
      const key = `${month} ${measure === 'cost' ? layer : ''}`
      const zero = () => [new Money(0), new Money(0)] as [Money, Money]
      const sum = sums.get(key) ?? { billed: zero(), effective: zero() }
      sums.set(key, sum)
      sum.billed[side] = sum.billed[side].plus(billed)
      sum.effective[side] = sum.effective[side].plus(effective)
    }
  }
  add(before, 0)
  add(after, 1)
  const change = ([was, is]: [Money, Money]): Change => ({ before: shown(was), after: shown(is), change: shown(is.minus(was)) })
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([, { billed, effective }]) => !billed[0].equals(billed[1]) || !effective[0].equals(effective[1]))
    .map(([key, { billed, effective }]) => {
      const [month = '', layer = ''] = key.split(' ')
      return { month, layer: layer === '' ? null : (layer as Layer), billed: change(billed), effective: change(effective) }
    })
}

async function describeExpired(client: pg.ClientBase, expired: readonly CurrentDelivery[]): Promise<Expired[]> {
  const described: Expired[] = []
  for (const { deliveryId, source, fileName, keys } of expired) {
    const { rows } = await client.query<{ rows_in: string; rows_out: string }>(
      `SELECT coalesce(sum(rows_accepted), 0) AS rows_in, coalesce(sum(rows_excluded), 0) AS rows_out FROM batch
       WHERE delivery_id = $1 AND replacement_key = ANY ($2) AND status IN ('provisional', 'final')`,
      [deliveryId, keys],
    )
    const [counts] = rows
    described.push({
      source: source.name,
      file: fileName,
      bills: [...keys].sort(),
      rows: { in: Number(counts?.rows_in), out: Number(counts?.rows_out) },
    })
  }
  return described
}
