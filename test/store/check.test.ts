// Each invariant is broken on purpose, in a transaction of the living store that is mended afterwards, and must be found.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { freshDatabase } from '#test/support/database.ts'
import { dirty, insertGpu, insertGpuHours, insertLines, insertNode } from '#test/support/ledger-facts.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
let context: ServiceContext
beforeAll(async () => {
  db = await freshDatabase()
  context = { db, now: new Date('2026-07-01T00:00:00Z'), currency: 'EUR', timezone: 'UTC', dataDir: '' }
  const node = await insertNode(db.pool, 'n1', [
    { kind: 'instance_id', alias: 'i-1' },
    { kind: 'gpu_uuid', alias: 'g1' },
  ])
  await insertGpu(db.pool, node, 'g1', 0, '2026-06-01')
  for (const table of ['gpu_hour', 'bill_line'])
    await db.pool.query(`CREATE TABLE ${table}_2026_06 PARTITION OF ${table} FOR VALUES FROM ('2026-06-01Z') TO ('2026-07-01Z')`)
  await insertGpuHours(db.pool, node, [{ hour: '2026-06-10T03:00', gpu: 'g1' }])
  await db.pool.query(
    `INSERT INTO batch (seq, batch_id, source_id, kind, replacement_key, billing_account, period, status, assembled_at, arrived_at,
       rows_read, rows_accepted, rows_quarantined, rows_excluded, money)
     VALUES (1, 'B1', 1, 'focus', 'k', 'acct', '2026-06-01', 'final', now(), now(), 5, 3, 1, 1, $1)`,
    [
      JSON.stringify([
        { currency: 'EUR', column: 'billed', read: '45.5', accepted: '37.5', quarantined: '3', excluded: '5' },
        { currency: 'EUR', column: 'effective', read: '45.5', accepted: '37.5', quarantined: '3', excluded: '5' },
      ]),
    ],
  )
  await db.pool.query(
    `INSERT INTO quarantine (batch_seq, source_id, file, line, reason, currency, billed) VALUES (1, 1, 'test.csv', 9, 'not a number', 'EUR', 3)`,
  )
  await db.pool.query(`INSERT INTO bill_excluded_day (source_id, replacement_key, from_seq, billing_account, currency, day, charge_category, shares, row_count, billed, effective)
    VALUES (1, 'k', 1, 'acct', 'EUR', '2026-06-10', 'Usage', true, 1, 5, 5)`)
  await insertLines(db.pool, [
    { start: '2026-06-10', end: '2026-06-11', billed: '24', resource: 'i-1', currency: 'EUR', invoice: 'inv-1' },
    { start: '2026-06-10', end: '2026-06-12', billed: '3.5', category: 'Tax', scope: 'share', layer: 'tax', currency: 'EUR' },
    { start: '2026-06-11', end: '2026-06-11', billed: '10', layer: 'observability', currency: 'EUR' },
  ])
  await dirty(db.pool, ['bills', 'capacity'], ['2026-06-10', '2026-06-11', '2026-06-12'])
  await reconcileDays(LOCAL_ADMINISTRATOR, context)
})
afterAll(() => db.close())

test('a sound store has no violation', async () => {
  const report = await check(LOCAL_ADMINISTRATOR, context)
  expect(report.violations).toEqual([])
  expect(report.checked).toMatchObject({ batches: 1, billDays: 3, capacityDays: 3, waiting: 0 })
})

const off = 'ALTER TABLE ledger_entry DISABLE TRIGGER USER; '
const on = '; ALTER TABLE ledger_entry ENABLE TRIGGER USER'
const PLANTED: [code: string, breaks: string, mends: string, also?: string[]][] = [
  ['batch_rows', 'UPDATE batch SET rows_read = 6', 'UPDATE batch SET rows_read = 5'],
  [
    'batch_money',
    `UPDATE batch SET money = jsonb_set(money, '{0,read}', '"45.6"')`,
    `UPDATE batch SET money = jsonb_set(money, '{0,read}', '"45.5"')`,
  ],
  [
    'batch_lines',
    'UPDATE bill_line SET billed = billed + 0.000000000001 WHERE layer = $$tax$$',
    'UPDATE bill_line SET billed = 3.5 WHERE layer = $$tax$$',
    ['bills_day', 'invoice'],
  ],
  ['batch_line_count', 'UPDATE batch SET rows_read = 6, rows_accepted = 4', 'UPDATE batch SET rows_read = 5, rows_accepted = 3'],
  ['batch_excluded', 'UPDATE bill_excluded_day SET billed = 6', 'UPDATE bill_excluded_day SET billed = 5'],
  ['batch_quarantine', 'UPDATE quarantine SET batch_seq = 2', 'UPDATE quarantine SET batch_seq = 1'],
  [
    'bills_day',
    `UPDATE bill_line SET charge_start = '2026-06-11Z', charge_end = '2026-06-12Z' WHERE layer = $$tax$$`,
    `UPDATE bill_line SET charge_start = '2026-06-10Z', charge_end = '2026-06-12Z' WHERE layer = $$tax$$`,
  ],
  [
    'invoice',
    'UPDATE bill_line SET invoice_id = $$inv-2$$ WHERE invoice_id = $$inv-1$$',
    'UPDATE bill_line SET invoice_id = $$inv-1$$ WHERE invoice_id = $$inv-2$$',
  ],
  ['capacity_day', `UPDATE node_alias SET alias = 'i-2' WHERE alias = 'i-1'`, `UPDATE node_alias SET alias = 'i-1' WHERE alias = 'i-2'`],
  ['gpu_minutes', 'UPDATE node_day SET gpus = 2', 'UPDATE node_day SET gpus = 1'],
  ['node_days', `UPDATE node_day SET state = 'lost' WHERE state = 'dark'`, `UPDATE node_day SET state = 'dark' WHERE state = 'lost'`],
  [
    'node_cost',
    `UPDATE node_day SET effective = effective + 1 WHERE state = 'dark'`,
    `UPDATE node_day SET effective = effective - 1 WHERE state = 'dark'`,
  ],
  ['months', 'UPDATE ledger_month SET quantity = coalesce(quantity, 0) + 1', 'UPDATE ledger_month SET quantity = quantity - 1'],
  [
    'journal',
    `${off}UPDATE ledger_entry SET billed_rc = billed_rc + 1${on}`,
    `${off}UPDATE ledger_entry SET billed_rc = billed_rc - 1${on}`,
  ],
  ['run_entries', 'UPDATE run SET entries = entries + 1', 'UPDATE run SET entries = entries - 1'],
  ['entry_without_run', 'UPDATE run SET run_id = run_id + 1000', 'UPDATE run SET run_id = run_id - 1000', ['run_entries']],
  [
    'two_current',
    `INSERT INTO incident (source_id, incident_id, from_seq, content_key, created_at) VALUES (1, 'x', 1, '', now()), (1, 'x', 2, '', now())`,
    'DELETE FROM incident',
  ],
  [
    'version_order',
    `INSERT INTO incident (source_id, incident_id, from_seq, to_seq, content_key, created_at) VALUES (1, 'x', 3, 2, '', now())`,
    'DELETE FROM incident',
  ],
  [
    'stray_rows',
    `INSERT INTO serve_hour (node_id, hour, replica_id, source_id, scraped, running, covered_s) VALUES (1, '2026-06-10Z', 1, 1, 0, 0, 0)`,
    'DELETE FROM serve_hour',
  ],
]

test.each(PLANTED)('a planted violation is found: %s', async (code, breaks, mends, also = []) => {
  await db.pool.query(breaks)
  const { violations } = await check(LOCAL_ADMINISTRATOR, context)
  await db.pool.query(mends)
  expect([...new Set(violations.map((violation) => violation.code))].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
    [code, ...also].toSorted((a, b) => (a < b ? -1 : 1)),
  )
  expect(violations[0]!.message.length).toBeGreaterThan(20)
  expect((await check(LOCAL_ADMINISTRATOR, context)).violations).toEqual([])
})

test('days that wait are left out, and counted', async () => {
  await dirty(db.pool, ['bills'], ['2026-06-10', '2026-06-11'])
  await db.pool.query('UPDATE bill_line SET billed = billed + 1 WHERE layer = $$tax$$')
  const report = await check(LOCAL_ADMINISTRATOR, context)
  await db.pool.query('UPDATE bill_line SET billed = billed - 1 WHERE layer = $$tax$$')
  expect(report.checked.waiting).toBe(2)
  expect(report.violations.map((violation) => violation.code)).toEqual(['batch_lines'])
  await reconcileDays(LOCAL_ADMINISTRATOR, context)
})
