// Real servers of other projects, on loopback, for as long as a test needs them.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

export type Peer = { url: string; stop: () => Promise<void> }

/** Whether the program is installed. Where continuous integration runs it must be. */
export function installed(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    if (process.env.CI) throw new Error(`${program} is not installed`)
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Runs the program until `stop`; resolves when it answers at `ready`. */
async function run(program: string, folder: string, args: string[], url: string, ready: string): Promise<Peer> {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-4000)
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) break
    const up = await fetch(`${url}${ready}`).then(
      (response) => response.ok,
      () => false,
    )
    if (up) return { url, stop }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await stop()
  throw new Error(`${program} did not start: ${said}`)
}

/** `history` is OpenMetrics with timestamps in seconds; `scrape` a target that is asked every second. */
export async function startPrometheus({
  history,
  scrape,
  flags = [],
}: {
  history?: string
  scrape?: string
  flags?: string[]
}): Promise<Peer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'denominator-prometheus-'))
  const data = path.join(folder, 'data')
  if (history !== undefined) {
    writeFileSync(path.join(folder, 'history.om'), history)
    execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', path.join(folder, 'history.om'), data], { stdio: 'ignore' })
  }
  const config = {
    global: { scrape_interval: '1s' },
    scrape_configs: scrape ? [{ job_name: 'live', static_configs: [{ targets: [scrape] }] }] : [],
  }
  writeFileSync(path.join(folder, 'prometheus.yml'), JSON.stringify(config))
  const port = await freePort()
  const args = [
    `--config.file=${path.join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${data}`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=127.0.0.1:${port}`,
    ...flags,
  ]
  return run('prometheus', folder, args, `http://127.0.0.1:${port}`, '/-/ready')
}

/** `history` is exposition with timestamps in milliseconds; `scrape` a target that is asked every second. */
export async function startVictoriaMetrics({ history, scrape }: { history?: string; scrape?: string }): Promise<Peer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'denominator-vm-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = [`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`, '-retentionPeriod=100y', '-loggerLevel=ERROR']
  if (scrape !== undefined) {
    const config = { scrape_configs: [{ job_name: 'live', scrape_interval: '1s', static_configs: [{ targets: [scrape] }] }] }
    writeFileSync(path.join(folder, 'scrape.yml'), JSON.stringify(config))
    args.push(`-promscrape.config=${path.join(folder, 'scrape.yml')}`)
  }
  const peer = await run('victoria-metrics', folder, args, url, '/health')
  if (history === undefined) return peer
  const imported = await fetch(`${url}/api/v1/import/prometheus`, { method: 'POST', body: history })
  if (!imported.ok) throw new Error(`victoria-metrics refused the samples: ${imported.status}`)
  await fetch(`${url}/internal/force_flush`)
  return peer
}
