import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { backup, restore } from '#lib/services/backup.ts'
import type { Db } from '#lib/store/pool.ts'
import { allTables } from '#lib/store/tables.ts'
import { freshDatabase } from '#test/support/database.ts'
import { postLedger } from '#test/support/postings.ts'

let from: Awaited<ReturnType<typeof freshDatabase>>
let folder: string
const LANDED = 'landing/ab/abc.zst'
const contextOf = (db: Db, dataDir: string) => ({ db, dataDir, now: new Date('2026-04-01T00:00:00Z'), currency: 'USD', timezone: 'UTC' })

beforeAll(async () => {
  from = await freshDatabase()
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-backup-'))
  fs.mkdirSync(path.join(folder, 'a/landing/ab'), { recursive: true })
  fs.writeFileSync(path.join(folder, 'a', LANDED), 'delivered bytes')
  await from.pool.query("CREATE TABLE bill_line_2026_01 PARTITION OF bill_line FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')")
  await from.pool.query(
    `INSERT INTO bill_line (billing_period, source_id, content_key, from_seq, replacement_key, currency, charge_category, charge_start, charge_end,
                            billed, tags, scope, file, line, description)
     VALUES ('2026-01-01', 1, '\\x00ff', 1, 'k', 'USD', 'Usage', '2026-01-01Z', '2026-01-02Z', 12345678901234567890123456.000000000000000000000000000001,
             '{"a": "tab\\t"}', 'in', 'f', 2, E'tab\\there\\nand\\\\there')`,
  )
  await from.pool.query(
    `INSERT INTO delivery (delivery_id, source_id, arrived_at, file_name, sha256, bytes, landing_path) VALUES ('d', 1, now(), 'f', 'x', 15, $1)`,
    [LANDED],
  )
  await from.pool.query(
    `INSERT INTO batch (batch_id, source_id, kind, replacement_key, assembled_at, arrived_at) VALUES ('b', 1, 'focus', 'k', now(), now())`,
  )
  await from.pool.query("INSERT INTO audit_log (actor, action, subject) VALUES ('me', 'did', 'it')")
  await postLedger(from.pool, [{ day: '2026-01-01', step: 'bills', measure: 'cost', layer: 'gpu_compute', amount: '1.000000000001' }])
})
afterAll(async () => {
  await from.close()
  fs.rmSync(folder, { recursive: true, force: true })
})

async function contents(db: Db): Promise<Record<string, unknown[]>> {
  const client = await db.pool.connect()
  try {
    const all: Record<string, unknown[]> = {}
    for (const { table } of await allTables(client)) all[table] = (await client.query(`SELECT t::text FROM "${table}" t ORDER BY 1`)).rows
    return all
  } finally {
    client.release()
  }
}

const taken = () => backup(LOCAL_ADMINISTRATOR, contextOf(from, path.join(folder, 'a')), { file: path.join(folder, 'store.backup') })

test('a backup restores every table to the letter, partitions, sequences and delivered files', async () => {
  const { file, files } = await taken()
  expect(files).toBe(1)
  const to = await freshDatabase()
  try {
    await restore(LOCAL_ADMINISTRATOR, contextOf(to, path.join(folder, 'b')), { file })
    expect(await contents(to)).toEqual(await contents(from))
    const { rows } = await to.pool.query('SELECT tableoid::regclass::text AS at FROM bill_line')
    expect(rows).toEqual([{ at: 'bill_line_2026_01' }])
    expect(fs.readFileSync(path.join(folder, 'b', LANDED), 'utf8')).toBe('delivered bytes')
    const next = await to.pool.query(
      "INSERT INTO batch (batch_id, source_id, kind, replacement_key, assembled_at, arrived_at) VALUES ('c', 1, 'focus', 'k', now(), now()) RETURNING seq",
    )
    expect(Number(next.rows[0].seq)).toBe(2)
    await expect(restore(LOCAL_ADMINISTRATOR, contextOf(to, path.join(folder, 'b')), { file })).rejects.toThrow('holds deliveries already')
    await restore(LOCAL_ADMINISTRATOR, contextOf(to, path.join(folder, 'b')), { file, confirm: true })
    expect(await contents(to)).toEqual(await contents(from))
  } finally {
    await to.close()
  }
})

test.each([
  ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 40)],
  ['damaged', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 200), Buffer.alloc(50), bytes.subarray(250)])],
  ['something else', () => Buffer.from('hello')],
])('a file that is %s changes nothing', async (_, spoil) => {
  const { file } = await taken()
  const bad = `${file}.bad`
  fs.writeFileSync(bad, spoil(fs.readFileSync(file)))
  const to = await freshDatabase()
  try {
    const before = await contents(to)
    await expect(restore(LOCAL_ADMINISTRATOR, contextOf(to, path.join(folder, 'c')), { file: bad })).rejects.toThrow(/backup/)
    expect(await contents(to)).toEqual(before)
  } finally {
    await to.close()
  }
})

test('a viewer may neither take nor restore one', async () => {
  const viewer = { name: 'v', role: 'viewer' } as const
  await expect(backup(viewer, contextOf(from, folder), { file: 'x' })).rejects.toThrow('may not')
  await expect(restore(viewer, contextOf(from, folder), { file: 'x' })).rejects.toThrow('may not')
})
