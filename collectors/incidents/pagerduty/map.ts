import type { Engagement, Incident, IncidentFacts, Interruption, PersonRef, Shift } from '#lib/domain/people.ts'
import { DAY_MS, type Interval } from '#lib/domain/time.ts'
import { type LogEntry, type Oncall, type PagerDutyIncident, type Reference, isUser } from './schema.ts'

/** PagerDuty snoozes for a week at most: how long one lasts whose end nobody says. */
const LONGEST_SNOOZE_MS = 7 * DAY_MS

const personOf = (user: Reference): PersonRef => ({ id: user.id, name: user.summary ?? null, email: user.email ?? null })
const inOrder = (entries: readonly LogEntry[]): LogEntry[] => [...entries].sort((a, b) => a.created_at - b.created_at)

/** When it ended and whether a person ended it. Older answers have no resolved_at: then the log tells, else the last change of status. */
function resolution(incident: PagerDutyIncident, log: readonly LogEntry[]): { at: number | null; byPerson: boolean | null } {
  if (incident.status !== 'resolved') return { at: null, byPerson: null }
  const entry = log.findLast((one) => one.type === 'resolve_log_entry')
  return {
    at: incident.resolved_at ?? entry?.created_at ?? incident.last_status_change_at ?? null,
    byPerson: isUser(entry ? entry.agent : incident.last_status_change_by),
  }
}

/** The first acknowledgement of each person. Once an incident is resolved only its log remembers them. */
function firstAcknowledgements(incident: PagerDutyIncident, log: readonly LogEntry[]): { person: PersonRef; at: number }[] {
  const logged = log.filter((one) => one.type === 'acknowledge_log_entry').map((one) => ({ agent: one.agent, at: one.created_at }))
  const listed = (incident.acknowledgements ?? []).map((one) => ({ agent: one.acknowledger, at: one.at }))
  const first = new Map<string, { person: PersonRef; at: number }>()
  for (const { agent, at } of [...logged, ...listed].sort((a, b) => a.at - b.at))
    if (isUser(agent) && !first.has(agent.id)) first.set(agent.id, { person: personOf(agent), at })
  return [...first.values()]
}

const ENDS_SNOOZE = new Set(['acknowledge_log_entry', 'unacknowledge_log_entry', 'resolve_log_entry', 'snooze_log_entry'])

function snoozedUntil(entry: LogEntry): number {
  const change = entry.changed_actions?.find((one) => one.type.startsWith('unacknowledge') && one.at)
  const told = change?.at ?? entry.snoozed_until ?? entry.channel?.snoozed_until
  if (told) return told
  const seconds = entry.duration ?? entry.channel?.duration
  return entry.created_at + (seconds ? seconds * 1000 : LONGEST_SNOOZE_MS)
}

/** From each snooze to the moment it names, or to what ended it earlier: a new acknowledgement, its lapse, a resolve, another snooze. */
function snoozes(log: readonly LogEntry[], resolvedAt: number | null): Interval[] {
  return log
    .filter((entry) => entry.type === 'snooze_log_entry')
    .map((entry) => {
      const ended = log.find((one) => one.created_at > entry.created_at && ENDS_SNOOZE.has(one.type))?.created_at
      return { start: entry.created_at, end: Math.min(snoozedUntil(entry), ended ?? Infinity, resolvedAt ?? Infinity) }
    })
    .filter((span) => span.end > span.start)
}

const NOTIFIED = /^Notified (.+) by (.+?)\.?$/

/** Who was notified: the entry's user, or, where only the sentence says so, the user of that name on the incident. */
function interruptions(incident: PagerDutyIncident, log: readonly LogEntry[]): Interruption[] {
  const known = new Map<string, Reference>()
  for (const user of [...(incident.assignments ?? []).map((one) => one.assignee), ...log.flatMap((one) => one.agent ?? [])])
    if (isUser(user) && user.summary) known.set(user.summary, user)
  return log.flatMap((entry) => {
    if (entry.type !== 'notify_log_entry') return []
    const [, name, by] = NOTIFIED.exec(entry.summary ?? '') ?? []
    const user = entry.user ?? (name === undefined ? undefined : known.get(name))
    if (!user && name === undefined) return []
    const person = user ? personOf(user) : { id: name!, name: name!, email: null }
    const channel = entry.channel?.notification?.type ?? by ?? entry.channel?.type ?? null
    return [{ id: entry.id, incidentId: incident.id, person, at: entry.created_at, channel }]
  })
}

/** One incident with its log (in any order), and the declared effort if analytics has any. Pure. */
export function mapIncident(
  raw: PagerDutyIncident,
  entries: readonly LogEntry[],
  effortSeconds: number | null = null,
): { incident: Incident; engagements: Engagement[]; interruptions: Interruption[] } {
  const log = inOrder(entries)
  const { at: resolvedAt, byPerson } = resolution(raw, log)
  const acknowledged = firstAcknowledgements(raw, log)
  const snoozed = snoozes(log, resolvedAt)
  const labels = [
    ...(raw.teams ?? []).map((team) => `team:${team.summary ?? team.id}`),
    ...(raw.priority ? [`priority:${raw.priority.summary}`] : []),
  ]
  return {
    incident: {
      id: raw.id,
      number: raw.incident_number?.toString() ?? null,
      title: raw.title ?? raw.summary ?? null,
      service: raw.service?.summary ?? raw.service?.id ?? null,
      urgency: raw.urgency ?? null,
      status: raw.status,
      createdAt: raw.created_at,
      acknowledgedAt: acknowledged[0]?.at ?? null,
      resolvedAt,
      resolvedByPerson: byPerson,
      effortSeconds,
      labels,
      url: raw.html_url ?? null,
    },
    engagements: acknowledged.map(({ person, at }, index) => ({
      incidentId: raw.id,
      person,
      acknowledgedAt: at,
      endedAt: resolvedAt,
      snoozed,
      declaredSeconds: index === 0 ? effortSeconds : null,
    })),
    interruptions: interruptions(raw, log),
  }
}

/**
 * On-call entries as shifts; the same schedule listed for several policies is one. A schedule names the rotation, else the policy does.
 * Without a start the shift is permanent: it is known from `knownFrom` on.
 */
export function mapOncalls(oncalls: readonly Oncall[], knownFrom: number): Shift[] {
  const shifts = new Map<string, Shift>()
  for (const { user, schedule, escalation_policy: policy, start, end } of oncalls) {
    const rotation = schedule ?? policy
    const id = [rotation?.id ?? '', user.id, start ? new Date(start).toISOString() : 'permanent'].join('/')
    const before = shifts.get(id)
    const endsAt = before && before.endsAt !== null && end ? Math.max(before.endsAt, end) : (end ?? null)
    shifts.set(id, { id, rotation: rotation?.summary ?? rotation?.id ?? '', person: personOf(user), startsAt: start ?? knownFrom, endsAt })
  }
  return [...shifts.values()]
}

/** All facts of one pull. */
export function mapFacts(
  incidents: readonly { raw: PagerDutyIncident; log: readonly LogEntry[] }[],
  oncalls: readonly Oncall[],
  effort: ReadonlyMap<string, number>,
  knownFrom: number,
): IncidentFacts {
  const mapped = incidents.map(({ raw, log }) => mapIncident(raw, log, effort.get(raw.id) ?? null))
  return {
    incidents: mapped.map((one) => one.incident),
    interruptions: mapped.flatMap((one) => one.interruptions),
    engagements: mapped.flatMap((one) => one.engagements),
    shifts: mapOncalls(oncalls, knownFrom),
  }
}
