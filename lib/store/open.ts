import fs from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { Failure, messageOf } from '#lib/errors.ts'
import { lockFolder } from './embedded/lock.ts'
import { runningServer, startServer } from './embedded/server.ts'
import { migrate } from './migrate.ts'

export type Opened = { url: string; how: string; applied: string[]; owner: boolean; close: () => Promise<void> }

/** Waits until no other Denominator process is connected, so that the owner does not take the server from under a running command. */
async function othersAreDone(url: string, waitMs: number): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'denominator-owner' })
  await client.connect()
  try {
    for (const end = Date.now() + waitMs; Date.now() < end; ) {
      const { rowCount } = await client.query(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'denominator' AND datname = current_database() LIMIT 1",
      )
      if (!rowCount) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  } finally {
    await client.end()
  }
}

/** Level by level: a recursive mkdir never returns in some special file systems. */
function makeFolder(dir: string): void {
  try {
    const missing: string[] = []
    for (let at = dir; !fs.existsSync(at); at = path.dirname(at)) missing.unshift(at)
    for (const level of missing) fs.mkdirSync(level, { mode: 0o711 })
    if (!fs.statSync(dir).isDirectory()) throw new Error('it is a file')
    fs.accessSync(dir, fs.constants.W_OK)
  } catch (cause) {
    throw new Failure('usage', 'data_folder_unusable', `the data folder ${dir} cannot be used: ${messageOf(cause)}`, {
      remedy: 'name a folder that may be written in DENOMINATOR_DATA',
      cause,
    })
  }
}

/**
 * A migrated database: the user's (`url` given), else the embedded one of the data folder, started here or already run by another process.
 * `close` stops what this call started, after commands that share the server have finished.
 */
export async function openStore(options: { url?: string; dataDir: string; sharedWaitMs?: number }): Promise<Opened> {
  if (options.url) {
    const applied = await migrate(options.url)
    return { url: options.url, how: 'DATABASE_URL', applied, owner: false, close: async () => {} }
  }
  makeFolder(options.dataDir)
  const lock = await lockFolder(options.dataDir)
  if ('heldBy' in lock) {
    const url = await runningServer(options.dataDir)
    return { url, how: `embedded, run by process ${lock.heldBy ?? '?'}`, applied: await migrate(url), owner: false, close: async () => {} }
  }
  const server = await startServer(options.dataDir)
  try {
    const applied = await migrate(server.url)
    const close = async () => {
      await othersAreDone(server.url, options.sharedWaitMs ?? 600_000).catch(() => {})
      await server.stop().finally(() => lock.release())
    }
    return { url: server.url, how: `embedded (${server.how})`, applied, owner: true, close }
  } catch (error) {
    await server.stop().finally(() => lock.release())
    throw error
  }
}
