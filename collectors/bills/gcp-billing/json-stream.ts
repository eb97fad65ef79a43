// Objects of a JSON file one after the other: a line each, pretty-printed without anything between, or the elements of one list.
// Google's tools write all three, and no two of them can be told apart before the end of the file.
import { Failure } from '#lib/errors.ts'
import { detached } from '#lib/ingest/csv.ts'

export type JsonFault = { line: number; reason: string; text: string }
export type JsonBatch = { objects: { text: string; line: number }[]; faults: JsonFault[] }

/** An object that grows beyond this is a fault: its end was lost. */
const MAX_OBJECT = 1 << 20
const MAX_DEPTH = 64
const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN = 123
const CLOSE = 125
const LF = 10
const isSpace = (code: number) => code === 32 || (code >= 9 && code <= 13)

class Splitter {
  private text = ''
  private at = 0
  private line = 1
  private depth = 0
  private inString = false
  /** Where the object began, and on which line. */
  private start = 0
  private startLine = 1
  /** The last character that means something, and whether this line holds nothing before where we are. */
  private previous = 0
  private lineStart = true
  /** A broken object: everything is passed over up to a line that begins with a brace. */
  private lost = false
  private batch: JsonBatch = { objects: [], faults: [] }

  take(chunk: string, final: boolean): JsonBatch {
    this.text = this.text.slice(this.start) + chunk
    this.at -= this.start
    this.start = 0
    this.batch = { objects: [], faults: [] }
    for (; this.at < this.text.length; this.at++) this.step(this.text.charCodeAt(this.at))
    if (this.depth === 0) this.start = this.at
    else if (this.at - this.start > MAX_OBJECT) this.give('does not end within a mebibyte')
    if (final && this.depth > 0) this.give('is cut off: the file ends inside it')
    return this.batch
  }

  private step(code: number): void {
    if (code === LF) {
      this.line++
      // JSON has no line ends inside strings: a quote is missing.
      if (this.inString) this.give('has a quote that is never closed')
      this.lineStart = true
      return
    }
    if (this.inString) {
      if (code === BACKSLASH) this.at++
      else if (code === QUOTE) this.inString = false
      return
    }
    if (isSpace(code)) return
    if (this.depth === 0) this.outside(code)
    else this.inside(code)
    this.previous = code
    this.lineStart = false
  }

  private outside(code: number): void {
    if (code === OPEN && (!this.lost || this.lineStart)) {
      this.begin()
      return
    }
    const between = code === COMMA || code === OPEN_LIST || code === CLOSE_LIST
    if (this.lost || between) return
    this.start = this.at
    this.startLine = this.line
    this.give('is no JSON object')
  }

  private begin(): void {
    this.lost = false
    this.start = this.at
    this.startLine = this.line
    this.depth = 1
  }

  private inside(code: number): void {
    if (code === QUOTE) this.inString = true
    else if (code === OPEN) {
      const value = this.previous === COLON || this.previous === COMMA || this.previous === OPEN_LIST
      if (this.lineStart && !value) {
        this.give('ends before its last brace')
        this.begin()
      } else this.deeper()
    } else if (code === OPEN_LIST) this.deeper()
    else if ((code === CLOSE || code === CLOSE_LIST) && --this.depth === 0) {
      const text = this.text.slice(this.start, this.at + 1)
      if (text.includes('\uFFFD') || text.includes('\0')) this.give('is not UTF-8')
      else this.batch.objects.push({ text, line: this.startLine })
      this.lost = false
    }
  }

  private deeper(): void {
    if (++this.depth > MAX_DEPTH) this.give('is nested without end')
  }

  /** Gives the object up. */
  private give(reason: string): void {
    const shown = this.text.slice(this.start, Math.min(this.start + 200, Math.max(this.at, this.start + 1))).split('\n')[0] ?? ''
    this.batch.faults.push({ line: this.startLine, reason, text: detached(shown).replaceAll('\0', '\uFFFD') })
    this.depth = 0
    this.inString = false
    this.lost = true
    this.previous = 0
  }
}

/** Every object of the file as text, with the line on which it begins. Throws `refused` when the file is empty. */
export async function* jsonObjects(bytes: AsyncIterable<Buffer>, file: string): AsyncGenerator<JsonBatch> {
  const decoder = new TextDecoder('utf-8')
  const splitter = new Splitter()
  let seen = 0
  for await (const chunk of bytes) {
    seen += chunk.length
    const batch = splitter.take(decoder.decode(chunk, { stream: true }), false)
    if (batch.objects.length > 0 || batch.faults.length > 0) yield batch
  }
  if (seen === 0) throw new Failure('refused', 'empty_file', 'the file is empty', { place: { file } })
  yield splitter.take(decoder.decode(), true)
}
