import { type ChildProcess, spawn } from 'node:child_process'
import net from 'node:net'
import path from 'node:path'
import { host, port } from '#lib/env.ts'
import { Failure } from '#lib/errors.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Starts the web server as a process of its own; it reads the store at `databaseUrl`. */
export function startWeb(options: { databaseUrl: string; dataDir: string; dev: boolean }): ChildProcess {
  const next = path.join(root, 'node_modules/next/dist/bin/next')
  return spawn(process.execPath, [next, options.dev ? 'dev' : 'start', '-H', host(), '-p', String(port())], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      DATABASE_URL: options.databaseUrl,
      DENOMINATOR_DATA: options.dataDir,
      NODE_ENV: options.dev ? 'development' : 'production',
      NEXT_TELEMETRY_DISABLED: '1',
    },
  })
}

/** Throws `usage` when something else listens where the screens are to be. */
export async function portIsFree(): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = net
      .createServer()
      .once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new Failure('usage', 'address_taken', `${host()}:${port()} cannot be listened on (${cause.code})`, {
            remedy: 'set PORT to a free port, or stop what uses this one',
            cause,
          }),
        ),
      )
      .listen(port(), host(), () => probe.close(() => resolve()))
  })
}

/** Resolves once the server answers; rejects when its process ends before. */
export async function webAnswers(child: ChildProcess, path_ = '/healthz'): Promise<void> {
  let ended = false
  child.once('exit', () => (ended = true))
  for (;;) {
    if (ended) throw new Error('the web server ended before it answered')
    const ok = await fetch(`http://${host().includes(':') ? `[${host()}]` : host()}:${port()}${path_}`).then(
      (response) => response.status < 500,
      () => false,
    )
    if (ok && !ended) return
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
}
