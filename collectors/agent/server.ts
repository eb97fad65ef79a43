// The agent's HTTP server: /metrics, /healthz, nothing else.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Failure } from '#lib/errors.ts'

export type Listen = { host: string; port: number }
export type AgentServer = { url: string; stop: () => Promise<void> }

const REMEDY = 'write it as HOST:PORT, for example 127.0.0.1:9835, or [::1]:9835; :9835 listens on every address'
const LISTEN = /^(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/i
/** How long scrapes that are under way may take to end. */
const DRAIN_MS_MAX = 10_000

/** Reads `--listen`. Throws `usage`. */
export function parseListen(text: string): Listen {
  const match = LISTEN.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535)
    throw new Failure('usage', 'bad_listen', `\`${text}\` is no address to listen on`, { place: { source: '--listen' }, remedy: REMEDY })
  return { host: match[1] ?? match[2] ?? '', port }
}

const TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Serves `scrape`. Throws `usage` when the address is none of this machine's, `unavailable` when it is taken or not allowed. */
export async function serve(listen: Listen, scrape: () => Promise<string>): Promise<AgentServer> {
  const server = http.createServer((request, response) => {
    const answer = (status: number, text: string, headers: http.OutgoingHttpHeaders = {}) => {
      response.writeHead(status, {
        'content-type': TYPE,
        'cache-control': 'no-store',
        'content-length': Buffer.byteLength(text),
        ...headers,
      })
      response.end(request.method === 'HEAD' ? undefined : text)
    }
    const path = (request.url ?? '/').split('?', 1)[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'only GET\n', { allow: 'GET, HEAD' })
    if (path === '/healthz') return answer(200, 'ok\n')
    if (path !== '/metrics') return answer(404, 'there are /metrics and /healthz\n')
    scrape().then(
      (text) => answer(200, text),
      (error: unknown) => answer(500, `${error instanceof Error ? error.message : String(error)}\n`),
    )
  })
  server.maxConnections = 64
  server.headersTimeout = 10_000
  await started(server, listen)
  const { address, family, port } = server.address() as AddressInfo
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`, stop: () => stop(server) }
}

function started(server: http.Server, { host, port }: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const foreign = cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN'
      const message = `cannot listen on ${host || 'every address'}, port ${port}: ${foreign ? 'this machine has no such address' : cause.message}`
      const remedy = cause.code === 'EADDRINUSE' ? 'stop what uses the port, or choose another with --listen' : REMEDY
      reject(new Failure(foreign ? 'usage' : 'unavailable', 'cannot_listen', message, { place: { source: '--listen' }, remedy, cause }))
    })
    server.listen({ host: host || undefined, port }, resolve)
  })
}

function stop(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS_MAX)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
