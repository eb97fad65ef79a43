import { type Money, sumMoney } from '#lib/domain/money.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { amount, shown } from '#lib/services/report/amounts.ts'
import type { CompareReport } from '#lib/services/report/compare.ts'
import type { LedgerFilter } from '#lib/services/report/query.ts'
import type { TcoReport, TcoRow } from '#lib/services/report/tco.ts'
import type { Evidence, LayerView, OverviewParams, Totals } from './types.ts'

const sumOf = (rows: readonly TcoRow[], of: (row: TcoRow) => string | null): Money => sumMoney(rows.map((row) => amount(of(row))))

/** Layers with anything in them or planned for them, the greatest first; what is unknown last. */
export function layersOf(report: TcoReport): LayerView[] {
  const total = sumOf(report.rows, (row) => row.amount)
  return report.rows
    .filter((row) => row.amount === null || Number(row.amount) !== 0 || Number(row.projected ?? 0) !== 0)
    .map((row) => ({
      layer: row.layer ?? '',
      id: row.id,
      amount: row.amount,
      projected: row.projected,
      share: total.lte(0) || row.amount === null ? null : amount(row.amount).div(total).toNumber(),
      evidence: evidenceOf([row]),
    }))
    .sort((a, b) => Number(a.amount === null) - Number(b.amount === null) || amount(b.amount).cmp(amount(a.amount)))
}

const evidenceOf = (rows: readonly TcoRow[]): Evidence => ({
  measured: shown(sumOf(rows, (row) => row.evidence.measured)),
  inferred: shown(sumOf(rows, (row) => row.evidence.inferred)),
  assumed: shown(sumOf(rows, (row) => row.evidence.assumed)),
})

type Quantities = { tokens: Money; unit: CompareReport['selfHosted']; projected: string | null; naive: string | null }

/** Totals of the period, from the reports. */
export function totalsOf(report: TcoReport, params: OverviewParams, { tokens, unit, projected, naive }: Quantities): Totals {
  const { from, to, basis } = params
  const actual = sumOf(report.rows, (row) => row.amount)
  const gpu = sumOf(
    report.rows.filter((row) => row.layer === 'gpu_compute'),
    (row) => row.amount,
  )
  const idOf = (where?: LedgerFilter) => lineageId({ report: 'tco', from, to, basis, where })
  return {
    id: idOf(),
    parts: { provisional: idOf({ provisional: 'true' }), inferred: idOf({ evidence: 'inferred' }), assumed: idOf({ evidence: 'assumed' }) },
    actual: shown(actual),
    projected,
    naive,
    provisional: report.provisional,
    evidence: evidenceOf(report.rows),
    unconverted: report.unconverted.map((one) => ({ currency: one.currency, amount: one[basis] })),
    gpu: shown(gpu),
    unitAllocation: unit.allocation?.perMillion.all ?? null,
    unitUsage: unit.usage?.perMillion.all ?? null,
    tokens: shown(tokens),
    tokensId: lineageId({ report: 'tokens', from, to, measures: ['tokens'] }),
  }
}
