// What a comparator would have charged (RULES.md 31): the oracle of lib/reconcile/comparison.
import type { TokenClass } from '#lib/domain/layers.ts'
import { Money, round12 } from '#lib/domain/money.ts'
import type { Day } from '#lib/domain/time.ts'

/** Per million tokens of one class, from a UTC day on. A declared price in force wins over any of the catalogue. */
export type DatedPrice = {
  provider: string
  model: string
  class: TokenClass
  from: Day
  origin: 'declared' | 'catalogue'
  perMillion: Money
  currency: string
}

/**
 * `cacheParity` 'equal' (default): the comparator caches as the fleet did, so cache reads need a cache-read price. 'none': it has no
 * cache, and cached tokens are charged as prompt.
 */
export type Knobs = { tokenizerRatio: Money; outputRatio: Money; cacheParity: 'equal' | 'none' }

/** The price in force on `day`, or undefined: unknown, which is not zero. */
export function priceInForce(
  prices: readonly DatedPrice[],
  key: { provider: string; model: string; class: TokenClass; day: Day },
): DatedPrice | undefined {
  const inForce = prices.filter((p) => p.provider === key.provider && p.model === key.model && p.class === key.class && p.from <= key.day)
  const declared = inForce.filter((p) => p.origin === 'declared')
  return (declared.length ? declared : inForce).reduce<DatedPrice | undefined>(
    (best, p) => (!best || p.from > best.from ? p : best),
    undefined,
  )
}

/** Tokens as the comparator would count them: its own tokenizer for input, its own length for output. */
export const billableTokens = (tokens: Money, tokenClass: TokenClass, knobs: Knobs): Money =>
  tokens.times(tokenClass === 'generation' ? knobs.outputRatio : knobs.tokenizerRatio)

/** Under which class the comparator prices a token of ours. */
export const pricedAs = (tokenClass: TokenClass, knobs: Knobs): TokenClass =>
  tokenClass === 'cache_read' && knobs.cacheParity === 'none' ? 'prompt' : tokenClass

export type Equivalent = { amount: Money; currency: string; billable: Money } | { unpriced: Money }

/** The amount for one day's tokens of one class (rounded once, 1e-12), or the tokens that stay unpriced. */
export function equivalentOf(
  use: { day: Day; tokens: Money; class: TokenClass; provider: string; model: string },
  knobs: Knobs,
  prices: readonly DatedPrice[],
): Equivalent {
  const price = priceInForce(prices, { ...use, class: pricedAs(use.class, knobs) })
  if (!price) return { unpriced: use.tokens }
  const billable = billableTokens(use.tokens, use.class, knobs)
  return { amount: round12(billable.times('0.000001').times(price.perMillion)), currency: price.currency, billable }
}

export const DEFAULT_KNOBS: Knobs = { tokenizerRatio: new Money(1), outputRatio: new Money(1), cacheParity: 'equal' }
