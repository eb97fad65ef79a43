// Savings Plan negations cancel covered usage, which the ledger takes at a billed cost of zero: so both come to nothing (RULES.md 16).
// What negations take away beyond the covered usage of their day is money, and must not vanish.
import { Money, ZERO } from '#lib/domain/money.ts'
import { dayOf } from '#lib/domain/time.ts'
import type { CurLine } from './line.ts'

/** Less than this a day is the report's own rounding. */
const ROUNDING = new Money('0.000001')

type Day = { sum: Money; place: { file: string; line: number } | undefined; last: CurLine | undefined }

/** Covered usage plus negations, by payer, billing period, currency and UTC day. */
export class Negations {
  private readonly days = new Map<string, Day>()

  private of(line: CurLine): Day {
    const key = [line.billingAccount, line.billingPeriod.start, line.currency, dayOf(line.charge.start)].join(' ')
    let day = this.days.get(key)
    if (!day) {
      day = { sum: ZERO, place: undefined, last: undefined }
      this.days.set(key, day)
    }
    return day
  }

  covered(line: CurLine): void {
    const day = this.of(line)
    day.sum = day.sum.plus(line.fileBilled)
  }

  negated(line: CurLine, place: { file: string; line: number }): void {
    const day = this.of(line)
    day.sum = day.sum.plus(line.fileBilled)
    day.place = place
    day.last = line
  }

  /** What was taken away too much, as charges beside the last negation of their day. */
  *excess(): Generator<{ file: string; line: number; fact: CurLine; part: true }> {
    for (const { sum, place, last } of this.days.values()) {
      if (!last || !place || sum.greaterThan(ROUNDING.negated())) continue
      const amount = sum.toFixed()
      const kind = {
        category: 'Adjustment',
        correction: false,
        frequency: null,
        status: null,
        unused: null,
        neutral: null,
        reprices: false,
      } as const
      yield { ...place, fact: last.beside('excess', { ...kind, billed: amount, effective: amount }), part: true }
    }
  }
}
