// A price catalogue's own words (constraints, tiers) turned into one price a class from a UTC day on.
import { TOKEN_CLASSES, type TokenClass } from '#lib/domain/layers.ts'
import type { Day } from '#lib/domain/time.ts'

type Amount = number | { base: number; tiers: readonly { start: number; price: number }[] } | undefined
type Prices = Readonly<Record<string, Amount>>
type Constraint = { type: 'start_date'; start_date: string } | { type: 'time_of_date'; start_time: string; end_time: string }
/** Later entries win over earlier ones where both hold; the first is what holds when no other does. */
export type CatalogueEntry = { constraint?: Constraint | undefined; prices: Prices }

/** `perMillion` has the digits that the catalogue wrote. `note` says what was simplified, '' when nothing was. */
export type CataloguePrice = { class: TokenClass; from: Day; perMillion: string; note: string }

const KEYS: Record<TokenClass, string> = {
  prompt: 'input_mtok',
  cache_read: 'cache_read_mtok',
  cache_write: 'cache_write_mtok',
  generation: 'output_mtok',
}
/** The day of prices without a start: as far back as the catalogue knows. */
export const BEGINNING: Day = '1970-01-01'
const DAY_MINUTES = 1440

/** Minute of the UTC day of `HH:MM:SSZ` or with an offset. */
function minuteOf(text: string): number {
  const match = /^(\d{2}):(\d{2}):\d{2}(?:\.\d+)?(?:Z|([+-])(\d{2}):(\d{2}))$/.exec(text)
  if (!match) return 0
  const offset = match[3] ? (match[3] === '-' ? -1 : 1) * (Number(match[4]) * 60 + Number(match[5])) : 0
  return (Number(match[1]) * 60 + Number(match[2]) - offset + DAY_MINUTES) % DAY_MINUTES
}

function holds(constraint: Constraint | undefined, day: Day, minute: number): boolean {
  if (!constraint) return true
  switch (constraint.type) {
    case 'start_date':
      return constraint.start_date.slice(0, 10) <= day
    case 'time_of_date': {
      const [start, end] = [minuteOf(constraint.start_time), minuteOf(constraint.end_time)]
      return end < start ? minute >= start || minute < end : minute >= start && minute < end
    }
    default:
      throw new Error(`unknown price constraint ${JSON.stringify(constraint satisfies never)}`)
  }
}

/** The entry that holds for most minutes of that day: days are our finest price. Ties go to the later entry. */
function entryOfDay(entries: readonly CatalogueEntry[], day: Day): CatalogueEntry {
  const minutes = entries.map(() => 0)
  for (let minute = 0; minute < DAY_MINUTES; minute++) {
    const at = entries.findLastIndex((entry) => holds(entry.constraint, day, minute))
    minutes[Math.max(at, 0)]!++
  }
  return entries[minutes.lastIndexOf(Math.max(...minutes))]!
}

/**
 * Prices by class and the UTC day they start. The base tier stands for tiered prices; where a price changes within the day, the one that holds
 * longest stands for it. A price of zero is left out: in catalogues it may be free, promotional or simply not known.
 */
export function datedPrices(prices: Prices | readonly CatalogueEntry[]): CataloguePrice[] {
  const entries = (Array.isArray(prices) ? prices : [{ prices }]) as readonly CatalogueEntry[]
  if (entries.length === 0) return []
  const starts = entries.flatMap((e) => (e.constraint?.type === 'start_date' ? [e.constraint.start_date.slice(0, 10)] : []))
  const byHour = entries.some((e) => e.constraint?.type === 'time_of_date')
  return [BEGINNING, ...new Set(starts.sort())].flatMap((from) => {
    const entry = entryOfDay(entries, from)
    return TOKEN_CLASSES.flatMap((tokenClass) => {
      const amount = entry.prices[KEYS[tokenClass]]
      if (amount === undefined) return []
      const tiered = typeof amount === 'object'
      const perMillion = tiered ? amount.base : amount
      const notes = [...(tiered ? ['base tier'] : []), ...(byHour ? ['the price of most hours of the day'] : [])]
      return perMillion > 0 ? [{ class: tokenClass, from, perMillion: String(perMillion), note: notes.join(', ') }] : []
    })
  })
}
