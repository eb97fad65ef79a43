// `name{labels}` of one series, validated in full. Done once a series: readers remember the raw text.
import { isUtf8 } from 'node:buffer'
import type { Labels } from '#lib/domain/telemetry/reading.ts'
import { isBlank, isLineEnd, skipBlanks } from './scan.ts'

export type SeriesLimits = { labels: number; nameLength: number; valueLength: number }
export type ParsedSeries = { name: string; labels: Labels; end: number }
/** `at` is the offending byte in the text. */
export type Fault = { at: number; reason: string }
export const isFault = (x: object): x is Fault => 'reason' in x

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const NOT_ASCII = /[\x80-\xff]/
export const isMetricName = (text: string): boolean => METRIC.test(text)

/** From the latin1 view to text; undefined when the bytes are not UTF-8. */
export function decode(latin1: string): string | undefined {
  if (!NOT_ASCII.test(latin1)) return latin1
  const bytes = Buffer.from(latin1, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

/** A quoted text from its opening quote on: `\\`, `\"` and `\n` are its only escapes. */
function quoted(s: string, at: number): { text: string; end: number } | Fault {
  let text = ''
  let from = at + 1
  for (let i = from; ; i++) {
    const c = s.charCodeAt(i)
    if (c === 34) {
      const decoded = decode(text + s.slice(from, i))
      return decoded === undefined ? { at, reason: 'text is not UTF-8' } : { text: decoded, end: i + 1 }
    }
    if (c === 10 || Number.isNaN(c)) return { at: i, reason: 'a quoted text does not end' }
    if (c !== 92) continue
    const escaped = s[i + 1]
    if (escaped !== '\\' && escaped !== '"' && escaped !== 'n') return { at: i, reason: `\\${escaped ?? ''} is no escape` }
    text += s.slice(from, i) + (escaped === 'n' ? '\n' : escaped)
    from = ++i + 1
  }
}

/** A bare word up to a blank or one of `{ } = ,`. */
function word(s: string, at: number): string {
  let i = at
  for (; ; i++) {
    const c = s.charCodeAt(i)
    if (isBlank(c) || isLineEnd(c) || c === 123 || c === 125 || c === 61 || c === 44) return s.slice(at, i)
  }
}

class LabelReader {
  readonly labels: Record<string, string> = Object.create(null)
  name: string
  count = 0
  readonly #s: string
  readonly #limits: SeriesLimits

  constructor(s: string, name: string, limits: SeriesLimits) {
    this.#s = s
    this.name = name
    this.#limits = limits
  }

  /** From behind `{` to behind `}`. */
  read(at: number): number | Fault {
    for (let i = skipBlanks(this.#s, at); ; ) {
      if (this.#s.charCodeAt(i) === 125) return this.name === '' ? { at: i, reason: 'a series without a name' } : i + 1
      const pair = this.#pair(i)
      if (typeof pair !== 'number') return pair
      i = skipBlanks(this.#s, pair)
      const c = this.#s.charCodeAt(i)
      if (c === 44) i = skipBlanks(this.#s, i + 1)
      else if (c !== 125) return { at: i, reason: 'expected , or } after a label' }
    }
  }

  /** `label="value"`, `"any label"="value"`, or the quoted metric name itself. */
  #pair(at: number): number | Fault {
    const s = this.#s
    const isQuoted = s.charCodeAt(at) === 34
    const name = isQuoted ? quoted(s, at) : { text: word(s, at), end: 0 }
    if (isFault(name)) return name
    const end = isQuoted ? name.end : at + name.text.length
    if (!isQuoted && !LABEL.test(name.text)) return { at, reason: `${JSON.stringify(name.text)} is no label name` }
    let i = skipBlanks(s, end)
    if (s.charCodeAt(i) !== 61) {
      if (!isQuoted || this.name !== '' || this.count > 0) return { at: i, reason: 'expected = after a label name' }
      if (name.text === '') return { at, reason: 'a series without a name' }
      this.name = name.text
      return end
    }
    i = skipBlanks(s, i + 1)
    if (s.charCodeAt(i) !== 34) return { at: i, reason: 'a label value is not quoted' }
    const value = quoted(s, i)
    return isFault(value) ? value : (this.#put(at, name.text, value.text) ?? value.end)
  }

  #put(at: number, name: string, value: string): Fault | undefined {
    if (name === '') return { at, reason: 'a label without a name' }
    if (name in this.labels) return { at, reason: `label ${name} stands twice` }
    if (name.length > this.#limits.nameLength) return { at, reason: `a label name is longer than ${this.#limits.nameLength}` }
    if (value.length > this.#limits.valueLength) return { at, reason: `label ${name} is longer than ${this.#limits.valueLength}` }
    if (++this.count > this.#limits.labels) return { at, reason: `more than ${this.#limits.labels} labels` }
    this.labels[name] = value
    return undefined
  }
}

/** Reads the series at `at`. Its `end` is behind the name or the closing brace. */
export function parseSeries(s: string, at: number, limits: SeriesLimits): ParsedSeries | Fault {
  const raw = s.charCodeAt(at) === 123 ? '' : word(s, at)
  if (raw !== '' && !METRIC.test(raw)) return { at, reason: `${JSON.stringify(raw.slice(0, 80))} is no metric name` }
  if (raw === '' && s.charCodeAt(at) !== 123) return { at, reason: 'expected a metric name' }
  let end = at + raw.length
  const labels = new LabelReader(s, raw, limits)
  const brace = skipBlanks(s, end)
  if (s.charCodeAt(brace) === 123) {
    const behind = labels.read(brace + 1)
    if (typeof behind !== 'number') return behind
    end = behind
  }
  if (labels.name.length > limits.nameLength) return { at, reason: `the metric name is longer than ${limits.nameLength}` }
  return { name: labels.name, labels: labels.labels, end }
}
