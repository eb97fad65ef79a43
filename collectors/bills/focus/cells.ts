// How one cell of a FOCUS file is read. The same few dates and tag texts stand on thousands of rows, so they are read once.
import { parseAmount } from '#lib/domain/money.ts'
import { type Day, dayOf, monthOf, parseInstant } from '#lib/domain/time.ts'
import { detached } from '#lib/ingest/csv.ts'

export type Instant = { ms: number; text: string; month: Day }

/** Real files write an absent value as nothing or as the literal NULL. */
export const isNull = (cell: string): boolean => cell.length === 0 || (cell.length === 4 && (cell === 'NULL' || cell === 'null'))

const MAX_INTEGER = 26
const MAX_FRACTION = 30

/** A decimal number in PostgreSQL's spelling, or undefined. Plain ones are recognised without making a number of them. */
export function amountText(cell: string): string | undefined {
  let point = -1
  const start = cell.charCodeAt(0) === 45 ? 1 : 0
  for (let i = start; i < cell.length; i++) {
    const code = cell.charCodeAt(i)
    if (code === 46 && point < 0) point = i
    else if (code < 48 || code > 57) return parseAmount(cell.trim())?.toFixed()
  }
  const whole = (point < 0 ? cell.length : point) - start
  const fraction = point < 0 ? 0 : cell.length - point - 1
  if (whole > 0 && whole <= MAX_INTEGER && fraction <= MAX_FRACTION && (point < 0 || fraction > 0)) return cell
  return parseAmount(cell)?.toFixed()
}

const SLASHED = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4})(?: (\d{1,2}:\d{2}(?::\d{2})?))?$/
const EARLIEST = Date.UTC(2000, 0, 1)
const LATEST = Date.UTC(2100, 0, 1)

/** ISO 8601 with or without zone (UTC), or month/day/year. Undefined for anything else. */
function instantMs(text: string): number | undefined {
  const slashed = SLASHED.exec(text)
  if (!slashed) return parseInstant(/[+-]\d{2}$/.test(text) && text.includes(':') ? `${text}00` : text)
  const [, month = '', day = '', year = '', clock = '00:00'] = slashed
  const date = `${year.length === 2 ? `20${year}` : year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return parseInstant(`${date} ${clock.padStart(clock.length < 6 ? 5 : 8, '0')}`)
}

function readInstant(cell: string): Instant | string {
  const ms = instantMs(cell.trim())
  if (ms === undefined) return 'not a date and time'
  if (ms < EARLIEST || ms >= LATEST) return 'not between the years 2000 and 2100'
  return { ms, text: new Date(ms).toISOString(), month: monthOf(dayOf(ms)) }
}

export type Tags = { values: Record<string, string>; text: string }

function readTags(cell: string): Tags | string {
  let parsed: unknown
  try {
    const text = cell.trim()
    // Azure's exports leave the braces out.
    parsed = JSON.parse(text.startsWith('"') ? `{${text}}` : text)
  } catch {
    return 'not a JSON object'
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'not a JSON object'
  const values: Record<string, string> = {}
  for (const [key, value] of Object.entries(parsed)) {
    const text = (typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value)).toWellFormed()
    if (text.includes('\0') || key.includes('\0')) return 'holds a NUL character'
    values[key.toWellFormed()] = text
  }
  return { values, text: JSON.stringify(values) }
}

/** Remembers what a text was read as; forgets everything when it holds too much. Keys are copies, so that no chunk is kept alive. */
function remembered<T>(read: (cell: string) => T, limit: number): (cell: string) => T {
  const known = new Map<string, T>()
  return (cell) => {
    const found = known.get(cell)
    if (found !== undefined) return found
    if (known.size >= limit) known.clear()
    const key = detached(cell)
    const value = read(key)
    known.set(key, value)
    return value
  }
}

export type CellReaders = { instant: (cell: string) => Instant | string; tags: (cell: string) => Tags | string }

/** Readers with a memory of their own, one set a file. A text as the answer is the reason why the cell cannot be read. */
export const cellReaders = (): CellReaders => ({ instant: remembered(readInstant, 20_000), tags: remembered(readTags, 5_000) })
