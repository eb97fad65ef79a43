// What a step of reconcile is. A step posts the whole of each dirty day anew; the engine compares it with what is stored,
// appends the differences to the journal and converts to the reporting currency.
import type pg from 'pg'
import type { Day } from '#lib/domain/time.ts'

export const STEPS = ['bills', 'capacity', 'labour', 'tokens', 'equivalent'] as const
export type StepName = (typeof STEPS)[number]

/** `from` inclusive, `to` exclusive; the days to post are exactly those in the temporary table `ledger_days(day)`, all within it. */
export type Span = { from: Day; to: Day }
export type StepContext = {
  /** For open incidents and lag windows; never for which days are posted. */
  now: Date
  currency: string
  timezone: string
}

export type Step = {
  name: StepName
  /**
   * Inserts the postings of the days in `ledger_days` into the temporary table `ledger_next`, in their own currency. Rows of equal
   * dimensions are added up by the engine. Everything runs in one transaction at REPEATABLE READ, opened after the days were locked.
   */
  post: (client: pg.ClientBase, span: Span, context: StepContext) => Promise<void>
}

/** The columns that identify a posting, in the order of ledger_key; all text but source_id (int) and provisional (boolean). */
export const DIMENSIONS = [
  'measure',
  'layer',
  'item',
  'comparator',
  'person',
  'source_id',
  'invoice_id',
  'billing_account',
  'currency',
  'charge_category',
  'cluster',
  'deployment',
  'team',
  'evidence',
  'provisional',
] as const

export const CREATE_LEDGER_NEXT = `
CREATE TEMPORARY TABLE ledger_days (day date PRIMARY KEY) ON COMMIT DROP;
CREATE TEMPORARY TABLE ledger_next (
  day date NOT NULL,
  measure text NOT NULL,
  layer text NOT NULL DEFAULT '',
  item text NOT NULL DEFAULT '',
  comparator text NOT NULL DEFAULT '',
  person text NOT NULL DEFAULT '',
  source_id int NOT NULL DEFAULT 0,
  invoice_id text NOT NULL DEFAULT '',
  billing_account text NOT NULL DEFAULT '',
  currency text NOT NULL DEFAULT '',
  charge_category text NOT NULL DEFAULT '',
  cluster text NOT NULL DEFAULT '',
  deployment text NOT NULL DEFAULT '',
  team text NOT NULL DEFAULT '',
  evidence text NOT NULL DEFAULT 'measured',
  provisional boolean NOT NULL DEFAULT false,
  billed numeric,
  effective numeric,
  quantity numeric
) ON COMMIT DROP;`
