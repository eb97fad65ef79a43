// An amount opened: the ledger rows that add up to it, how they came about, and the source rows behind them.
import type pg from 'pg'
import { Failure } from '#lib/errors.ts'
import { STEPS, type StepName } from '#lib/reconcile/step.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'
import { billLines } from './lineage/bill-lines.ts'
import { labourRecords } from './lineage/labour.ts'
import { type Section, type SourceRow, texts } from './lineage/source-row.ts'
import { nodeDays, prices, serveHours } from './lineage/telemetry.ts'
import { FORMULAS, MEASURES } from './lineage/words.ts'
import { type LineagePredicate, readLineageId } from './lineage-id.ts'
import { LEDGER_DIMENSIONS, type LedgerDimension, ledgerSums } from './report/query.ts'

export { type LineagePredicate, lineageId } from './lineage-id.ts'

export type LineageLedgerRow = {
  step: StepName
  /** The dimensions that say something. */
  dims: Partial<Record<LedgerDimension, string>>
  /** In the currency as billed, and in the reporting one; null: not known, or no rate. */
  amount: string | null
  amountRc: string | null
  quantity: string | null
}
export type LineageBatch = { batch: string; source: string; kind: string; version: number; status: string; arrivedAt: string }
export type Lineage = {
  what: string
  from: string
  to: string
  asOf: string | null
  basis: 'effective' | 'billed'
  /** The reporting currency, of `amount`. */
  currency: string
  /** Σ of the ledger rows; null where the rows carry no money. */
  amount: string | null
  quantity: string | null
  formula: string
  /** Numbers of RULES.md. */
  rules: number[]
  ledger: LineageLedgerRow[]
  sources: SourceRow[]
  /** The deliveries that the source rows of this page came in. */
  batches: LineageBatch[]
  /** Where the source rows do not say all, why. */
  note: string | null
  next: string | null
}
export type LineageParams = { id: string; limit?: number; cursor?: string }

const SECTIONS: Record<StepName, Section> = {
  bills: billLines,
  capacity: nodeDays,
  labour: labourRecords,
  tokens: serveHours,
  equivalent: prices,
}
/** Steps that post several measures of which only one has source rows to show. */
const ONLY_FOR: Partial<Record<StepName, string>> = { capacity: 'gpu_minutes', tokens: 'tokens' }
const DIMENSIONS = LEDGER_DIMENSIONS.filter((name) => name !== 'day' && name !== 'month' && name !== 'step')
const MAX_LIMIT = 1000

function mayReadPersons(actor: Actor): boolean {
  try {
    authorise(actor, 'read_persons')
    return true
  } catch {
    return false
  }
}

/** Opens an id of a report. Throws `missing` for what is no id, `forbidden` for a person's amount that the actor may not see. */
export async function openLineage(actor: Actor, context: ServiceContext, { id, limit = 100, cursor }: LineageParams): Promise<Lineage> {
  authorise(actor, 'read')
  const predicate = readLineageId(id)
  if (predicate.where?.person !== undefined) authorise(actor, 'read_persons')
  const { from, to, asOf, where } = predicate
  const basis = predicate.basis ?? 'effective'
  const measures = predicate.measures ?? MEASURES[predicate.report]
  const persons = mayReadPersons(actor)
  const by = (['step', ...DIMENSIONS] as const).filter((name) => name !== 'person' || persons)
  const query = { measures, from, to, asOf, where }
  const [sums, [total]] = await Promise.all([ledgerSums(context.db, { ...query, by }), ledgerSums(context.db, { ...query, by: [] })])
  const ledger = sums.map((row): LineageLedgerRow => {
    const shown = by.filter((name) => name !== 'step' && row[name] !== '' && !(name === 'source_id' && row[name] === '0'))
    return {
      step: row.step as StepName,
      dims: Object.fromEntries(shown.map((name) => [name, row[name]])),
      amount: basis === 'billed' ? row.billed : row.effective,
      amountRc: basis === 'billed' ? row.billedRc : row.effectiveRc,
      quantity: row.quantity,
    }
  })
  const steps = STEPS.filter((step) => ledger.some((row) => row.step === step))
  const traced = steps.filter((step) => ONLY_FOR[step] === undefined || measures.includes(ONLY_FOR[step]))
  const page = await readSources(context, { ...predicate, measures }, traced, {
    limit: Math.min(Math.max(limit, 1), MAX_LIMIT),
    cursor,
    persons,
  })
  return {
    what: sentence(predicate, measures),
    from,
    to,
    asOf: asOf?.toISOString() ?? null,
    basis,
    currency: context.currency,
    amount: (basis === 'billed' ? total?.billedRc : total?.effectiveRc) ?? null,
    quantity: total?.quantity ?? null,
    formula: steps.map((step) => FORMULAS[step].formula).join('; '),
    rules: [...new Set(steps.flatMap((step) => FORMULAS[step].rules))].sort((a, b) => a - b),
    ledger,
    ...page,
    note: noteOf(asOf, measures),
  }
}

function sentence({ from, to, where, report }: LineagePredicate, measures: readonly string[]): string {
  const parts = Object.entries(where ?? {}).map(([name, wanted]) => `${name.replaceAll('_', ' ')} ${texts(wanted)?.join(' or ') || 'none'}`)
  return `${report === 'compare' ? 'API-equivalent' : report}, ${measures.join(' and ').replaceAll('_', ' ')}${parts.length ? `, ${parts.join(', ')}` : ''}, ${from} to ${to} (exclusive)`
}

function noteOf(asOf: Date | undefined, measures: readonly string[]): string | null {
  if (asOf)
    return 'The ledger rows are as published then; the source rows are the current ones, which may have replaced those of that time.'
  if (measures.some((measure) => measure === 'unbilled' || measure === 'awaiting_bill'))
    return 'GPU-minutes seen outside billed minutes have no bill line behind them.'
  return null
}

type PageParams = { limit: number; cursor?: string; persons: boolean }

/** Walks the sections of the steps involved. The cursor names the section and where in it. */
async function readSources(
  context: ServiceContext,
  predicate: LineagePredicate,
  steps: readonly StepName[],
  { limit, cursor, persons }: PageParams,
): Promise<Pick<Lineage, 'sources' | 'batches' | 'next'>> {
  const [start, at = ''] = cursor === undefined ? [steps[0]] : cursor.split('~')
  const first = steps.indexOf(start as StepName)
  if (cursor !== undefined && first < 0)
    throw new Failure('usage', 'bad_cursor', 'this is no cursor of this lineage', { remedy: 'use `next` of the page before' })
  const sources: SourceRow[] = []
  const client = await context.db.pool.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    let place = at
    for (const step of first < 0 ? [] : steps.slice(first)) {
      do {
        if (sources.length >= limit) return { sources, batches: await batchesOf(client, sources), next: `${step}~${place}` }
        const page = await SECTIONS[step](client, predicate, { at: place, limit: limit - sources.length, persons })
        sources.push(...page.rows)
        place = page.next ?? ''
      } while (place !== '')
    }
    return { sources, batches: await batchesOf(client, sources), next: null }
  } finally {
    await client.query('ROLLBACK').then(
      () => client.release(),
      () => client.release(true),
    )
  }
}

async function batchesOf(client: pg.ClientBase, sources: readonly SourceRow[]): Promise<LineageBatch[]> {
  const ids = [...new Set(sources.flatMap((row) => row.batch ?? []))]
  if (ids.length === 0) return []
  const { rows } = await client.query<Omit<LineageBatch, 'arrivedAt'> & { arrived_at: Date }>(
    `SELECT b.batch_id AS batch, coalesce(s.name, '') AS source, b.kind, b.version, b.status, b.arrived_at
     FROM batch b LEFT JOIN source s ON s.source_id = b.source_id WHERE b.batch_id = ANY ($1) ORDER BY b.seq`,
    [ids],
  )
  return rows.map(({ arrived_at, ...row }) => ({ ...row, arrivedAt: arrived_at.toISOString() }))
}
