import type { Burden } from '#lib/services/report/burden.ts'

/** Of a person's local day: 22–8 o'clock; else in that person's working hours; else off. Unknown: nobody knows the person's zone. */
export type LocalTime = 'sleep' | 'off' | 'working' | 'unknown'
export const WORK_ITEMS = ['logged', 'unlogged', 'standby', 'premium'] as const
export type WorkItem = (typeof WORK_ITEMS)[number]

/** Reporting currency, every digit; null: nothing of it is known. `partial`: some of the time has no rate, or its currency has none. */
export type KnownAmount = { amount: string | null; partial: boolean; id: string | null }
export type Minutes = { engagedMinutes: number; loggedMinutes: number; unloggedMinutes: number; standbyMinutes: number }

export type OnCallTotals = Burden &
  Minutes & {
    from: string
    to: string
    /** By the moment of the page, not of its incident. */
    pages: number
    /** Null where the group is too small to be shown. */
    pagesAt: Record<LocalTime, number> | null
    money: Record<WorkItem | 'on_call', KnownAmount>
  }

export type PersonRow = Minutes & {
  person: string
  /** Null: not in the roster, or in a zone that nobody knows. */
  timezone: string | null
  pages: number
  pagesInSleep: number | null
  /** Shifts that began in the period; seconds lie in it, engaged ones included. */
  rotations: { rotation: string; shifts: number; seconds: number; priced: boolean }[]
  money: Record<WorkItem | 'all', KnownAmount>
}
export type ServiceRow = {
  service: string
  incidents: number
  pages: number | null
  pagesInSleep: number | null
  engagedSeconds: number | null
}

export type OnCall = {
  from: string
  to: string
  currency: string
  now: string
  hasData: boolean
  /** First UTC day of which anything is known; null: nothing at all. */
  knownFrom: string | null
  period: OnCallTotals
  /** The days before, as many; null where nothing was collected yet. */
  before: OnCallTotals | null
  /** Pages by local weekday (0: Monday) and hour; null where the group is too small to be shown. */
  grid: number[][] | null
  /** How many were paged, engaged or on standby. */
  headcount: number
  /** Null without permission to read persons. */
  people: PersonRow[] | null
  services: ServiceRow[]
  /** Time without a rate, by item (`standby/ROTATION`), and amounts without an exchange rate. */
  unpriced: { item: string; minutes: number }[]
  unconverted: { currency: string; effective: string }[]
}
