// Samples of many series into a target's accumulators, in the order in which scrapes would have brought them.
import type { Cell } from '#lib/domain/telemetry/gpu.ts'
import type { Target } from '#lib/domain/telemetry/target.ts'
import type { RawSeries } from '#lib/ingest/contract.ts'

type Cursor = { cell: Cell; times: Float64Array; values: Float64Array; at: number }

/** Series of one scrape instance. Those of one scrape have one timestamp, so that this goes through them scrape by scrape. */
export function feedSeries(target: Target, series: readonly RawSeries[]): void {
  let open: Cursor[] = []
  for (const { binding, times, values } of series) {
    const cell = target.open(binding)
    if (cell !== null && times.length > 0) open.push({ cell, times, values, at: 0 })
  }
  while (open.length > 0) {
    let now = Infinity
    for (const { times, at } of open) if (times[at]! < now) now = times[at]!
    let ended = false
    for (const cursor of open) {
      if (cursor.times[cursor.at] !== now) continue
      cursor.cell.add(cursor.values[cursor.at]!, now, true)
      cursor.at++
      if (cursor.at === cursor.times.length) ended = true
    }
    if (ended) open = open.filter(({ at, times }) => at < times.length)
  }
}
