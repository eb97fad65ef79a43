import { Money } from '#lib/domain/money.ts'

/** A decimal text of digits, a sign and one point, as an integer and how many of its digits are fractional. */
function scaled(text: string): { digits: bigint; scale: number } {
  const exponent = text.search(/[eE]/)
  if (exponent >= 0) return scaled(new Money(text).toFixed())
  const point = text.indexOf('.')
  if (point < 0) return { digits: BigInt(text), scale: 0 }
  const digits = text.slice(0, point) + text.slice(point + 1)
  return { digits: BigInt(digits.startsWith('+') ? digits.slice(1) : digits), scale: text.length - point - 1 }
}

// The same text is added to several sums in a row: as read and as accepted, billed and effective.
let lastText = '0'
let last = scaled(lastText)

/** The sum of decimal texts, every digit kept; integers inside, because millions of lines go through it. */
export class ExactSum {
  private readonly byScale: bigint[] = []

  add(text: string): void {
    if (text !== lastText) {
      last = scaled(text)
      lastText = text
    }
    const { digits, scale } = last
    this.byScale[scale] = (this.byScale[scale] ?? 0n) + digits
  }

  /** Every digit, no exponent, no superfluous zeros. */
  toString(): string {
    let total = new Money(0)
    this.byScale.forEach((digits, scale) => {
      total = total.plus(new Money(digits.toString()).times(new Money(10).pow(-scale)))
    })
    return total.toFixed()
  }
}
