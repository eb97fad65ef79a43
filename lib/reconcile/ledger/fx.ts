/** SQL of the rate to `target` on a UTC day: that day's, else the latest of the 7 days before, else null (RULES.md, Fx). */
export const rateSql = (day: string, currency: string, target: string): string => `(
    SELECT f.rate FROM fx f WHERE f.from_currency = ${currency} AND f.to_currency = ${target} AND f.day BETWEEN ${day} - 7 AND ${day}
    ORDER BY f.day DESC LIMIT 1)`

/** SQL of an amount in `target`: exact in its own currency, else amount × rate with one rounding to 1e-12, half to even. */
export const convertedSql = (amount: string, rate: string, currency: string, target: string): string =>
  `CASE WHEN ${currency} = ${target} THEN ${amount} ELSE round_half_even(${amount} * ${rate}, 12) END`
