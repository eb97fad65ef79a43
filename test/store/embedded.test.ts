import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockFolder } from '#lib/store/embedded/lock.ts'
import { openStore } from '#lib/store/open.ts'

let dataDir: string
beforeEach(() => {
  dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-embedded-'))
  fs.chmodSync(dataDir, 0o711)
})
afterEach(() => fs.rmSync(dataDir, { recursive: true, force: true }))

async function one<T>(url: string, sql: string): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows[0]
  } finally {
    await client.end()
  }
}

test('a second process shares the server of the first, and what was written outlives a stop', async () => {
  const first = await openStore({ dataDir })
  const second = await openStore({ dataDir })
  expect([first.owner, second.owner, second.applied]).toEqual([true, false, []])
  await one(second.url, "INSERT INTO source (name, kind) VALUES ('kept', 'focus')")
  await second.close()
  await first.close()
  const again = await openStore({ dataDir })
  expect(again.applied).toEqual([])
  expect(await one(again.url, 'SELECT name FROM source')).toEqual({ name: 'kept' })
  await again.close()
})

test('after the server was killed hard, the next start recovers what was committed', async () => {
  const first = await openStore({ dataDir })
  await one(first.url, "INSERT INTO source (name, kind) VALUES ('kept', 'focus')")
  const postmaster = Number(fs.readFileSync(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])
  process.kill(postmaster, 'SIGKILL')
  // The lock is still ours: `close` would ask a dead server to stop, so only the lock is given back by a failing close.
  await first.close().catch(() => {})
  const again = await openStore({ dataDir })
  expect(await one(again.url, 'SELECT name FROM source')).toEqual({ name: 'kept' })
  await again.close()
})

test('the lock of a folder names its holder and is released when the holder is killed', async () => {
  const holder = spawn(
    process.execPath,
    [
      '-e',
      `import('${path.resolve('lib/store/embedded/lock.ts')}').then(async (m) => { await m.lockFolder(${JSON.stringify(dataDir)}); console.log('held'); setInterval(() => {}, 1e6) })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  expect(await lockFolder(dataDir)).toEqual({ heldBy: holder.pid })
  const gone = new Promise((resolve) => holder.once('exit', resolve))
  holder.kill('SIGKILL')
  await gone
  const lock = await lockFolder(dataDir)
  expect(lock).toHaveProperty('release')
  if ('release' in lock) lock.release()
})
