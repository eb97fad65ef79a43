// Nested values inside a cell: JSON, or the notation of Python's print. Numbers come out as the text that stood there, digit for digit.

import { ownOf } from '../mapped-line.ts'

export type Value = string | null | Value[] | { [name: string]: Value }

const MAX_DEPTH = 32
const NUMBER = /[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y
const WORD = /[A-Za-z]+/y
const WORDS: Readonly<Record<string, string | null>> = {
  null: null,
  None: null,
  true: 'true',
  True: 'true',
  false: 'false',
  False: 'false',
  nan: 'NaN',
  NaN: 'NaN',
}
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '0': '\0' }

class Unreadable extends Error {}

class Parser {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  whole(): Value {
    const value = this.value(0)
    if (this.peek() !== '') throw new Unreadable()
    return value
  }

  private peek(): string {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++
    return this.text[this.at] ?? ''
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found === undefined) throw new Unreadable()
    this.at += found.length
    return found
  }

  private value(depth: number): Value {
    if (depth > MAX_DEPTH) throw new Unreadable()
    const next = this.peek()
    if (next === '{') return this.record(depth)
    if (next === '[' || next === '(') return this.list(next === '[' ? ']' : ')', depth)
    if (next === '"' || next === "'") return this.string(next)
    if (/[-+.\d]/.test(next)) return this.match(NUMBER)
    const word = this.match(WORD)
    if (word === 'Decimal' || word === 'array') return this.wrapped(depth)
    const known = ownOf(WORDS, word)
    if (known === undefined) throw new Unreadable()
    return known
  }

  /** `Decimal('1.5')`, `array([…], dtype=object)`: what a data frame prints around a value. */
  private wrapped(depth: number): Value {
    if (this.peek() !== '(') throw new Unreadable()
    this.at++
    const value = this.value(depth + 1)
    const close = this.text.indexOf(')', this.at)
    if (close < 0 || !/^\s*(?:,\s*dtype=\w+)?$/.test(this.text.slice(this.at, close))) throw new Unreadable()
    this.at = close + 1
    return value
  }

  private *items(close: string): Generator<void> {
    this.at++
    while (this.peek() !== close) {
      yield
      const next = this.peek()
      if (next === ',') this.at++
      else if (next !== close) throw new Unreadable()
    }
    this.at++
  }

  private list(close: string, depth: number): Value[] {
    const values: Value[] = []
    for (const _ of this.items(close)) values.push(this.value(depth + 1))
    return values
  }

  private record(depth: number): { [name: string]: Value } {
    const entries: [string, Value][] = []
    for (const _ of this.items('}')) {
      const quote = this.peek()
      if (quote !== '"' && quote !== "'") throw new Unreadable()
      const name = this.string(quote)
      if (this.peek() !== ':') throw new Unreadable()
      this.at++
      entries.push([name, this.value(depth + 1)])
    }
    return Object.fromEntries(entries)
  }

  private string(quote: string): string {
    let value = ''
    for (;;) {
      const next = this.text[++this.at]
      if (next === undefined) throw new Unreadable()
      if (next === quote) break
      value += next === '\\' ? this.escape() : next
    }
    this.at++
    return value
  }

  private escape(): string {
    const kind = this.text[++this.at]
    if (kind === undefined) throw new Unreadable()
    const digits = kind === 'u' ? 4 : kind === 'x' ? 2 : 0
    if (digits === 0) return ownOf(ESCAPES, kind) ?? kind
    const code = this.text.slice(this.at + 1, this.at + 1 + digits)
    if (!/^[\da-fA-F]+$/.test(code) || code.length !== digits) throw new Unreadable()
    this.at += digits
    return String.fromCharCode(Number.parseInt(code, 16))
  }
}

/** Undefined when it is neither notation, or nested without end. */
export function parseLiteral(text: string): Value | undefined {
  try {
    return new Parser(text).whole()
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
const parseJson = JSON.parse as (text: string, reviver: Reviver) => Value

/** JSON alone, faster. Throws SyntaxError. */
export const parseExactJson = (text: string): Value =>
  parseJson(text, (_, value, { source }) => (typeof value === 'number' ? source : typeof value === 'boolean' ? `${value}` : value))
