// A PagerDuty account on loopback: REST v2 with paging, its limits and its moods. It knows nothing of our client.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type FakeAccount = {
  incidents: { id: string; created_at: string; [field: string]: unknown }[]
  logEntries: Record<string, unknown[]>
  oncalls: { start: string | null; end: string | null; [field: string]: unknown }[]
  effort: { id: string; created_at: string; user_defined_effort_seconds: number | null }[]
  /** The next answers, instead of the real ones: a status and its headers. */
  moods: { status: number; headers?: Record<string, string> }[]
  /** Every request as `METHOD path?query`. */
  asked: string[]
  token: string
}

export type FakePagerDuty = FakeAccount & { url: string; close: () => Promise<void> }

export async function fakePagerDuty(): Promise<FakePagerDuty> {
  const account: FakeAccount = { incidents: [], logEntries: {}, oncalls: [], effort: [], moods: [], asked: [], token: 'secret' }
  const server = createServer((request, response) => {
    void answer(account, request).then(({ status, headers, body }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((done) => server.close(() => done()))
  }
  return Object.assign(account, { url: `http://127.0.0.1:${port}`, close })
}

type Answer = { status: number; headers?: Record<string, string>; body: unknown }
const bad = (message: string): Answer => ({ status: 400, body: { error: { message } } })

async function answer(account: FakeAccount, request: IncomingMessage): Promise<Answer> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  const url = new URL(request.url ?? '/', 'http://x')
  account.asked.push(`${request.method} ${url.pathname}${decodeURIComponent(url.search)}`)
  if (request.headers.authorization !== `Token token=${account.token}`) return { status: 401, body: {} }
  if (!request.headers.accept?.includes('version=2')) return bad('version')
  const mood = account.moods.shift()
  if (mood) return { ...mood, body: {} }
  if (url.pathname === '/analytics/raw/incidents') return analytics(account, JSON.parse(body) as { starting_after?: string })
  if (url.searchParams.get('time_zone') !== 'UTC') return bad('time_zone')
  const log = /^\/incidents\/([^/]+)\/log_entries$/.exec(url.pathname)
  if (log) return page(url, 'log_entries', account.logEntries[log[1]!] ?? [])
  const [since, until] = ['since', 'until'].map((name) => Date.parse(url.searchParams.get(name) ?? '')) as [number, number]
  if (Number.isNaN(since) || Number.isNaN(until)) return bad('since and until')
  if (url.pathname === '/incidents') {
    if (until - since > 184 * 86_400_000) return bad('more than six months')
    return page(
      url,
      'incidents',
      account.incidents.filter(({ created_at }) => Date.parse(created_at) >= since && Date.parse(created_at) <= until),
    )
  }
  if (url.pathname === '/oncalls') {
    if (until - since > 92 * 86_400_000) return bad('more than three months')
    const overlaps = ({ start, end }: { start: string | null; end: string | null }) =>
      (start === null || Date.parse(start) < until) && (end === null || Date.parse(end) > since)
    return page(url, 'oncalls', account.oncalls.filter(overlaps))
  }
  return { status: 404, body: {} }
}

function page(url: URL, name: string, rows: readonly unknown[]): Answer {
  const offset = Number(url.searchParams.get('offset') ?? 0)
  const limit = Number(url.searchParams.get('limit') ?? 25)
  if (limit > 100 || offset + limit > 10_000) return bad('offset and limit')
  return {
    status: 200,
    body: { [name]: rows.slice(offset, offset + limit), offset, limit, more: offset + limit < rows.length, total: null },
  }
}

function analytics(account: FakeAccount, { starting_after: after }: { starting_after?: string }): Answer {
  const from = after === undefined ? 0 : account.effort.findIndex(({ id }) => id === after) + 1
  const data = account.effort.slice(from, from + 2)
  return { status: 200, body: { data, more: from + 2 < account.effort.length, last: data.at(-1)?.id ?? null, time_zone: 'Etc/UTC' } }
}

export const userRef = (id: string, name: string) => ({ id, type: 'user_reference', summary: name })
export const serviceRef = { id: 'PSVC', type: 'service_reference', summary: 'Inference' }

/** A log entry with its agent; ids are made of what it says. */
export const logEntry = (type: string, at: string, agent: unknown, more: object = {}) => ({
  id: `${type}-${at}`,
  type: `${type}_log_entry`,
  created_at: at,
  agent,
  channel: { type: 'auto' },
  ...more,
})
