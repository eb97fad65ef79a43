import { hash } from 'node:crypto'

/** Two sums of 52 bits: equal for equal sets of rows, whatever their order. */
class Lanes {
  private readonly sums = [0, 0]
  private rows = 0

  add(hex: string): void {
    this.rows++
    for (let i = 0; i < 2; i++) {
      const sum = (this.sums[i] as number) + Number.parseInt(hex.slice(i * 13, i * 13 + 13), 16)
      this.sums[i] = sum >= 2 ** 52 ? sum - 2 ** 52 : sum
    }
  }

  toString(): string {
    return `${this.rows} ${this.sums.map((sum) => sum.toString(16)).join(' ')}`
  }
}

/** What a batch says as a whole, independent of the order of its rows: the rows under each decision of scope and layer. */
export class BatchContent {
  private readonly byDecision = new Map<string, Lanes>()

  /** `contentKey` in hexadecimal. */
  add(decision: string, contentKey: string): void {
    let lanes = this.byDecision.get(decision)
    if (!lanes) {
      lanes = new Lanes()
      this.byDecision.set(decision, lanes)
    }
    lanes.add(contentKey)
  }

  sha256(): string {
    const parts = [...this.byDecision].map(([decision, lanes]) => `${decision}: ${lanes.toString()}`).sort()
    return hash('sha256', parts.join('\n'))
  }
}
