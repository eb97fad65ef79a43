// splitMoney of lib/domain/money.ts as SQL (RULES.md 14): parts are floored to 1e-12, the residue goes in units of 1e-12 to the
// largest remainders, ties to the earlier part; what is finer than 1e-12 stays on the first part that has weight.

const UNITS_PER_ONE = '1000000000000'
const UNIT = '0.000000000001'

/** Exact floor of a ÷ b for b > 0: numeric's own division rounds. */
const floorDivision = (a: string, b: string) => `(div(${a}, ${b}) - (mod(${a}, ${b}) < 0)::int)`

export type SplitOptions = {
  /** A relation (table name or parenthesised query) with one row a part: the group's columns, `ord`, the weight, the amounts. */
  from: string
  /** Columns that identify what is split. */
  group: string
  /** Amounts of the whole, repeated on every part; each comes back under its own name as the part's share. */
  amounts: readonly string[]
  /** A column ≥ 0, numeric. When all are 0 the whole goes to the first part. */
  weight: string
  /** An expression that orders the parts. */
  ord: string
  /** Columns to hand through. */
  keep: string
}

/** A SELECT of `keep` and the shares. */
export function splitSql({ from, group, amounts, weight, ord, keep }: SplitOptions): string {
  const share = (a: string) => `CASE
    WHEN total_weight = 0 THEN CASE WHEN position = 1 THEN whole_${a} ELSE 0 END
    ELSE (floor_${a} + (row_number() OVER (PARTITION BY ${group} ORDER BY units_${a} * weight_of - floor_${a} * total_weight DESC, position)
            <= units_${a} - sum(floor_${a}) OVER (PARTITION BY ${group}))::int) * ${UNIT}
      + CASE WHEN position = first_weighted THEN whole_${a} - units_${a} * ${UNIT} ELSE 0 END
    END AS ${a}`
  return `
SELECT ${keep}, ${amounts.map(share).join(',\n')}
FROM (
  SELECT *, min(position) FILTER (WHERE weight_of > 0) OVER (PARTITION BY ${group}) AS first_weighted,
    ${amounts.map((a) => `CASE WHEN total_weight > 0 THEN ${floorDivision(`units_${a} * weight_of`, 'total_weight')} END AS floor_${a}`).join(', ')}
  FROM (
    SELECT p.*, ${weight} AS weight_of, sum(${weight}) OVER (PARTITION BY ${group}) AS total_weight,
      row_number() OVER (PARTITION BY ${group} ORDER BY ${ord}) AS position,
      ${amounts.map((a) => `p.${a} AS whole_${a}, floor(p.${a} * ${UNITS_PER_ONE}) AS units_${a}`).join(', ')}
    FROM ${from} p) weighted) floored`
}
