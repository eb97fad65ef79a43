// Reading tokens of one line. Text is a latin1 view of the bytes, so that positions are bytes; `cursor.end` is where a token ended.

/** Set by the scanners; -1 where there was no valid token. One object, so that the hot path allocates nothing. */
export const cursor = { end: 0 }

const POW10 = Float64Array.from({ length: 23 }, (_, n) => 10 ** n)
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const INFINITE = /^[+-]?inf(?:inity)?$/i

export const isBlank = (c: number): boolean => c === 32 || c === 9
/** A newline, a carriage return, or (NaN) the end of the text. */
export const isLineEnd = (c: number): boolean => c === 10 || c === 13 || Number.isNaN(c)

export function skipBlanks(s: string, at: number): number {
  let i = at
  while (isBlank(s.charCodeAt(i))) i++
  return i
}

/**
 * A floating point number as Go's ParseFloat takes it (no hexadecimal, no underscores), NaN and infinities included.
 * Up to 15 digits with a small exponent are exact as one multiplication or division of two exact doubles.
 */
export function scanNumber(s: string, at: number): number {
  let i = at
  let c = s.charCodeAt(i)
  const negative = c === 45
  if (negative || c === 43) c = s.charCodeAt(++i)
  let mantissa = 0
  const first = i
  while (c >= 48 && c <= 57) {
    mantissa = mantissa * 10 + (c - 48)
    c = s.charCodeAt(++i)
  }
  let digits = i - first
  let exponent = 0
  if (c === 46) {
    const dot = ++i
    c = s.charCodeAt(i)
    while (c >= 48 && c <= 57) {
      mantissa = mantissa * 10 + (c - 48)
      c = s.charCodeAt(++i)
    }
    exponent = dot - i
    digits -= exponent
  }
  if (digits === 0 || digits > 15) return scanSlow(s, at)
  if (c === 101 || c === 69) {
    c = s.charCodeAt(++i)
    const down = c === 45
    if (down || c === 43) c = s.charCodeAt(++i)
    const start = i
    let power = 0
    while (c >= 48 && c <= 57) {
      power = power * 10 + (c - 48)
      c = s.charCodeAt(++i)
    }
    if (i === start || i - start > 3) return scanSlow(s, at)
    exponent += down ? -power : power
  }
  if (exponent < -22 || exponent > 22 || !(isBlank(c) || isLineEnd(c))) return scanSlow(s, at)
  cursor.end = i
  const value = exponent < 0 ? mantissa / POW10[-exponent]! : exponent > 0 ? mantissa * POW10[exponent]! : mantissa
  return negative ? -value : value
}

function scanSlow(s: string, at: number): number {
  let end = at
  for (let c = s.charCodeAt(end); !isBlank(c) && !isLineEnd(c); c = s.charCodeAt(end)) end++
  const text = s.slice(at, end)
  cursor.end = end
  if (FLOAT.test(text)) return Number(text)
  if (/^[+-]?nan$/i.test(text)) return NaN
  if (INFINITE.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  cursor.end = -1
  return NaN
}

/** A timestamp in milliseconds: a whole number of them, or (OpenMetrics) seconds with a fraction. */
export function scanTimestamp(s: string, at: number, openMetrics: boolean): number {
  const value = scanNumber(s, at)
  if (cursor.end < 0) return NaN
  if (openMetrics && Number.isFinite(value)) return Math.round(value * 1000)
  if (Number.isSafeInteger(value) && !/[.eE]/.test(s.slice(at, cursor.end))) return value
  cursor.end = -1
  return NaN
}
