// Two questions, one rule (DESIGN.md section 7): pays off, costs more, too close to call, or not enough evidence to say.

export type Verdict = 'pays off' | 'costs more' | 'too close to call' | 'not enough evidence' | 'not eligible'
/** Shares 0..1 of what is known; null: unknown, which is worse than any share. */
export type Coverages = { cost: number | null; tokens: number | null; labour: number | null; prices: number | null }

export const LEAST_COVERAGE = 0.9
export const MOST_PROVISIONAL = 0.2
export const MOST_ASSUMED = 0.5
export const LEAST_PROBABILITY = 0.8
export const LEAST_MARGIN = 0.05

export type Case = {
  /** Both sides in one currency over the same hours; null: it could not be computed. */
  own: number | null
  alternative: number | null
  coverages: Coverages
  /** Shares 0..1 of own cost. */
  provisional: number
  assumed: number
  /** Amounts that no rate converts forbid a verdict. */
  unconverted: boolean
  /** That self-hosting is cheaper; null: nothing uncertain is stated, so the margin alone decides. */
  probability: number | null
  /** A constraint that rules the alternative out, such as data residency. */
  notEligible: string | null
  /** Further gaps that forbid a verdict, found by the caller. */
  gaps: readonly string[]
}

export type Decision = {
  verdict: Verdict
  probability: number | null
  /** (alternative − own) ÷ alternative: positive where self-hosting is cheaper; null where a side is unknown or the alternative is 0. */
  margin: number | null
  reasons: string[]
}

const percent = (share: number) => `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`

/** What stands between the figures and a verdict; empty when nothing does. */
export function evidenceGaps(c: Case): string[] {
  const gaps = [...c.gaps]
  for (const [name, share] of Object.entries(c.coverages)) {
    if (share === null) gaps.push(`${name} coverage is unknown`)
    else if (share < LEAST_COVERAGE) gaps.push(`${name} coverage is ${percent(share)}, below ${percent(LEAST_COVERAGE)}`)
  }
  if (c.provisional > MOST_PROVISIONAL)
    gaps.push(`${percent(c.provisional)} of the cost is provisional, above ${percent(MOST_PROVISIONAL)}`)
  if (c.assumed > MOST_ASSUMED) gaps.push(`${percent(c.assumed)} of the cost is assumed, above ${percent(MOST_ASSUMED)}`)
  if (c.unconverted) gaps.push('an amount has no exchange rate and stays unconverted')
  if (c.own === null) gaps.push('the own cost is unknown')
  if (c.alternative === null || c.alternative === 0) gaps.push('the alternative has no price for anything that was served')
  return gaps
}

/** The verdict of one question. The margin is given wherever both sides are known, also without a verdict. */
export function decideVerdict(c: Case): Decision {
  const margin = c.own === null || !c.alternative ? null : (c.alternative - c.own) / c.alternative
  const known = { probability: c.probability, margin }
  if (c.notEligible !== null) return { ...known, verdict: 'not eligible', reasons: [c.notEligible] }
  const gaps = evidenceGaps(c)
  if (gaps.length > 0 || margin === null) return { ...known, verdict: 'not enough evidence', reasons: gaps }
  const { verdict, reason } = byMargin(margin, c.probability)
  return {
    ...known,
    verdict,
    reasons: [reason, ...(c.probability === null ? ['nothing uncertain is stated: the margin alone decides'] : [])],
  }
}

function byMargin(margin: number, probability: number | null): { verdict: Verdict; reason: string } {
  const cheaper = margin > 0 ? 'self-hosting' : 'the alternative'
  const size = percent(Math.abs(margin))
  if (Math.abs(margin) <= LEAST_MARGIN)
    return { verdict: 'too close to call', reason: `the sides differ by ${size}, within ${percent(LEAST_MARGIN)}` }
  const sure = probability === null ? null : margin > 0 ? probability : 1 - probability
  if (sure !== null && sure < LEAST_PROBABILITY)
    return { verdict: 'too close to call', reason: `${cheaper} is cheaper by ${size}, but only with ${percent(sure)} probability` }
  return { verdict: margin > 0 ? 'pays off' : 'costs more', reason: `${cheaper} is cheaper by ${size}` }
}
