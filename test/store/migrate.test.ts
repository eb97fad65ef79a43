import fs from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '#lib/store/migrate.ts'
import { freshDatabase } from '#test/support/database.ts'
import prismaConfig from '../../prisma.config.ts'

const order = (a: string | undefined, b: string | undefined) => String(a).localeCompare(String(b))

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())

test('migrations are applied once, and a changed one is refused', async () => {
  expect(await migrate(db.url)).toEqual([])
  await db.pool.query("UPDATE _prisma_migrations SET checksum = 'x'")
  await expect(migrate(db.url)).rejects.toThrow(/was changed after it was applied/)
})

test('half-even rounding and floors as RULES.md wants them', async () => {
  const { rows } = await db.pool.query(
    `SELECT round_half_even(0.5, 0) a, round_half_even(1.5, 0) b, round_half_even(-2.5, 0) c, round_half_even(2.51, 0) d,
            floor12(-0.0000000000001) = -0.000000000001 AS floor, minutes_in(minute_mask(5, 60)) AS minutes`,
  )
  expect(rows[0]).toEqual({ a: '0', b: '2', c: '-2', d: '3', floor: true, minutes: 55 })
})

test('every table is either an entity of the Prisma schema or declared external to Prisma', async () => {
  const schema = fs.readFileSync('prisma/schema.prisma', 'utf8')
  const entities = [...schema.matchAll(/@@map\("(\w+)"\)/g)].map((match) => match[1])
  const external = (prismaConfig.tables?.external ?? []).map((name) => name.replace('public.', ''))
  const { rows } = await db.pool.query(
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
       AND relname <> '_prisma_migrations'`,
  )
  expect([...entities, ...external].toSorted(order)).toEqual(rows.map((row) => String(row.relname)).toSorted(order))
})

test('the schema obeys what keeps it distributable: node_id leads every key of the tables that hold GPU or serving facts', async () => {
  const { rows } = await db.pool.query(
    `SELECT c.relname, i.indexrelid::regclass::text AS index, a.attname AS first
     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
     WHERE i.indisunique AND c.relname IN ('gpu_hour', 'gpu_hour_old', 'serve_hour', 'node_day', 'node_day_cost', 'gpu')`,
  )
  expect(rows.length).toBeGreaterThan(0)
  expect(rows.filter((row) => row.first !== 'node_id')).toEqual([])
})
