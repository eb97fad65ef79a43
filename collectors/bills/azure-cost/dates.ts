export type DateOrder = 'month-first' | 'day-first' | 'iso'

const SLASHED = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(.*)$/
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/

/** What a date tells about the order of its file: `unknown` where both readings are a date, undefined where it is empty. */
export function dateOrderSeen(cell: string): DateOrder | 'unknown' | undefined {
  if (cell === '') return undefined
  const slashed = SLASHED.exec(cell)
  if (!slashed) return 'iso'
  if (Number(slashed[1]) > 12) return 'day-first'
  return Number(slashed[2]) > 12 ? 'month-first' : 'unknown'
}

/** The date in ISO 8601, by the order that its file was found to have; any other text as it is. */
export function isoDate(cell: string, order: DateOrder): string {
  const compact = COMPACT.exec(cell)
  if (compact) return `${compact[1]}-${compact[2]}-${compact[3]}`
  const slashed = SLASHED.exec(cell)
  if (!slashed) return cell
  const [, first = '', second = '', year, clock] = slashed
  const [month, day] = order === 'day-first' ? [second, first] : [first, second]
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${clock}`
}
