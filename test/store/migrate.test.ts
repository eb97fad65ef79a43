import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '#lib/store/migrate.ts'
import { freshDatabase } from '#test/support/database.ts'

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
