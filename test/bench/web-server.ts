// The built web server on a port of its own, over a database of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
const next = path.join(root, 'node_modules/next/dist/bin/next')

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export type WebServer = { url: string; stop: () => Promise<void> }

async function untilHealthy(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answers = await fetch(`${url}/healthz`).then(
      (response) => response.ok,
      () => false,
    )
    if (answers) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`the web server ended with ${child.exitCode}`)
}

/** Builds once if nothing is built, then starts. */
export async function startBuilt(databaseUrl: string): Promise<WebServer> {
  if (!fs.existsSync(path.join(root, '.next/BUILD_ID'))) {
    const built = spawnSync(process.execPath, [next, 'build'], { cwd: root, stdio: ['ignore', 2, 2] })
    if (built.status !== 0) throw new Error('next build failed')
  }
  const port = await freePort()
  const child = spawn(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', String(port)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DATABASE_URL: databaseUrl, NODE_ENV: 'production' },
  })
  const url = `http://127.0.0.1:${port}`
  await untilHealthy(url, child)
  const stop = async () => {
    if (child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
  return { url, stop }
}
