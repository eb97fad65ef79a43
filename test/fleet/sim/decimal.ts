import { Decimal } from 'decimal.js'

/** The simulator's own exact decimals: it shares no arithmetic with the product. */
export const Exact = Decimal.clone({ precision: 120, rounding: Decimal.ROUND_HALF_EVEN, toExpNeg: -500, toExpPos: 500 })
export type Exact = Decimal

export const exact = (value: Decimal.Value): Exact => new Exact(value)
export const NONE: Exact = exact(0)
/** Half to even at 1e-12. */
export const rounded = (value: Exact): Exact => value.toDecimalPlaces(12, Decimal.ROUND_HALF_EVEN)
export const floored = (value: Exact): Exact => value.toDecimalPlaces(12, Decimal.ROUND_FLOOR)
