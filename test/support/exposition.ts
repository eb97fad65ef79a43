// Expositions written by hand, and a loopback server that says them.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Point = [time: string | number, value: number | string]

/** Lines of one series with timestamps: `name{labels} value ms`. */
export const series = (head: string, points: readonly Point[]): string =>
  points.map(([time, value]) => `${head} ${value} ${typeof time === 'number' ? time : Date.parse(time)}\n`).join('')

/** Points every `stepS` seconds from `from` on, as many as `values`. */
export const steps = (from: string, stepS: number, values: readonly (number | string)[]): Point[] =>
  values.map((value, i) => [Date.parse(from) + i * stepS * 1000, value])

export type Server = {
  url: string
  say: (body: string, type?: string, status?: number) => void
  requests: number
  close: () => Promise<void>
}

/** Answers every request with what was last said. */
export async function expositionServer(first = ''): Promise<Server> {
  let answer = { body: first, type: 'text/plain; version=0.0.4', status: 200 }
  const http = createServer((_, response) => {
    server.requests++
    response.writeHead(answer.status, { 'content-type': answer.type })
    response.end(answer.body)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: Server = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/metrics`,
    say: (body, type = 'text/plain; version=0.0.4', status = 200) => {
      answer = { body, type, status }
    },
    requests: 0,
    close: () =>
      new Promise((resolve) => {
        http.closeAllConnections()
        http.close(() => resolve())
      }),
  }
  return server
}
