// A server of Debian's PostgreSQL 15 for one run of the tests: its own temporary cluster on loopback, of user postgres where we are root.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'

const BIN = '/usr/lib/postgresql/15/bin'
const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off', shared_buffers: '128MB' }

export type DebianServer = { url: string; stop: () => void }

export const debianPostgresIsThere = (): boolean => fs.existsSync(path.join(BIN, 'initdb')) && fs.existsSync(path.join(BIN, 'postgres'))

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })

/** PostgreSQL refuses to run as root; Debian's package brings the user. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}

function execute(program: string, args: string[], as: { uid?: number; gid?: number }): void {
  // The server keeps what it inherits: no pipe of ours, or we would wait for it to end.
  const { status, error } = spawnSync(path.join(BIN, program), args, {
    ...as,
    cwd: '/',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: 'ignore',
  })
  if (status !== 0) throw error ?? new Error(`${program} of PostgreSQL 15 ended with ${status}`)
}

/** Starts it; `stop` ends it and removes all it wrote. */
export async function startDebianPostgres(): Promise<DebianServer> {
  const as = owner()
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-pg15-'))
  const [dir, passwordFile] = [path.join(root, 'data'), path.join(root, 'password')]
  const password = randomBytes(18).toString('base64url')
  fs.writeFileSync(passwordFile, password, { mode: 0o600 })
  if (as.uid !== undefined) for (const file of [root, passwordFile]) fs.chownSync(file, as.uid, as.gid!)
  const port = await freePort()
  const settings = Object.entries(SETTINGS).map(([key, value]) => `-c ${key}=${value}`)
  try {
    const auth = ['--auth=scram-sha-256', '--username=postgres', `--pwfile=${passwordFile}`]
    execute('initdb', [`--pgdata=${dir}`, ...auth, '--encoding=UTF8', '--locale=C', '--no-sync'], as)
    execute('pg_ctl', ['start', '-w', '-D', dir, '-l', path.join(root, 'server.log'), '-o', `-p ${port} ${settings.join(' ')}`], as)
  } catch (error) {
    fs.rmSync(root, { recursive: true, force: true })
    throw error
  }
  const stop = () => {
    try {
      execute('pg_ctl', ['stop', '-w', '-m', 'immediate', '-D', dir], as)
    } finally {
      fs.rmSync(root, { recursive: true, force: true })
    }
  }
  const url = new URL(`postgresql://postgres:${password}@127.0.0.1:${port}/postgres`)
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  await client.query('CREATE DATABASE denominator_test')
  await client.end()
  url.pathname = '/denominator_test'
  return { url: url.href, stop }
}
