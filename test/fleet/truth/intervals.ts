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

export const common = (a: readonly Span[], b: readonly Span[]): Span[] =>
  union(a.flatMap((x) => b.map((y) => ({ from: Math.max(x.from, y.from), to: Math.min(x.to, y.to) }))))

export function without(a: readonly Span[], b: readonly Span[]): Span[] {
  let rest = union(a)
  for (const cut of b)
    rest = rest.flatMap((span) => [
      { from: span.from, to: Math.min(span.to, cut.from) },
      { from: Math.max(span.from, cut.to), to: span.to },
    ])
  return union(rest)
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
