// Texts of figures. Amounts arrive as strings with every digit and are rounded here, for the eye only.
const LOCALE = 'en-US'
const cache = new Map<string, Intl.NumberFormat>()

function formatter(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  let found = cache.get(key)
  if (!found) cache.set(key, (found = new Intl.NumberFormat(LOCALE, options)))
  return found
}
// Intl reads a decimal text exactly; a double in between would not.
const exact = (text: string): Intl.StringNumericLiteral => text as Intl.StringNumericLiteral
const minus = (text: string): string => text.replace('-', '−')

/** Money: whole units from 1,000 on, else two decimals; `digits` overrules. */
export function money(amount: string, currency: string, digits?: number): string {
  const places = digits ?? (Math.abs(Number(amount)) >= 1000 ? 0 : 2)
  const options: Intl.NumberFormatOptions = { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: places }
  return minus(formatter(`m${currency}${places}`, { ...options, maximumFractionDigits: places }).format(exact(amount)))
}
/** The same with its sign, as differences are written. */
export const signedMoney = (amount: string, currency: string): string =>
  Number(amount) > 0 ? `+${money(amount, currency)}` : money(amount, currency)

/** 1.2k, 3.4M: for axes only. */
export const shortMoney = (value: number, currency: string): string =>
  minus(
    formatter(`s${currency}`, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      notation: 'compact',
      maximumFractionDigits: 1,
    }).format(value),
  )

export const number = (value: string | number, digits = 0): string =>
  minus(formatter(`n${digits}`, { maximumFractionDigits: digits }).format(typeof value === 'string' ? exact(value) : value))

/** 407.2 billion: tokens by the name of their size. */
export const tokens = (value: string): string =>
  formatter('t', { notation: 'compact', compactDisplay: 'long', maximumSignificantDigits: 4 }).format(exact(value))

/** With a narrow no-break space before the sign. */
export const percent = (share: number, digits = 0): string =>
  `${minus(formatter(`p${digits}`, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share * 100))}\u202f%`
export const signedPercent = (share: number, digits = 1): string => (share > 0 ? `+${percent(share, digits)}` : percent(share, digits))

/** One decimal; what is there but smaller does not read as nothing. */
export const smallPercent = (share: number): string =>
  share !== 0 && Math.abs(share) < 0.0005 ? `<${percent(0.001, 1)}` : percent(share, 1)

/** One decimal, but a share that is not whole never reads as whole, and one below 90 % never as 90 %. */
export function coveragePercent(share: number): string {
  if (share >= 1) return percent(1)
  if (share <= 0) return percent(0)
  const limit = share < 0.9 ? 0.899 : 0.999
  return percent(Math.min(limit, Math.max(0.001, share)), 1)
}

/** GPU-minutes as GPU-hours. */
export const gpuHours = (minutes: string): string => number(Number(minutes) / 60)

const dates = new Map<string, Intl.DateTimeFormat>()
function dated(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options)
  let found = dates.get(key)
  if (!found) dates.set(key, (found = new Intl.DateTimeFormat('en-GB', options)))
  return found
}
/** A UTC day as "3 May", or "3 May 2026". */
export const dayText = (day: string, withYear = false): string =>
  dated({ day: 'numeric', month: 'short', timeZone: 'UTC', ...(withYear ? { year: 'numeric' } : {}) }).format(new Date(`${day}T00:00:00Z`))
export const monthText = (day: string, long = false): string =>
  dated({ month: long ? 'long' : 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))
/** "May ’26": short enough for an axis, and once only. */
export const shortMonth = (day: string): string =>
  `${dated({ month: 'short', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))} ’${day.slice(2, 4)}`
/** A simulation never makes sure: its ends read "over 99" and "under 1". */
export function chance(probability: number): string {
  if (probability > 0.99) return `> ${percent(0.99)}`
  return probability < 0.01 ? `< ${percent(0.01)}` : percent(probability)
}
/** [from, to) as people say it: "23 Aug – 20 Nov 2026". */
export function periodText(from: string, to: string): string {
  const last = new Date(Date.parse(`${to}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)
  if (from === last) return dayText(from, true)
  return `${dayText(from, from.slice(0, 4) !== last.slice(0, 4))} – ${dayText(last, true)}`
}
/** An instant on the clock of the reporting time zone. */
export const clockText = (instant: string, timezone: string): string =>
  dated({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: timezone }).format(new Date(instant))

/** How long before `now`: "4 min ago". A bill may speak of days to come: then "up to" a moment. */
export function ago(instant: string, now: string): string {
  const seconds = (Date.parse(now) - Date.parse(instant)) / 1000
  if (seconds < -60) return 'up to'
  if (seconds < 60) return 'just now'
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} days ago`
}
