// Exact sums of decimal texts, so that what a page adds up is compared to the last digit.
const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/
const DIGITS = 40

function scaled(text: string): bigint {
  const match = PLAIN.exec(text)
  if (!match) throw new Error(`${text} is no plain decimal number`)
  const [, sign, whole = '0', fraction = ''] = match
  const value = BigInt(whole + fraction.padEnd(DIGITS, '0'))
  return sign === '-' ? -value : value
}

/** Σ, without trailing zeros. Throws for a text that is no plain decimal number. */
export function sumDecimals(texts: readonly string[]): string {
  const sum = texts.reduce((total, text) => total + scaled(text), 0n)
  const digits = (sum < 0n ? -sum : sum).toString().padStart(DIGITS + 1, '0')
  const fraction = digits.slice(-DIGITS).replace(/0+$/, '')
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -DIGITS)}${fraction && `.${fraction}`}`
}

export const equalDecimals = (a: string, b: string): boolean => scaled(a) === scaled(b)
