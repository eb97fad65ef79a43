// Texts of times and headlines on the on-call page.
import type { KnownAmount, OnCall } from '#lib/services/on-call/types.ts'
import { money, number } from '../format.ts'

/** Hours with one decimal; a little never reads as nothing. */
export function hours(minutes: number): string {
  if (minutes === 0) return '0 h'
  return minutes < 3 ? '<0.1 h' : `${number(minutes / 60, minutes < 6000 ? 1 : 0)} h`
}

/** 45 s, 3 min 20 s, 2 h 5 min: how long somebody waited. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ''}`
  const minutes = Math.round(whole / 60)
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`
  return `${number(minutes / 1440, 1)} days`
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${number(count)} ${count === 1 ? one : many}`

const atLeast = ({ amount, partial }: KnownAmount, currency: string): string | null =>
  amount === null ? null : `${partial ? 'at least ' : ''}${money(amount, currency)}`

/** Pages, sleep, hours, money: the four questions in a sentence. */
export function headline({ period, currency }: OnCall): string {
  const sleep = period.pagesAt?.sleep
  const night =
    sleep === undefined || period.pages === 0 ? '' : sleep === 0 ? ', none of them at night' : `, ${number(sleep)} of them at night`
  const pages = period.pages === 0 ? 'Nobody was paged' : `${plural(period.pages, 'page')}${night}`
  const work = period.engagedMinutes === 0 ? 'nobody worked on an incident' : `${hours(period.engagedMinutes)} of incident work`
  const cost = atLeast(period.money.on_call, currency)
  return `${pages}; ${work}. ${cost === null ? 'What on-call cost is not known: no rate.' : `On-call cost ${cost}.`}`
}
