// PagerDuty REST v2, only the fields that are read. https://developer.pagerduty.com/api-reference
import { z } from 'zod'
import { parseInstant } from '#lib/domain/time.ts'

/** An instant with or without a fraction, in milliseconds. */
const instant = z.string().transform((text, context) => {
  const ms = parseInstant(text)
  if (ms === undefined) context.addIssue({ code: 'custom', message: `not an instant: ${text}` })
  return ms ?? z.NEVER
})

/** `user` and `user_reference` are the same to us. */
const reference = z.object({ id: z.string(), type: z.string().default(''), summary: z.string().nullish(), email: z.string().nullish() })
export type Reference = z.output<typeof reference>

export const isUser = (agent: Reference | null | undefined): agent is Reference => !!agent && /^user(_reference)?$/.test(agent.type)

const logEntry = z.object({
  id: z.string(),
  type: z.string().transform((type) => type.replace(/_reference$/, '')),
  summary: z.string().nullish(),
  created_at: instant,
  agent: reference.nullish(),
  user: reference.nullish(),
  channel: z
    .object({
      type: z.string().nullish(),
      notification: z.object({ type: z.string().nullish() }).nullish(),
      snoozed_until: instant.nullish(),
      duration: z.coerce.number().nullish(),
    })
    .nullish(),
  /** What a snooze changes: the incident will be unacknowledged `at`. */
  changed_actions: z.array(z.object({ type: z.string(), at: instant.nullish() })).nullish(),
  snoozed_until: instant.nullish(),
  duration: z.coerce.number().nullish(),
})
export type LogEntry = z.output<typeof logEntry>

const incident = z.object({
  id: z.string(),
  incident_number: z.number().nullish(),
  title: z.string().nullish(),
  summary: z.string().nullish(),
  status: z.string(),
  urgency: z.string().nullish(),
  created_at: instant,
  resolved_at: instant.nullish(),
  last_status_change_at: instant.nullish(),
  last_status_change_by: reference.nullish(),
  html_url: z.string().nullish(),
  service: reference.nullish(),
  priority: reference.nullish(),
  teams: z.array(reference).nullish(),
  assignments: z.array(z.object({ assignee: reference })).nullish(),
  acknowledgements: z.array(z.object({ at: instant, acknowledger: reference })).nullish(),
  log_entries: z.array(logEntry).nullish(),
})
export type PagerDutyIncident = z.output<typeof incident>

const oncall = z.object({
  user: reference,
  schedule: reference.nullish(),
  escalation_policy: reference.nullish(),
  /** Both null: on call without a schedule, for as long as the policy says so. */
  start: instant.nullish(),
  end: instant.nullish(),
})
export type Oncall = z.output<typeof oncall>

const page = { offset: z.number().default(0), limit: z.number().nullish(), more: z.boolean().nullish() }
export const incidentsPage = z.object({ ...page, incidents: z.array(incident) })
export const logEntriesPage = z.object({ ...page, log_entries: z.array(logEntry) })
export const oncallsPage = z.object({ ...page, oncalls: z.array(oncall) })

/** Timestamps of analytics have no offset: they are wall clocks of the answer's `time_zone`. Only effort is taken, so none is read. */
export const analyticsPage = z.object({
  data: z.array(z.object({ id: z.string(), user_defined_effort_seconds: z.number().nullish() })),
  more: z.boolean().nullish(),
  last: z.string().nullish(),
})

export const pagerDutySettings = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).default('https://api.pagerduty.com'),
  token: z.string().min(1),
  /** Only these services' incidents. */
  services: z.array(z.string()).optional(),
  /** Only these schedules' shifts. */
  schedules: z.array(z.string()).optional(),
  /** Also ask analytics for declared effort (about a day late). */
  analytics: z.boolean().default(false),
})
export type PagerDutySettings = z.output<typeof pagerDutySettings>
