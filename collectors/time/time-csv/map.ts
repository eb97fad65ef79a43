import { parseAmount } from '#lib/domain/money.ts'
import type { TimeEntry } from '#lib/domain/people.ts'
import { DAY_MS, dayOf, isDay, parseInstant } from '#lib/domain/time.ts'
import { COLUMNS } from './schema.ts'

export type Cells = Readonly<Record<string, string>>
export type Fault = { column: string; value: string | null; reason: string }
export type Mapped = { entry: TimeEntry } | { fault: Fault }

const KNOWN = new Set<string>(COLUMNS)
/** Longer than this it is a timer that somebody forgot, or a wrong date. */
const LONGEST_MS = 31 * DAY_MS

class Bad extends Error {
  readonly fault: Fault
  constructor(column: string, value: string | null, reason: string) {
    super(reason)
    this.fault = { column, value, reason }
  }
}

/** One row, its cells trimmed. A row that cannot be taken says which column, which value and why. Pure. */
export function mapRow(cells: Cells): Mapped {
  try {
    return { entry: entryOf(cells) }
  } catch (error) {
    if (error instanceof Bad) return { fault: error.fault }
    throw error
  }
}

function entryOf(cells: Cells): TimeEntry {
  const text = (column: string): string => cells[column] ?? ''
  const required = (column: string): string => {
    if (!text(column)) throw new Bad(column, null, 'is empty')
    return text(column)
  }
  const id = required('id')
  const person = required('person')
  const work = text('hours') ? onDate(cells) : between(cells)
  const extra = Object.fromEntries(Object.entries(cells).filter(([name, value]) => !KNOWN.has(name) && value !== ''))
  const tags = text('tags')
    .split(';')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
  return {
    id,
    person: { id: person, name: person, email: null },
    ...work,
    project: text('project') || null,
    issue: text('issue') || null,
    tags,
    activity: text('activity') || null,
    note: text('note') || null,
    extra,
    column: (name) => (name === 'tags' ? tags : cells[name] || undefined),
  }
}

type Work = Pick<TimeEntry, 'localDate' | 'hours' | 'interval'>

/** Hours on the person's local date. */
function onDate(cells: Cells): Work {
  const { hours: text = '', date = '', start, end } = cells
  for (const [column, value] of Object.entries({ start, end }))
    if (value) throw new Bad(column, value, 'stands beside hours: give hours, or start and end')
  if (!date) throw new Bad('date', null, 'is empty: hours need their date')
  if (!isDay(date)) throw new Bad('date', date, 'not a date: write YYYY-MM-DD')
  const hours = parseAmount(text)
  if (!hours) throw new Bad('hours', text, 'not a decimal number')
  if (hours.isNegative()) throw new Bad('hours', text, 'below zero')
  if (hours.gt(24)) throw new Bad('hours', text, 'more than the 24 hours of a day')
  return { localDate: date, hours, interval: null }
}

/** Two instants, with offsets; without one they are UTC. */
function between(cells: Cells): Work {
  const { start: from = '', end: to = '', date = '' } = cells
  if (!from && !to) throw new Bad('hours', null, 'is empty, and so are start and end')
  const [start, end] = [instant('start', from), instant('end', to)]
  if (end <= start) throw new Bad('end', to, 'not after start')
  if (end - start > LONGEST_MS) throw new Bad('end', to, 'more than 31 days after start')
  if (date && !isDay(date)) throw new Bad('date', date, 'not a date: write YYYY-MM-DD')
  return { localDate: date || dayOf(start), hours: null, interval: { start, end } }
}

function instant(column: string, text: string): number {
  if (!text) throw new Bad(column, null, 'is empty: start and end come together')
  const ms = /\d[T ]\d/.test(text) ? parseInstant(text) : undefined
  if (ms === undefined) throw new Bad(column, text, 'not an instant: write it like 2026-06-01T09:00:00+02:00')
  return ms
}
