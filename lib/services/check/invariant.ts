/** A query that finds nothing while the invariant holds. Each row it finds is a violation and names itself by its columns. */
export type Invariant = {
  code: string
  /** What is broken, in words; the row's columns follow. */
  says: string
  sql: string
}

export const AMOUNTS = ['billed', 'effective', 'billed_rc', 'effective_rc', 'quantity'] as const

/** SQL: any of the amounts of `a` and `b` differ, absent counting as nothing. */
export const differs = (a: string, b: string, amounts: readonly string[] = AMOUNTS): string =>
  amounts.map((amount) => `coalesce(${a}.${amount}, 0) <> coalesce(${b}.${amount}, 0)`).join(' OR ')
