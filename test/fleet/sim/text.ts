// Shared by the two kinds of exposition: steps, the windows' days and a writer that pauses for its reader.
import { DAY, MINUTE, midnight, type Span } from './time.ts'

/** Minutes between the samples of a history: of what reconcile looks at, of slow gauges and counters, and of histograms. */
export type Steps = { fast: number; slow: number; histogram: number }
export const EVERY_MINUTE: Steps = { fast: 1, slow: 1, histogram: 60 }
export const FOR_MONTHS: Steps = { fast: 1, slow: 5, histogram: 60 }

/** Takes text as it is made; resolves when more may come. */
export type Sink = (text: string) => Promise<void> | void

const CHUNK = 1 << 18

export class Writer {
  #text = ''
  readonly #sink: Sink
  constructor(sink: Sink) {
    this.#sink = sink
  }
  add(text: string): void {
    this.#text += text
  }
  async drain(force = false): Promise<void> {
    if (this.#text.length < CHUNK && !force) return
    const text = this.#text
    this.#text = ''
    if (text) await this.#sink(text)
  }
}

/** The minutes of a window, day by day, so that a day's arrays are looked up once. */
export function* daysOf({ from, to }: Span): Generator<{ day: number; first: number; last: number }> {
  for (let day = midnight(from); day < to; day += DAY)
    yield { day, first: Math.max(0, (from - day) / MINUTE), last: Math.min(DAY / MINUTE, (to - day) / MINUTE) }
}

/** ` <milliseconds>` and a line feed for each minute of the window, read `offset` seconds after the full minute. */
export const timeTexts = ({ from, to }: Span, offset: number): string[] =>
  Array.from({ length: (to - from) / MINUTE }, (_, i) => ` ${from + i * MINUTE + offset * 1000}\n`)
