import { formatAmount, Money, type Money as Amount } from '#lib/domain/money.ts'
import { Failure } from '#lib/errors.ts'
import { DAY_MS, dayStart, isDay } from '#lib/domain/time.ts'

/** What every report is asked for. `to` is exclusive. */
export type Period = { from: string; to: string }

export const amount = (text: string | null | undefined): Amount => new Money(text ?? 0)
export const shown = (value: Amount): string => formatAmount(value)

/** No report is longer: a series by day of millennia would only exhaust the memory. */
const MAX_DAYS = 7305

/** Throws `usage` unless from < to and both are days. */
export function checkPeriod({ from, to }: Period): void {
  for (const [name, value] of [
    ['from', from],
    ['to', to],
  ] as const)
    if (!isDay(value)) throw new Failure('usage', 'bad_period', `--${name} \`${value}\` is not a day`, { remedy: 'write YYYY-MM-DD' })
  if (dayStart(to) - dayStart(from) > MAX_DAYS * DAY_MS)
    throw new Failure('usage', 'period_too_long', `${from} to ${to} is longer than twenty years`, { remedy: 'ask for a shorter period' })
  if (from >= to)
    throw new Failure('usage', 'bad_period', `--from ${from} is not before --to ${to}`, { remedy: 'the last day is exclusive' })
}
