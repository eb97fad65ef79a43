import type { Money } from './money.ts'
import type { Day, Interval } from './time.ts'

/** Instants in milliseconds since the epoch, UTC. `person` is what the source calls them, until the roster names them. */
export type PersonRef = { id: string; name: string | null; email: string | null }

export type Incident = {
  id: string
  number: string | null
  title: string | null
  service: string | null
  urgency: string | null
  status: string
  createdAt: number
  acknowledgedAt: number | null
  resolvedAt: number | null
  /** true: a person resolved it; false: it resolved itself; null: still open */
  resolvedByPerson: boolean | null
  /** Declared effort in seconds: the best measure of labour */
  effortSeconds: number | null
  labels: string[]
  url: string | null
}

export type Interruption = { id: string; incidentId: string | null; person: PersonRef; at: number; channel: string | null }

/** From that person's first acknowledgement to the incident's end (null: still open), less the incident's snoozes (RULES.md 24). */
export type Engagement = {
  incidentId: string
  person: PersonRef
  acknowledgedAt: number
  endedAt: number | null
  snoozed: Interval[]
  declaredSeconds: number | null
}

export type Shift = { id: string; rotation: string; person: PersonRef; startsAt: number; endsAt: number | null }

export type IncidentFacts = { incidents: Incident[]; interruptions: Interruption[]; engagements: Engagement[]; shifts: Shift[] }

/** Either `hours` on a local date, or an interval. */
export type TimeEntry = {
  id: string
  person: PersonRef
  localDate: Day
  hours: Money | null
  interval: Interval | null
  project: string | null
  issue: string | null
  tags: string[]
  activity: string | null
  note: string | null
  extra: Record<string, string>
  /** Any column by name, for `time.COLUMN` rules; tags as several values. */
  column: (name: string) => string | readonly string[] | undefined
}
