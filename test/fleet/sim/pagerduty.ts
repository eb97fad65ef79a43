// PagerDuty's REST API v2, as much of it as a reader of incidents and shifts can ask for: offset paging, log entries, on-calls, rate limits.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { keyOf } from './random.ts'
import type { Incident, Staff } from './people.ts'
import { iso } from './time.ts'

type Json = Record<string, unknown>

const userOf = (staff: Staff, id: string): Json => {
  const person = staff.people.find((one) => one.id === id)!
  return {
    id: person.pagerduty,
    type: 'user_reference',
    summary: person.name,
    self: `https://api.pagerduty.com/users/${person.pagerduty}`,
    html_url: null,
  }
}
const reference = (type: string, summary: string): Json => ({
  id: `P${(keyOf(summary) >>> 0).toString(36).toUpperCase()}`,
  type: `${type}_reference`,
  summary,
  self: null,
  html_url: null,
})
const micro = (ms: number): string => new Date(ms).toISOString().replace(/(\.\d{3})Z$/, '$1000Z')

/** The incident as it stood at `now`: what happens later is not known yet. */
function incidentJson(staff: Staff, incident: Incident, now: number): Json {
  const resolved = incident.resolvedAt !== null && incident.resolvedAt <= now
  const acknowledged = incident.acknowledgements.filter((one) => one.at <= now)
  return {
    id: incident.id,
    type: 'incident',
    summary: `[#${incident.number}] ${incident.title}`,
    self: `https://api.pagerduty.com/incidents/${incident.id}`,
    html_url: `https://example.pagerduty.com/incidents/${incident.id}`,
    incident_number: incident.number,
    title: incident.title,
    created_at: iso(incident.createdAt),
    updated_at: iso(incident.resolvedAt ?? incident.createdAt),
    status: resolved ? 'resolved' : acknowledged.length > 0 ? 'acknowledged' : 'triggered',
    incident_key: incident.id.toLowerCase(),
    service: reference('service', incident.service),
    assignments: [],
    last_status_change_at: iso(resolved ? incident.resolvedAt! : (acknowledged.at(-1)?.at ?? incident.createdAt)),
    // one of four comes from the older API, which did not say when
    ...(resolved && incident.number % 4 !== 0 ? { resolved_at: iso(incident.resolvedAt!) } : {}),
    last_status_change_by: resolved && incident.resolvedBy ? userOf(staff, incident.resolvedBy) : reference('service', incident.service),
    escalation_policy: reference('escalation_policy', 'Inference fleet'),
    teams: [reference('team', 'Platform')],
    acknowledgements: resolved ? [] : acknowledged.map((one) => ({ at: iso(one.at), acknowledger: userOf(staff, one.person) })),
    pending_actions: [],
    alert_counts: { all: 1, triggered: resolved ? 0 : 1, resolved: resolved ? 1 : 0 },
    priority: null,
    urgency: incident.urgency,
  }
}

/** Its log entries, newest first, as the service lists them. */
function logEntries(staff: Staff, incident: Incident, now: number): Json[] {
  const list: Json[] = []
  const add = (type: string, at: number, agent: Json, more: Json = {}) =>
    list.push({
      id: `R${incident.id}${list.length}`,
      type: `${type}_log_entry`,
      summary: type,
      self: null,
      html_url: null,
      created_at: micro(at),
      agent,
      channel: { type: agent.type === 'user_reference' ? 'website' : 'auto' },
      incident: { id: incident.id, type: 'incident_reference', summary: incident.title, self: null, html_url: null },
      service: reference('service', incident.service),
      teams: [],
      contexts: [],
      ...more,
    })
  const service = reference('service', incident.service)
  add('trigger', incident.createdAt, service)
  const first = incident.acknowledgements[0]
  if (first) {
    add('assign', incident.createdAt, service, { assignees: [userOf(staff, first.person)] })
    for (const [channel, delay] of [
      ['phone_notification', 20_000],
      ['push_notification', 5_000],
    ] as const)
      add('notify', incident.createdAt + delay, service, {
        user: userOf(staff, first.person),
        channel: { type: 'auto', notification: { type: channel, status: 'success' } },
      })
  }
  for (const one of incident.acknowledgements) {
    add('acknowledge', one.at, userOf(staff, one.person))
    // pressed twice: it says nothing new
    if (incident.number % 5 === 0) add('acknowledge', one.at + 40_000, userOf(staff, one.person))
  }
  for (const one of incident.snoozes) {
    add('snooze', one.from, userOf(staff, one.person), { changed_actions: [{ type: 'unacknowledge', at: iso(one.to) }] })
    add('unacknowledge', one.to, service, { channel: { type: 'timeout' } })
  }
  if (incident.resolvedAt !== null) add('resolve', incident.resolvedAt, incident.resolvedBy ? userOf(staff, incident.resolvedBy) : service)
  return list
    .filter((one) => Date.parse(String(one.created_at)) <= now)
    .sort((a, b) => String(b.created_at).localeCompare(String(a.created_at)))
}

const onCallJson = (staff: Staff, { rotation, person, from, to }: Staff['shifts'][number]): Json => ({
  user: userOf(staff, person),
  schedule: reference('schedule', rotation),
  escalation_policy: reference('escalation_policy', 'Inference fleet'),
  escalation_level: rotation.endsWith('primary') ? 1 : 2,
  start: iso(from),
  end: iso(to),
})

function page(list: Json[], name: string, query: URLSearchParams): Json {
  const limit = Math.min(100, Number(query.get('limit') ?? 25))
  const offset = Number(query.get('offset') ?? 0)
  return {
    [name]: list.slice(offset, offset + limit),
    limit,
    offset,
    more: offset + limit < list.length,
    total: query.get('total') === 'true' ? list.length : null,
  }
}

export type PagerDuty = { handle: (request: IncomingMessage, response: ServerResponse) => void; requests: () => number }

/** `now` is the simulated present. Every `refuseEvery`-th request is refused with 429 once, as a busy account's are. */
export function pagerDuty(staff: () => Staff, now: () => number, token: string, refuseEvery = 40): PagerDuty {
  let requests = 0
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const send = (status: number, body: Json, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    }
    if (request.headers.authorization !== `Token token=${token}`)
      return send(401, { error: { message: 'Authentication failed', code: 2006 } })
    if (++requests % refuseEvery === 2)
      return send(
        429,
        { error: { message: 'Rate Limit Exceeded', code: 2020 } },
        { 'ratelimit-limit': '960', 'ratelimit-remaining': '0', 'ratelimit-reset': '1', 'retry-after': '1' },
      )
    const body = answer(staff(), url, now())
    send(body ? 200 : 404, body ?? { error: { message: 'Not Found', code: 2100 } })
  }
  return { handle, requests: () => requests }
}

function answer(staff: Staff, url: URL, now: number): Json | undefined {
  const query = url.searchParams
  const since = Date.parse(query.get('since') ?? new Date(now - 30 * 86_400_000).toISOString())
  const until = Math.min(now, Date.parse(query.get('until') ?? new Date(now).toISOString()))
  const statuses = query.getAll('statuses[]')
  const known = staff.incidents.filter((one) => one.createdAt <= now)
  if (url.pathname === '/incidents') {
    const list = known.filter((one) => one.createdAt >= since && one.createdAt < until).map((one) => incidentJson(staff, one, now))
    return page(
      list.filter((one) => statuses.length === 0 || statuses.includes(String(one.status))),
      'incidents',
      query,
    )
  }
  const one = /^\/incidents\/([^/]+)(\/log_entries)?$/.exec(url.pathname)
  if (one) {
    const incident = known.find((candidate) => candidate.id === one[1])
    if (!incident) return undefined
    return one[2] ? page(logEntries(staff, incident, now), 'log_entries', query) : { incident: incidentJson(staff, incident, now) }
  }
  if (url.pathname === '/log_entries') {
    const list = known.flatMap((incident) => logEntries(staff, incident, now))
    return page(
      list.filter((entry) => Date.parse(String(entry.created_at)) >= since && Date.parse(String(entry.created_at)) < until),
      'log_entries',
      query,
    )
  }
  if (url.pathname === '/oncalls')
    return page(
      staff.shifts.filter((shift) => shift.to > since && shift.from < until).map((shift) => onCallJson(staff, shift)),
      'oncalls',
      query,
    )
  if (url.pathname === '/users')
    return page(
      staff.people.map((person) => ({
        ...userOf(staff, person.id),
        type: 'user',
        name: person.name,
        email: person.email,
        time_zone: person.timezone,
      })),
      'users',
      query,
    )
  return undefined
}
