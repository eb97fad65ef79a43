// A strict, streaming reader of RFC 4180: comma, double quotes, CRLF or LF. Every record knows the physical line on which it begins.
import { isUtf8 } from 'node:buffer'
import { Failure } from '#lib/errors.ts'

/** A record that is no RFC 4180, or not as wide as the header. `text` is its first physical line, shortened. */
export type CsvFault = { line: number; reason: string; text: string }
/** Records that came together: `cells[i]` began on physical line `lines[i]`. */
export type CsvBatch = { cells: string[][]; lines: number[]; faults: CsvFault[] }
export type CsvTable = { header: string[]; batches: AsyncIterable<CsvBatch> }

const QUOTE = 34
const COMMA = 44
const LF = 10
const CR = 13
/** Quotes that stay open for longer than this are a fault of the line where they opened, not a field. */
const MAX_RECORD = 1 << 20
const DELIMITERS: readonly [string, string][] = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'vertical bars'],
]

/** What cannot be stored as text: what was no UTF-8, and NUL. */
const GARBLED = /[\0\uFFFD]/u

const INCOMPLETE = -1
const FAULTY = -2

class Scanner {
  /** Columns of the header; 0 while it has not been read. */
  width = 0
  /** A record of empty cells: copying it is the fastest way to an array of the right length. */
  blank: string[] = []
  line = 1
  reason = ''
  /** Cells of the record last scanned, and how many line ends stood inside its quotes. */
  cells: string[] = []
  inner = 0

  /** Scans the record at `start`. Returns where the next begins, INCOMPLETE where the text ends inside it, or FAULTY. */
  record(text: string, start: number, final: boolean): number {
    const length = text.length
    const cells = this.blank.slice()
    let count = 0
    let pos = start
    this.inner = 0
    for (;;) {
      let code = pos < length ? text.charCodeAt(pos) : -1
      let value: string
      if (code === QUOTE) {
        const from = ++pos
        let escaped = false
        for (;;) {
          if (pos >= length) return final ? this.fault('has a quote that is never closed') : INCOMPLETE
          code = text.charCodeAt(pos)
          if (code === QUOTE) {
            if (text.charCodeAt(pos + 1) !== QUOTE) break
            escaped = true
            pos++
          } else if (code === LF) this.inner++
          pos++
        }
        value = text.slice(from, pos)
        if (escaped) value = value.replaceAll('""', '"')
        code = ++pos < length ? text.charCodeAt(pos) : -1
        if (code === CR && text.charCodeAt(pos + 1) === LF) code = text.charCodeAt(++pos)
        if (code === -1 && !final) return INCOMPLETE
        if (code !== COMMA && code !== LF && code !== -1) return this.fault('has text after a closing quote')
      } else {
        const from = pos
        while (code !== COMMA && code !== LF && code !== -1) {
          if (code === QUOTE) return this.fault('has a quote inside a field that is not quoted')
          if (code === CR && text.charCodeAt(pos + 1) !== LF) {
            if (pos + 1 < length || !final) return this.fault('has a carriage return that ends no line')
          }
          code = ++pos < length ? text.charCodeAt(pos) : -1
        }
        if (code === -1 && !final) return INCOMPLETE
        const end = code !== COMMA && pos > from && text.charCodeAt(pos - 1) === CR ? pos - 1 : pos
        value = text.slice(from, end)
      }
      cells[count++] = value
      if (code === COMMA) {
        pos++
        continue
      }
      this.cells = cells
      const width = this.width
      if (width && count !== width && !(count === 1 && value === '')) {
        return this.fault(`has ${count} ${count === 1 ? 'field' : 'fields'}, the header has ${width}`)
      }
      if (width && count !== width) this.cells = []
      return code === LF ? pos + 1 : length
    }
  }

  fault(reason: string): number {
    this.reason = reason
    return FAULTY
  }
}

/** Every record of `text` that is whole goes into `batch`; returns what is left over. */
function scan(scanner: Scanner, text: string, final: boolean, garbled: boolean, batch: CsvBatch): string {
  let pos = 0
  while (pos < text.length) {
    let next = scanner.record(text, pos, final)
    if (next === INCOMPLETE) {
      if (text.length - pos <= MAX_RECORD) return text.slice(pos)
      next = scanner.fault('has a quote that is not closed within a mebibyte')
    }
    if (next === FAULTY) {
      // Only the first physical line is given up: what follows may be sound again.
      const end = text.indexOf('\n', pos)
      const stop = end < 0 ? text.length : end
      if (end < 0 && !final) return text.slice(pos)
      batch.faults.push({ line: scanner.line, reason: scanner.reason, text: shown(text.slice(pos, Math.min(stop, pos + 200))) })
      scanner.line++
      pos = stop + 1
      continue
    }
    const { cells } = scanner
    if (garbled && cells.some((cell) => GARBLED.test(cell))) {
      const reason = cells.some((cell) => cell.includes('\0')) ? 'holds a NUL character' : 'is not UTF-8'
      batch.faults.push({ line: scanner.line, reason, text: shown(cells.join(',').slice(0, 200)) })
    } else if (cells.length > 0) {
      batch.cells.push(cells)
      batch.lines.push(scanner.line)
    }
    scanner.line += 1 + scanner.inner
    pos = next
  }
  return ''
}

/** A copy that does not keep the whole chunk of text alive from which it was cut. */
export const detached = (text: string): string => Buffer.from(text).toString()

const shown = (text: string): string => detached(text).replaceAll('\0', '\uFFFD')

function checkHeader(header: string[], file: string): string[] {
  const place = { file, line: 1 }
  const first = header[0] ?? ''
  if (header.length === 1) {
    const wrong = DELIMITERS.find(([delimiter]) => first.includes(delimiter))
    if (wrong)
      throw new Failure('refused', 'wrong_delimiter', `the columns are separated by ${wrong[1]}, not by commas`, {
        place,
        remedy: 'export the file as comma-separated values',
      })
  }
  const names = new Set<string>()
  for (const [index, name] of header.entries()) {
    if (name === '') throw new Failure('refused', 'bad_header', `column ${index + 1} of the header has no name`, { place })
    if (names.has(name)) throw new Failure('refused', 'bad_header', `the column ${name} occurs twice in the header`, { place })
    names.add(name)
  }
  return header
}

/** Text of whole physical lines, with what is left at the end; a character never straddles two pieces. */
async function* lineChunks(bytes: AsyncIterable<Buffer>, file: string): AsyncGenerator<{ text: string; garbled: boolean }> {
  let rest: Buffer[] = []
  let restBytes = 0
  let first = true
  const decode = (buffer: Buffer) => {
    const body = first && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf ? buffer.subarray(3) : buffer
    first = false
    return { text: body.toString('utf8'), garbled: !isUtf8(body) || body.includes(0) }
  }
  for await (const chunk of bytes) {
    const end = chunk.lastIndexOf(LF)
    if (end < 0) {
      rest.push(chunk)
      if ((restBytes += chunk.length) > 16 * MAX_RECORD)
        throw new Failure('refused', 'not_text', 'a line is longer than 16 MiB: this is no CSV file', { place: { file } })
      continue
    }
    const head = chunk.subarray(0, end + 1)
    yield decode(rest.length ? Buffer.concat([...rest, head]) : head)
    rest = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : []
    restBytes = chunk.length - end - 1
  }
  if (rest.length) yield decode(Buffer.concat(rest))
}

/**
 * Reads a CSV file: the header at once, its records as they are asked for. Malformed records become faults with their line; a file whose
 * header is no comma-separated one is refused (`wrong_delimiter`, `bad_header`, `empty_file`). Empty lines are passed over.
 */
export async function readCsv(bytes: AsyncIterable<Buffer>, file: string): Promise<CsvTable> {
  const chunks = lineChunks(bytes, file)
  const scanner = new Scanner()
  let text = ''
  let done = false
  let garbled = false
  let header: string[] | undefined
  while (!header) {
    const next = await chunks.next()
    done = Boolean(next.done)
    if (!next.done) {
      text += next.value.text
      garbled ||= next.value.garbled
    }
    if (text === '' && done) throw new Failure('refused', 'empty_file', 'the file is empty', { place: { file } })
    const end = scanner.record(text, 0, done)
    if (end === FAULTY) throw new Failure('refused', 'bad_header', `the header ${scanner.reason}`, { place: { file, line: 1 } })
    if (end === INCOMPLETE) {
      if (text.length > MAX_RECORD) throw new Failure('refused', 'bad_header', 'the header never ends', { place: { file, line: 1 } })
      continue
    }
    header = checkHeader(scanner.cells, file)
    text = text.slice(end)
    scanner.line += 1 + scanner.inner
    scanner.width = header.length
    scanner.blank = header.map(() => '')
  }
  return { header, batches: records(scanner, chunks, { text, done, garbled }) }
}

async function* records(
  scanner: Scanner,
  chunks: AsyncGenerator<{ text: string; garbled: boolean }>,
  first: { text: string; done: boolean; garbled: boolean },
): AsyncGenerator<CsvBatch> {
  let { text, done, garbled } = first
  for (;;) {
    const batch: CsvBatch = { cells: [], lines: [], faults: [] }
    text = scan(scanner, text, done, garbled, batch)
    if (batch.lines.length || batch.faults.length) yield batch
    if (done) return
    const next = await chunks.next()
    done = Boolean(next.done)
    garbled = !next.done && (next.value.garbled || (garbled && text !== ''))
    if (!next.done) text = text === '' ? next.value.text : text + next.value.text
  }
}
