// What one replica did in one hour, as far as it was scraped.
import type { ServeGauge } from './reading.ts'
import { Slot } from './timeline.ts'

/** A gauge of one engine rank: how often, their sum, and the greatest of each minute (-Infinity: none). */
export type RankGauge = { measure: ServeGauge; alt: number; n: number; sum: number; minuteMax: Float64Array }

export class ServeSlot extends Slot {
  runningLow = 0
  runningHigh = 0
  /** By `measure|alt|rank`. */
  gauges = new Map<string, RankGauge>()

  gauge(measure: ServeGauge, alt: number, rank: string): RankGauge {
    const key = `${measure}|${alt}|${rank}`
    let gauge = this.gauges.get(key)
    if (!gauge) {
      gauge = { measure, alt, n: 0, sum: 0, minuteMax: new Float64Array(60).fill(-Infinity) }
      this.gauges.set(key, gauge)
    }
    return gauge
  }

  /** Ranks of a replica are OR-ed: any request on any rank makes the minute run (RULES.md 5). */
  run(minute: number): void {
    if (minute < 30) this.runningLow |= 1 << minute
    else this.runningHigh |= 1 << (minute - 30)
  }
}
