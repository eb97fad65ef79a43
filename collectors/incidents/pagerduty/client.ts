import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { DAY_MS } from '#lib/domain/time.ts'
import { Failure, messageOf } from '#lib/errors.ts'
import type { LogEntry, Oncall, PagerDutyIncident, PagerDutySettings } from './schema.ts'
import { analyticsPage, incidentsPage, logEntriesPage, oncallsPage } from './schema.ts'

const PAGE = 100
/** PagerDuty refuses offset + limit beyond this. */
const DEEPEST = 10_000
/** /incidents takes at most six months at once, /oncalls three. */
const INCIDENTS_SPAN_MS = 180 * DAY_MS
const ONCALLS_SPAN_MS = 85 * DAY_MS
const TRIES = 6
const LONGEST_WAIT_S = 90
const TIMEOUT_MS = 30_000
/** Log entries are asked for incident by incident, a few at a time. */
const AT_ONCE = 4

export type Span = { from: number; to: number }
type Query = Record<string, string | number | readonly string[] | undefined>
type Paged = { more?: boolean | null | undefined }

/** One PagerDuty account. Every answer is checked against its schema; whatever fails is a Failure that names the request. */
export type PagerDuty = {
  incidents: (span: Span) => Promise<PagerDutyIncident[]>
  logEntries: (incidentId: string) => Promise<LogEntry[]>
  oncalls: (span: Span) => Promise<Oncall[]>
  /** Declared effort in seconds by incident id. */
  effort: (span: Span) => Promise<Map<string, number>>
}

export function pagerDuty(settings: PagerDutySettings, signal: AbortSignal): PagerDuty {
  const ask = requester(settings, signal)
  return {
    incidents: async (span) => {
      const found = new Map<string, PagerDutyIncident>()
      for (const part of chunks(span, INCIDENTS_SPAN_MS)) for (const one of await incidentsOf(ask, settings, part)) found.set(one.id, one)
      return [...found.values()]
    },
    logEntries: async (incidentId) => {
      const path = `/incidents/${encodeURIComponent(incidentId)}/log_entries`
      const pages = await all((offset) => ask(path, { limit: PAGE, offset, time_zone: 'UTC', is_overview: 'false' }, logEntriesPage))
      return complete(pages, path).flatMap((page) => page.log_entries)
    },
    oncalls: async (span) => {
      const found: Oncall[] = []
      for (const { from, to } of chunks(span, ONCALLS_SPAN_MS)) {
        const query = { since: iso(from), until: iso(to), time_zone: 'UTC', limit: PAGE, 'schedule_ids[]': settings.schedules }
        const pages = await all((offset) => ask('/oncalls', { ...query, offset }, oncallsPage))
        found.push(...complete(pages, '/oncalls').flatMap((page) => page.oncalls))
      }
      return found
    },
    effort: (span) => effortOf(ask, settings, span),
  }
}

type Ask = <Schema extends z.ZodType>(path: string, query: Query, schema: Schema, body?: unknown) => Promise<z.output<Schema>>

const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')

function chunks({ from, to }: Span, longestMs: number): Span[] {
  const parts: Span[] = []
  for (let start = from; start < to; start += longestMs) parts.push({ from: start, to: Math.min(to, start + longestMs) })
  return parts
}

/** Every page, or as many as PagerDuty gives; `more` on the last one tells that there were more. */
async function all<Page extends Paged>(get: (offset: number) => Promise<Page>): Promise<Page[]> {
  const pages: Page[] = []
  for (let offset = 0; offset + PAGE <= DEEPEST; offset += PAGE) {
    pages.push(await get(offset))
    if (!pages.at(-1)!.more) break
  }
  return pages
}

function complete<Page extends Paged>(pages: Page[], path: string): Page[] {
  if (pages.at(-1)?.more) throw new Failure('unavailable', 'too_many_rows', `PagerDuty lists more than ${DEEPEST} rows at ${path}`)
  return pages
}

/** The incidents created in a span. A span with more than PagerDuty pages through is halved. */
async function incidentsOf(ask: Ask, settings: PagerDutySettings, { from, to }: Span): Promise<PagerDutyIncident[]> {
  const query = {
    since: iso(from),
    until: iso(to),
    time_zone: 'UTC',
    'statuses[]': ['triggered', 'acknowledged', 'resolved'],
    'service_ids[]': settings.services,
    sort_by: 'created_at:asc',
    limit: PAGE,
  }
  const pages = await all((offset) => ask('/incidents', { ...query, offset }, incidentsPage))
  if (pages.at(-1)?.more && to - from > 2000) {
    const middle = Math.floor((from + to) / 2000) * 1000
    return [...(await incidentsOf(ask, settings, { from, to: middle })), ...(await incidentsOf(ask, settings, { from: middle, to }))]
  }
  // Whether `until` is part of the span is not said: each incident belongs to exactly one.
  return complete(pages, '/incidents')
    .flatMap((page) => page.incidents)
    .filter((one) => one.created_at >= from && one.created_at < to)
}

async function effortOf(ask: Ask, settings: PagerDutySettings, span: Span): Promise<Map<string, number>> {
  const effort = new Map<string, number>()
  const filters = { created_at_start: iso(span.from), created_at_end: iso(span.to), service_ids: settings.services }
  let after: string | undefined
  for (let pages = 0; pages < 1000; pages++) {
    const body = { filters, limit: 1000, order: 'asc', order_by: 'created_at', time_zone: 'Etc/UTC', starting_after: after }
    const page = await ask('/analytics/raw/incidents', {}, analyticsPage, body)
    for (const { id, user_defined_effort_seconds: seconds } of page.data) if (typeof seconds === 'number') effort.set(id, seconds)
    if (!page.more || !page.last || page.last === after) return effort
    after = page.last
  }
  throw new Failure('unavailable', 'too_many_rows', 'PagerDuty analytics lists more than a million incidents')
}

function addressOf(base: string, path: string, query: Query): URL {
  const url = new URL(base.replace(/\/+$/, '') + path)
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) url.searchParams.append(name, String(one))
  return url
}

function requester(settings: PagerDutySettings, signal: AbortSignal): Ask {
  const headers = {
    authorization: `Token token=${settings.token}`,
    accept: 'application/vnd.pagerduty+json;version=2',
    'content-type': 'application/json',
  }
  return async (path, query, schema, body) => {
    const url = addressOf(settings.url, path, query)
    const request: RequestInit = { headers, redirect: 'error' }
    if (body !== undefined) Object.assign(request, { method: 'POST', body: JSON.stringify(body) })
    const answer = await patient(
      () => fetch(url, { ...request, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) }),
      path,
      signal,
    )
    const parsed = schema.safeParse(answer)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw new Failure('unavailable', 'unexpected_answer', `PagerDuty's answer at ${path} is not what it should be: ${issue?.message}`, {
      place: { column: issue?.path.join('.') ?? '' },
      remedy: 'check that `url` is a PagerDuty REST API v2',
    })
  }
}

/** Asks again when told to wait (429) or when the service is briefly away, a bounded number of times; then it fails. */
async function patient(send: () => Promise<Response>, path: string, signal: AbortSignal): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const response = await send().catch((error: unknown) => {
      const cause = error instanceof Error && error.cause ? error.cause : error
      throw new Failure('unavailable', 'source_unreachable', `PagerDuty cannot be reached at ${path}: ${messageOf(cause)}`, {
        cause: error,
      })
    })
    if (response.ok) return response.json().catch(() => null)
    await response.body?.cancel()
    const again = response.status === 429 || (response.status >= 502 && response.status <= 504)
    if (!again || attempt === TRIES) throw refusal(response.status, path)
    await sleep(1000 * waitSeconds(response, attempt), undefined, { signal })
  }
}

function refusal(status: number, path: string): Failure {
  const remedy = status === 401 || status === 403 ? 'check the token and what it may read' : 'try again later'
  return new Failure('unavailable', status === 429 ? 'rate_limited' : 'source_refused', `PagerDuty answered ${status} at ${path}`, {
    remedy,
  })
}

/** `ratelimit-reset` and `retry-after` are seconds from now; without them the wait doubles from one second. */
function waitSeconds(response: Response, attempt: number): number {
  const told = response.headers.get('ratelimit-reset') ?? response.headers.get('retry-after')
  const seconds = told !== null && /^\d+(\.\d+)?$/.test(told) ? Number(told) : 2 ** (attempt - 1)
  return Math.min(seconds, LONGEST_WAIT_S)
}

/** Maps with a bounded number of calls under way, results in order. */
export async function mapBounded<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
  return results
}
