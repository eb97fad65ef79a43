import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { openLineage } from '#lib/services/lineage.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { reportExceptions } from '#lib/services/report/exceptions.ts'
import { freshDatabase } from '#test/support/database.ts'
import { dirty, insertGpuHours, insertLines, insertNode } from '#test/support/ledger-facts.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
let context: ServiceContext
beforeAll(async () => {
  db = await freshDatabase()
  context = { db, now: new Date('2026-09-01T00:00:00Z'), currency: 'USD', timezone: 'UTC', dataDir: '' }
})
afterAll(() => db.close())

test('each kind of what is not explained, with its size, its first day and a way to open it', async () => {
  await insertNode(db.pool, 'silent', [
    { kind: 'instance_id', alias: 'i-silent' },
    { kind: 'gpu_uuid', alias: 'g-silent' },
  ])
  await insertNode(db.pool, 'nameless', [{ kind: 'instance_id', alias: 'i-nameless' }], 'west')
  const free = await insertNode(db.pool, 'free', [], 'west')
  await insertGpuHours(db.pool, free, [{ hour: '2026-06-12T00:00', gpu: 'g-free' }])
  await insertLines(db.pool, [
    { start: '2026-06-10', end: '2026-06-12', billed: '48', resource: 'i-silent' },
    { start: '2026-06-11', end: '2026-06-12', billed: '10', resource: 'i-nameless' },
    { start: '2026-06-13', end: '2026-06-14', billed: '7', effective: null, layer: 'supporting' },
    { start: '2026-06-13', end: '2026-06-14', billed: '9', layer: 'supporting', currency: 'EUR' },
  ])
  await db.pool.query(
    `INSERT INTO shift (source_id, shift_id, from_seq, content_key, rotation, person, starts_at, ends_at)
       VALUES (3, 's1', 1, '', 'nights', 'ann', '2026-06-10T00:00Z', '2026-06-10T01:00Z');
     INSERT INTO time_entry (source_id, entry_id, from_seq, content_key, person, local_date, hours, scope, layer)
       VALUES (4, 't1', 1, '', 'ann', '2026-06-10', 3, 'in', 'operations');
     INSERT INTO batch (batch_id, source_id, kind, replacement_key, period, status, assembled_at, arrived_at)
       VALUES ('W', 1, 'focus', 'held', '2026-06-01', 'waiting', now(), '2026-06-20Z')`,
  )
  const days = ['2026-06-10', '2026-06-11', '2026-06-12', '2026-06-13']
  await dirty(db.pool, ['bills', 'capacity', 'labour'], days)
  await reconcileDays(LOCAL_ADMINISTRATOR, context)
  const { rows } = await reportExceptions(LOCAL_ADMINISTRATOR, context, { from: '2026-06-01', to: '2026-07-01' })
  expect(
    rows.map(({ kind, subject, amount, currency, quantity, unit, since }) => [kind, subject, amount, currency, quantity, unit, since]),
  ).toEqual([
    ['delivery_waiting', 'source 1 held', null, null, null, null, '2026-06-20'],
    ['effective_unavailable', 'source 1 acct', '7', 'USD', null, null, '2026-06-13'],
    ['unconverted', 'EUR to USD', '9', 'EUR', null, null, '2026-06-13'],
    ['billed_unseen', 'silent', '48', 'USD', '2', 'days', '2026-06-10'],
    ['seen_unbilled', 'cluster west', null, null, '60', 'GPU-minutes', '2026-06-12'],
    ['capacity_unknown', 'cluster west', '10', 'USD', '0', 'GPU-minutes', '2026-06-11'],
    ['role_without_rate', 'persons without a role', null, null, '10800', 'seconds', '2026-06-10'],
    ['role_without_rate', 'rotation nights', null, null, '3600', 'seconds', '2026-06-10'],
  ])
  for (const row of rows) {
    expect(row.suggestion.length).toBeGreaterThan(20)
    if (row.id) expect((await openLineage(LOCAL_ADMINISTRATOR, context, { id: row.id })).ledger.length).toBeGreaterThan(0)
  }
  const later = await reportExceptions(LOCAL_ADMINISTRATOR, context, { from: '2026-07-01', to: '2026-08-01' })
  expect(later.rows.map((row) => row.kind)).toEqual(['delivery_waiting'])
})
