import type { Span } from '../sim/time.ts'

/** Sorted and without overlaps. */
export function union(spans: readonly Span[]): Span[] {
  const result: Span[] = []
  for (const span of spans.filter((one) => one.to > one.from).sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to)
    else result.push({ ...span })
  }
  return result
}

/** What lies in both. */
export function common(a: readonly Span[], b: readonly Span[]): Span[] {
  const [left, right] = [union(a), union(b)]
  const result: Span[] = []
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const [x, y] = [left[i]!, right[j]!]
    const both = { from: Math.max(x.from, y.from), to: Math.min(x.to, y.to) }
    if (both.to > both.from) result.push(both)
    if (x.to < y.to) i++
    else j++
  }
  return result
}

/** What lies in the first and not in the second: the first cut by the gaps of the second. */
export function without(a: readonly Span[], b: readonly Span[]): Span[] {
  const gaps: Span[] = []
  let from = Number.NEGATIVE_INFINITY
  for (const span of union(b)) {
    gaps.push({ from, to: span.from })
    from = span.to
  }
  return common(a, [...gaps, { from, to: Number.POSITIVE_INFINITY }])
}

export const seconds = (spans: readonly Span[]): number => spans.reduce((sum, span) => sum + (span.to - span.from), 0) / 1000

/** The first so many seconds of them. */
export function earliest(spans: readonly Span[], count: number): Span[] {
  const result: Span[] = []
  let left = count * 1000
  for (const span of spans) {
    if (left <= 0) break
    const to = Math.min(span.to, span.from + left)
    result.push({ from: span.from, to })
    left -= to - span.from
  }
  return result
}
