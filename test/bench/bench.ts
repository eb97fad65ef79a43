/** One line of `npm run bench`: ours beside its peer, medians of alternating runs. `ratio` is ours ÷ peer; `goal` is what it must hold. */
export type BenchResult = {
  name: string
  unit: string
  ours: number
  peer: number
  peerName: string
  ratio: number
  goal: string
  holds: boolean
  runs: number
  versions: Record<string, string>
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
