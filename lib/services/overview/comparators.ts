import type { CompareReport } from '#lib/services/report/compare.ts'
import type { Judgement as Judged, VerdictReport } from '#lib/services/report/verdict.ts'
import type { ComparatorView, Judgement } from './types.ts'

const judgementOf = ({ verdict, probability, margin, marginShare, own, alternative, evidence, flips }: Judged): Judgement => ({
  verdict,
  probability,
  margin,
  marginShare,
  own,
  alternative,
  reasons: evidence.reasons,
  flips: flips.map(({ kind, feasible, why }) => ({ kind, feasible, why })),
})

/** Every comparator with what it would have cost and its two verdicts, in the order of the reports. */
export function comparatorsOf(compare: CompareReport, verdict: VerdictReport): ComparatorView[] {
  return verdict.comparators.map((judged) => {
    const priced = compare.comparators.find((one) => one.name === judged.name)
    return {
      name: judged.name,
      id: judged.id,
      equivalent: priced === undefined || priced.perMillion === null ? null : priced.apiEquivalent,
      perMillion: priced?.perMillion ?? null,
      unpricedTokens: priced?.unpricedTokens ?? '0',
      hoursLeftOut: priced?.hoursLeftOut ?? 0,
      coverage: judged.didItPay.evidence.coverage,
      didItPay: judgementOf(judged.didItPay),
      continue: judgementOf(judged.continue),
    }
  })
}
