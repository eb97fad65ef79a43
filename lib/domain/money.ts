import { Decimal } from 'decimal.js'

// Facts hold at most 26 integer and 30 fractional digits; 100 significant digits keep every sum and product of them exact.
export const Money = Decimal.clone({ precision: 100, rounding: Decimal.ROUND_HALF_EVEN, toExpNeg: -1000, toExpPos: 1000 })
export type Money = Decimal

/** The ledger's quantum: amounts that had to be split are multiples of 1e-12. */
export const QUANTUM_DIGITS = 12

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/

/**
 * A decimal number as facts write it: decimal point, no grouping, exponent allowed.
 * Returns undefined for anything else, and for more than 26 integer or 30 fractional digits.
 */
export function parseAmount(text: string): Money | undefined {
  if (!PLAIN.test(text)) return undefined
  const value = new Money(text)
  if (value.decimalPlaces() > 30 || (!value.isZero() && value.e >= 26)) return undefined
  return value
}

/** Every digit, no exponent. */
export const formatAmount = (value: Money): string => value.toFixed()

export const ZERO: Money = new Money(0)

/** Sum without loss. */
export const sumMoney = (values: Iterable<Money>): Money => {
  let total: Money = ZERO
  for (const value of values) total = total.plus(value)
  return total
}

/** One rounding to 1e-12, half to even: a conversion or a rate times hours (RULES.md, Fx and 28). */
export const round12 = (value: Money): Money => value.toDecimalPlaces(QUANTUM_DIGITS, Decimal.ROUND_HALF_EVEN)

/**
 * Splits `amount` by `weights` so that the parts sum to it exactly: each part is floored to 1e-12, then the residue goes in units of
 * 1e-12 to the largest remainders, ties to the earlier part (RULES.md 14). What is finer than 1e-12 stays on the first part that has weight.
 * Weights are non-negative; when all are zero the whole amount goes to the first part. An empty list gives an empty list.
 */
export function splitMoney(amount: Money, weights: readonly (Money | number)[]): Money[] {
  if (weights.length === 0) return []
  const exact = weights.map((weight) => new Money(weight))
  const total = sumMoney(exact)
  if (total.isZero()) return exact.map((_, index) => (index === 0 ? amount : ZERO))
  const quantum = new Money(10).pow(-QUANTUM_DIGITS)
  const whole = amount.toDecimalPlaces(QUANTUM_DIGITS, Decimal.ROUND_FLOOR)
  const parts = exact.map((weight) => {
    const share = whole.times(weight).div(total)
    const floor = share.toDecimalPlaces(QUANTUM_DIGITS, Decimal.ROUND_FLOOR)
    // Exact, in units of 1 ÷ total: a rounded quotient would break ties by its last digit.
    return { floor, rest: whole.times(weight).minus(floor.times(total)) }
  })
  const residue = whole.minus(sumMoney(parts.map((part) => part.floor)))
  const units = residue.div(quantum).toNumber()
  const order = parts.map((_, index) => index).sort((a, b) => parts[b]!.rest.cmp(parts[a]!.rest) || a - b)
  const result = parts.map((part) => part.floor)
  for (const index of order.slice(0, units)) result[index] = result[index]!.plus(quantum)
  const first = exact.findIndex((weight) => !weight.isZero())
  result[first] = result[first]!.plus(amount.minus(whole))
  return result
}
