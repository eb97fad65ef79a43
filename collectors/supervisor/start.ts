import { openSession } from '#collectors/cli/session.ts'
import { host, port } from '#lib/env.ts'
import { messageOf } from '#lib/errors.ts'
import { syncCatalogue } from '#lib/services/prices.ts'
import { transaction } from '#lib/store/transaction.ts'
import { ensureBuilt } from './build.ts'
import { runLoops } from './loops.ts'
import { portIsFree, startWeb, webAnswers } from './web.ts'

const say = (line: string) => void process.stderr.write(`${line}\n`)
const address = () => `http://${host().includes(':') ? `[${host()}]` : host()}:${port()}`

/** Aborts on Ctrl-C, SIGTERM, or when the `npm` that started this has gone: npm does not pass SIGTERM on. */
function untilStopped(): AbortController {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  const parent = process.ppid
  if (process.env.npm_lifecycle_event)
    setInterval(() => {
      if (process.ppid !== parent) stop.abort()
    }, 500).unref()
  return stop
}

/**
 * `npm start`: database, migrations, configuration, collectors and web server. Prints the address on standard output, runs until it is
 * told to stop, and stops everything that it started.
 */
export async function start(options: { dev: boolean; onReady?: (address: string) => void }): Promise<number> {
  const stop = untilStopped()
  await portIsFree()
  if (!options.dev) await ensureBuilt(say)
  const session = await openSession()
  await transaction(session.db.pool, (client) => syncCatalogue(client, session.context.now))
  let code = 0
  const web = startWeb({ databaseUrl: session.store.url, dataDir: session.context.dataDir, dev: options.dev })
  web.once('exit', (status) => {
    if (stop.signal.aborted) return
    say(`the web server ended with ${status}`)
    code = 1
    stop.abort()
  })
  try {
    const loops = runLoops(session, stop.signal)
    await webAnswers(web)
    process.stdout.write(`Denominator is at ${address()}\n`)
    say(`database: ${session.store.how}; Ctrl-C stops everything`)
    options.onReady?.(address())
    await loops
    await new Promise<void>((resolve) => (stop.signal.aborted ? resolve() : stop.signal.addEventListener('abort', () => resolve())))
  } catch (error) {
    if (!stop.signal.aborted) {
      say(`denominator: ${messageOf(error)}`)
      code = 1
    }
    stop.abort()
  } finally {
    await ended(web)
    await session.close()
  }
  return code
}

/** Asks the web server to stop and waits; one that hangs for ten seconds is killed. */
async function ended(child: ReturnType<typeof startWeb>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}
