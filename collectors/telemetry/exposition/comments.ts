// Lines that begin with #: TYPE, HELP and UNIT are checked, # EOF ends an OpenMetrics body, the rest is free text.
import { decode, type Fault, isMetricName } from './series.ts'

/** What TYPE speaks of: in which read its TYPE line and its last sample stood. */
export type Family = { name: string; type: string; typeRead: number; sampleRead: number }

const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped', 'unknown', 'info', 'stateset', 'gaugehistogram'])
const SUFFIX = /_(?:bucket|sum|count|total|created|info)$/

export class Comments {
  readonly #families = new Map<string, Family>()
  readonly #nameLength: number

  constructor(nameLength: number) {
    this.#nameLength = nameLength
  }

  /** The family that a series belongs to: its own name, or the name before _bucket, _sum, … where a TYPE line gave that. */
  familyOf(name: string): Family {
    const base = name.replace(SUFFIX, '')
    return this.#families.get(name) ?? this.#families.get(base) ?? this.#family(name)
  }

  #family(name: string): Family {
    let family = this.#families.get(name)
    if (!family) this.#families.set(name, (family = { name, type: 'untyped', typeRead: 0, sampleRead: 0 }))
    return family
  }

  parse(line: string): { comment: 'type' | 'other'; family: Family | null } | Fault {
    const match = /^#[ \t]+(TYPE|HELP|UNIT)(?:[ \t]+("(?:[^"\\]|\\.)*"|\S+))?(?:[ \t]+(.*?))?[ \t\r]*$/.exec(line)
    if (!match) return { comment: 'other', family: null }
    const [, keyword, raw = '', rest = ''] = match
    const column = line.indexOf(raw, 1 + line.indexOf(keyword!) + keyword!.length)
    if (raw === '') return { at: line.length, reason: `a ${keyword} line without a metric name` }
    const name = raw.startsWith('"') ? decode(raw.slice(1, -1)) : isMetricName(raw) ? decode(raw) : undefined
    if (name === undefined || name === '') return { at: column, reason: `${JSON.stringify(raw.slice(0, 80))} is no metric name` }
    if (name.length > this.#nameLength) return { at: column, reason: `the metric name is longer than ${this.#nameLength}` }
    if (keyword !== 'TYPE') return { comment: 'other', family: null }
    if (!TYPES.has(rest)) return { at: line.lastIndexOf(rest), reason: `${JSON.stringify(rest)} is no metric type` }
    const family = this.#family(name)
    family.type = rest
    return { comment: 'type', family }
  }
}
