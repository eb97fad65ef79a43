import type { Flip } from '#lib/domain/comparison/break-even.ts'
import type { Day } from '#lib/domain/time.ts'
import type { Coverages, Verdict } from '#lib/domain/verdict/decide.ts'
import type { ExceptionKind, ExceptionRow } from '#lib/services/report/exceptions.ts'

export type Basis = 'effective' | 'billed'
/** UTC days [from, to). */
export type OverviewParams = { from: Day; to: Day; basis: Basis }
export type Evidence = { measured: string; inferred: string; assumed: string }
/** Shares 0..1 of what is known; null: not known at all. */
export type Coverage = Coverages

/** `margin` = alternative − own cost in money, positive where self-hosting is cheaper; `marginShare` is its share of the alternative. */
export type Judgement = {
  verdict: Verdict
  probability: number | null
  margin: string | null
  marginShare: number | null
  /** The two sides, over the days on which both are known. */
  own: string | null
  alternative: string | null
  reasons: string[]
  flips: Pick<Flip, 'kind' | 'feasible' | 'why'>[]
}
export type ComparatorView = {
  name: string
  /** Lineage of its API-equivalent. */
  id: string
  /** What the same tokens would have cost; null: no token has a price. */
  equivalent: string | null
  perMillion: string | null
  unpricedTokens: string
  /** On which only one side is known: they stay out of verdicts. */
  hoursLeftOut: number
  coverage: Coverage
  didItPay: Judgement
  continue: Judgement
}
/** `amount` null: all of it is unknown. */
export type LayerView = {
  layer: string
  id: string
  amount: string | null
  projected: string | null
  share: number | null
  evidence: Evidence
}
export type StateView = { state: string; id: string; gpuMinutes: string; amount: string | null; share: number | null }
export type Point = {
  start: Day
  /** Lineage of `actual`. */
  id: string
  /** Posted so far; null: nothing is. */
  actual: string | null
  projected: string | null
  /** Not the last word: provisional, seen and not billed yet, or a part of its month. */
  open: boolean
  /** At least half of the GPU time seen has no bill yet, so `actual` is far from the whole cost. */
  awaiting: boolean
  equivalents: Record<string, string | null>
}
/** All exceptions of one kind. `id` opens the only one; amounts are in `currency`, quantities in `unit`. */
export type ExceptionView = Omit<ExceptionRow, 'kind' | 'owner'> & { kind: ExceptionKind; count: number }
export type Totals = {
  id: string
  actual: string
  projected: string | null
  naive: string | null
  provisional: string
  evidence: Evidence
  /** Lineage of the uncertain parts. */
  parts: { provisional: string; inferred: string; assumed: string }
  unconverted: { currency: string; amount: string }[]
  gpu: string
  /** Per million tokens of demand: all cost, and the GPU cost of serving alone. */
  unitAllocation: string | null
  unitUsage: string | null
  tokens: string
  tokensId: string
}
export type CapacityView = {
  states: StateView[]
  gpuMinutes: string
  /** Serving, other work and busy without an engine, of all billed GPU-minutes. */
  busyShare: number | null
  awaitingGpuMinutes: string
  unbilledGpuMinutes: string
}

/** All that the executive page shows. Amounts are in `currency` unless they name their own, as text with every digit. */
export type Overview = OverviewParams & {
  currency: string
  timezone: string
  now: string
  /** The newest run of reconcile; null: nothing has been reconciled yet. */
  run: { id: string; committedAt: string } | null
  hasData: boolean
  totals: Totals
  coverage: Coverage
  comparators: ComparatorView[]
  series: { grain: 'day' | 'month'; points: Point[] }
  layers: LayerView[]
  capacity: CapacityView
  exceptions: ExceptionView[]
  sources: { total: number; fresh: number; failing: string[]; late: string[] }
}
