import { type Actor, authorise } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { checkPeriod, type Period } from './amounts.ts'
import { LEDGER_EXCEPTIONS } from './exceptions-ledger.ts'
import { STORE_EXCEPTIONS } from './exceptions-store.ts'

export const EXCEPTION_KINDS = [
  'unassigned_lines',
  'quarantined_rows',
  'delivery_waiting',
  'effective_unavailable',
  'unconverted',
  'billed_unseen',
  'seen_unbilled',
  'capacity_unknown',
  'tokens_unmapped',
  'tokens_unpriced',
  'role_without_rate',
] as const
export type ExceptionKind = (typeof EXCEPTION_KINDS)[number]

/** One thing that could not be matched. `amount` is null where it has no money; then `quantity` says how much. */
export type ExceptionRow = {
  /** Opens in lineage; null where there is nothing to open. */
  id: string | null
  kind: ExceptionKind
  subject: string
  amount: string | null
  currency: string | null
  quantity: string | null
  unit: 'rows' | 'GPU-minutes' | 'tokens' | 'days' | 'seconds' | null
  /** The first UTC day concerned. */
  since: string
  suggestion: string
  /** Who looks after it; null while nobody does. */
  owner: string | null
}
/** As a finder tells it. */
export type FoundException = Omit<ExceptionRow, 'owner'>
export type ExceptionsParams = Period & { kind?: ExceptionKind; basis?: 'effective' | 'billed' }
export type ExceptionsReport = { from: string; to: string; currency: string; rows: ExceptionRow[] }

/** What is not explained yet, worst money first within a kind. */
export async function reportExceptions(actor: Actor, context: ServiceContext, params: ExceptionsParams): Promise<ExceptionsReport> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to } = params
  const found = await Promise.all([...LEDGER_EXCEPTIONS, ...STORE_EXCEPTIONS].map((find) => find(context, { from, to })))
  const owners = await ownersOf(context)
  const size = (row: ExceptionRow) => Math.abs(Number(row.amount ?? row.quantity ?? 0))
  const rows = found
    .flat()
    .map((row): ExceptionRow => ({ ...row, owner: owners.get(`${row.kind} ${row.subject}`) ?? null }))
    .filter((row) => params.kind === undefined || row.kind === params.kind)
    .sort(
      (a, b) => EXCEPTION_KINDS.indexOf(a.kind) - EXCEPTION_KINDS.indexOf(b.kind) || size(b) - size(a) || (a.subject < b.subject ? -1 : 1),
    )
  return { from, to, currency: context.currency, rows }
}

async function ownersOf({ db }: ServiceContext): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.pool.query<{ kind: string; subject: string; owner: string }>('SELECT kind, subject, owner FROM exception_owner')
  return new Map(rows.map(({ kind, subject, owner }) => [`${kind} ${subject}`, owner]))
}
