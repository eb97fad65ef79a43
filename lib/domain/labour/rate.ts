import { type Money, round12 } from '#lib/domain/money.ts'
import type { Day } from '#lib/domain/time.ts'

export type RoleRate = {
  role: string
  from: Day
  currency: string
  standardPerYear: Money
  /** Null: not known, so there is no premium to tell. */
  actualPerYear: Money | null
  hoursPerYear: Money
}
export type StandbyRate = { rotation: string; from: Day; currency: string; perHour: Money; perShift: Money; holidayFactor: Money }

/** The row in force on a UTC day: the latest `from` that is not after it. */
export function inForce<Row extends { from: Day }>(rows: readonly Row[], day: Day): Row | undefined {
  let found: Row | undefined
  for (const row of rows) if (row.from <= day && (!found || row.from > found.from)) found = row
  return found
}

/** Seconds × per year ÷ hours per year, rounded once (RULES.md 28). */
export const priceOf = (seconds: Money, perYear: Money, hoursPerYear: Money): Money =>
  round12(seconds.times(perYear).div(hoursPerYear.times(3600)))
