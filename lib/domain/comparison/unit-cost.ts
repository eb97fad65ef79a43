import { TOKEN_CLASSES, type TokenClass } from '#lib/domain/layers.ts'
import { Money, round12, splitMoney, sumMoney, ZERO } from '#lib/domain/money.ts'

/** A cached token needs no prefill, but its cache must be kept and read: it counts as a tenth of a prompt token. */
export const CACHE_READ_WEIGHT = 0.1

export type TokenCounts = Partial<Record<TokenClass, Money>>
/** `method` is named wherever the split is shown. */
export type UnitCost = {
  method: 'request-seconds' | 'token counts'
  amount: Money
  /** Sum to `amount` exactly. */
  byClass: Record<TokenClass, Money>
  /** Per million tokens, 1e-12; null where no token of the class was served. */
  perMillion: Record<TokenClass, Money | null>
  all: Money | null
}

export const METHODS: Record<UnitCost['method'], string> = {
  'request-seconds': `by measured request-seconds: prefill to prompt, cache write and cache read (a cached token at ${CACHE_READ_WEIGHT} of a prompt token), decode to generation; requests decode in parallel, so this leans towards generation`,
  'token counts': 'by token counts: no request-seconds were measured, so every token costs the same',
}

function weights(tokens: TokenCounts, seconds: { prefill: Money; decode: Money } | null): { method: UnitCost['method']; weights: Money[] } {
  const count = (name: TokenClass) => tokens[name] ?? ZERO
  const input = sumMoney([count('prompt'), count('cache_write'), count('cache_read').times(CACHE_READ_WEIGHT)])
  // Seconds without tokens of their side would go to no one: then counts decide.
  if (
    !seconds ||
    seconds.prefill.plus(seconds.decode).isZero() ||
    (seconds.prefill.gt(0) && input.isZero()) ||
    (seconds.decode.gt(0) && count('generation').isZero())
  )
    return { method: 'token counts', weights: TOKEN_CLASSES.map(count) }
  const share = (weight: Money) => (input.isZero() ? ZERO : seconds.prefill.times(weight).div(input))
  const weightOf: Record<TokenClass, Money> = {
    prompt: share(count('prompt')),
    cache_read: share(count('cache_read').times(CACHE_READ_WEIGHT)),
    cache_write: share(count('cache_write')),
    generation: seconds.decode,
  }
  return { method: 'request-seconds', weights: TOKEN_CLASSES.map((name) => weightOf[name]) }
}

/** Divides a cost over the token classes that it served. Null when nothing was served: a cost without tokens has no unit cost. */
export function unitCost(amount: Money, tokens: TokenCounts, seconds: { prefill: Money; decode: Money } | null): UnitCost | null {
  const total = sumMoney(Object.values(tokens))
  if (total.isZero()) return null
  const split = weights(tokens, seconds)
  const parts = splitMoney(amount, split.weights)
  const byClass = Object.fromEntries(TOKEN_CLASSES.map((name, index) => [name, parts[index]!])) as Record<TokenClass, Money>
  const per = (cost: Money, count: Money) => (count.isZero() ? null : round12(cost.times(1_000_000).div(count)))
  const perMillion = Object.fromEntries(
    TOKEN_CLASSES.map((name) => [name, per(byClass[name], new Money(tokens[name] ?? 0))]),
  ) as UnitCost['perMillion']
  return { method: split.method, amount, byClass, perMillion, all: per(amount, total) }
}
