// The simulator's own clock arithmetic: it shares none with the product, so that the truth stays independent of it.

export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

/** Half-open, milliseconds since the epoch. */
export type Span = { from: number; to: number }

export const midnight = (ms: number): number => Math.floor(ms / DAY) * DAY
export const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
export const monthText = (ms: number): string => new Date(ms).toISOString().slice(0, 7)
export const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')
export const inside = (spans: readonly Span[], ms: number): boolean => spans.some((span) => ms >= span.from && ms < span.to)

/** First instants of the UTC months that [from, to) touches. */
export function monthsOf(from: number, to: number): number[] {
  const months: number[] = []
  const first = new Date(from)
  for (let y = first.getUTCFullYear(), m = first.getUTCMonth(); Date.UTC(y, m) < to; m++) months.push(Date.UTC(y, m))
  return months
}

export const nextMonth = (ms: number): number => {
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** What a wall clock in `zone` shows at that instant, as if it were UTC: subtract to get the zone's offset. */
export function wallClock(ms: number, zone: string): number {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(zone, format)
  }
  const part: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value)
  return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!)
}

/** The instant at which a wall clock in `zone` shows `wall` (given as if it were UTC). */
export function instantOf(wall: number, zone: string): number {
  let guess = wall
  for (let i = 0; i < 3; i++) guess = wall - (wallClock(guess, zone) - guess)
  return guess
}
