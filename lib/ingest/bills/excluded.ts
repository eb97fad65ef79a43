// Money of lines ruled out of scope, summed by UTC day: those lines are not stored.
import type { BillLine, StoredTexts } from '#lib/domain/bill.ts'
import { Money, splitMoney } from '#lib/domain/money.ts'
import { countsInShare } from '#lib/domain/scope.ts'
import { DAY_MS, type Day, daysOf, dayStart } from '#lib/domain/time.ts'
import { ExactSum } from '../exact-sum.ts'

type DaySum = { currency: string; day: Day; category: string; shares: boolean; rows: number; billed: ExactSum; effective: ExactSum }

export class ExcludedDays {
  private readonly sums = new Map<string, DaySum>()

  /** A line over several days is spread over them by seconds; it counts as a row on its first. */
  add(line: BillLine, stored: StoredTexts, part = false): void {
    const shares = countsInShare(line)
    const days = daysOf(line.charge)
    if (days.length === 1) {
      this.put(line, days[0] as Day, shares, part ? 0 : 1, stored.billed, stored.effective ?? '0')
      return
    }
    const seconds = days.map((day) => {
      const start = dayStart(day)
      return (Math.min(line.charge.end, start + DAY_MS) - Math.max(line.charge.start, start)) / 1000
    })
    const billed = splitMoney(new Money(stored.billed), seconds)
    const effective = line.effective === null ? null : splitMoney(line.effective, seconds)
    days.forEach((day, i) => {
      this.put(line, day, shares, i === 0 && !part ? 1 : 0, billed[i]!.toFixed(), effective?.[i]?.toFixed() ?? '0')
    })
  }

  private put(line: BillLine, day: Day, shares: boolean, rows: number, billed: string, effective: string): void {
    const key = `${day} ${line.currency} ${shares} ${line.chargeCategory}`
    let sum = this.sums.get(key)
    if (!sum) {
      const { currency, chargeCategory: category } = line
      sum = { currency: `${currency}`, day, category, shares, rows: 0, billed: new ExactSum(), effective: new ExactSum() }
      this.sums.set(key, sum)
    }
    sum.rows += rows
    sum.billed.add(billed)
    sum.effective.add(effective)
  }

  /** As arrays of columns, for unnest. */
  columns(): {
    currency: string[]
    day: Day[]
    category: string[]
    shares: boolean[]
    rows: number[]
    billed: string[]
    effective: string[]
  } {
    const all = [...this.sums.values()]
    return {
      currency: all.map((sum) => sum.currency),
      day: all.map((sum) => sum.day),
      category: all.map((sum) => sum.category),
      shares: all.map((sum) => sum.shares),
      rows: all.map((sum) => sum.rows),
      billed: all.map((sum) => sum.billed.toString()),
      effective: all.map((sum) => sum.effective.toString()),
    }
  }
}

/** The spans of UTC days that lines touch, as days since the epoch: few, however many the lines. */
export class DaySet {
  private readonly known = new Map<number, number>()
  private lastStart = -1
  private lastEnd = -1

  add(start: number, end: number): void {
    if (start === this.lastStart && end === this.lastEnd) return
    this.lastStart = start
    this.lastEnd = end
    const first = Math.floor(start / DAY_MS)
    const after = Math.ceil(end / DAY_MS)
    this.known.set(first * 100_000 + after, first)
  }

  *spans(): Generator<{ first: number; after: number }> {
    for (const [key, first] of this.known) yield { first, after: key - first * 100_000 }
  }
}
