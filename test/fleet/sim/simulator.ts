// The simulated fleet on loopback: one HTTP server an exporter and an engine, one for PagerDuty, one to set the clock. Nothing is
// written to disk; nothing outside 127.0.0.1 is bound.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { TOKEN, type Addresses } from './config-files.ts'
import { Counters } from './counters.ts'
import { engineHistory, engineNow } from './engine-exposition.ts'
import { gpuHistory, gpuNow } from './gpu-exposition.ts'
import { pagerDuty } from './pagerduty.ts'
import { makeStaff, type Staff } from './people.ts'
import { type Fleet, type FleetOptions, makeFleet } from './shape.ts'
import { EVERY_MINUTE, type Sink, type Steps } from './text.ts'
import type { Span } from './time.ts'
import { World } from './world.ts'

/** Where the simulated time stands: at a window of the past, whose samples every scrape carries; or at the present. */
export type Clock = { window: Span } | { live: () => number }

export type SimulatorOptions = FleetOptions & {
  /** Ports are taken upwards from here, so that names stay the same between runs; 0: any free ones. */
  basePort?: number
  steps?: Steps
  /** No 429 at all when 0. */
  refuseEvery?: number
}

export type Simulator = {
  fleet: Fleet
  staff: Staff
  addresses: Addresses
  setClock: (clock: Clock) => void
  close: () => Promise<void>
}

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => unknown

async function listen(handler: Handler, port: number): Promise<{ server: http.Server; address: string }> {
  const server = http.createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)))
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Until the reader took what is buffered, or went away. */
const drained = (response: http.ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
    if (response.destroyed) done()
  })

/** Sends text as it is made and waits for the reader where he is slow. The header is sent with the first text: an exporter with nothing to say answers 503. */
function responseSink(response: http.ServerResponse): Sink {
  return async (text) => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    if (!response.write(text, 'latin1')) await drained(response)
  }
}

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const fleet = makeFleet(options)
  const staff = makeStaff(fleet)
  const world = new World(fleet)
  const counters = new Counters(world)
  const steps = options.steps ?? EVERY_MINUTE
  let clock: Clock = { window: { from: fleet.start, to: fleet.start } }
  const now = () => ('live' in clock ? clock.live() : clock.window.to)
  const servers: http.Server[] = []
  let next = options.basePort ?? 0
  const serve = async (handler: Handler) => {
    const { server, address } = await listen(handler, next === 0 ? 0 : next++)
    servers.push(server)
    return address
  }
  const metrics =
    (history: (window: Span, sink: Sink) => Promise<boolean>, live: (at: number) => Promise<string | undefined>): Handler =>
    async (_, response) => {
      if ('window' in clock) {
        if (!(await history(clock.window, responseSink(response)))) response.writeHead(503)
        return response.end()
      }
      const text = await live(clock.live())
      response.writeHead(text === undefined ? 503 : 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
      return response.end(text)
    }
  const addresses: Addresses = { nodes: {}, replicas: {}, pagerduty: '' }
  for (const node of fleet.nodes)
    addresses.nodes[node.name] = await serve(
      metrics(
        (window, sink) => gpuHistory(world, node, window, steps, sink),
        (at) => gpuNow(world, node, at),
      ),
    )
  for (const replica of fleet.replicas) {
    const source = { world, counters, replica, deployment: fleet.deployments.find((one) => one.name === replica.deployment)! }
    addresses.replicas[replica.name] = await serve(
      metrics(
        (window, sink) => engineHistory(source, window, steps, sink),
        (at) => engineNow(source, at),
      ),
    )
  }
  addresses.pagerduty = await serve(
    pagerDuty(
      () => staff,
      () => Math.max(now(), fleet.end),
      TOKEN,
      options.refuseEvery,
    ).handle,
  )
  return {
    fleet,
    staff,
    addresses,
    setClock: (to) => {
      clock = to
    },
    close: async () => {
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}
