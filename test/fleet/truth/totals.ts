// Totals as one flat table: what is compared is every cell of it.
import { type Exact, NONE } from '../sim/decimal.ts'

export class Totals {
  readonly cells = new Map<string, Exact>()
  add(key: string, value: Exact): void {
    this.cells.set(key, (this.cells.get(key) ?? NONE).plus(value))
  }
  merge(other: Totals): this {
    for (const [key, value] of other.cells) this.add(key, value)
    return this
  }
}

export type Difference = { key: string; expected: string; found: string }

/** Cells that differ, to the last digit. A missing cell is zero: an absent row and a row of nothing say the same. */
export function differences(expected: Totals, found: Totals): Difference[] {
  const list: Difference[] = []
  for (const key of [...new Set([...expected.cells.keys(), ...found.cells.keys()])].sort()) {
    const [a, b] = [expected.cells.get(key) ?? NONE, found.cells.get(key) ?? NONE]
    if (!a.eq(b)) list.push({ key, expected: a.toFixed(), found: b.toFixed() })
  }
  return list
}
