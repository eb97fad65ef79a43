// A rotation in two zones over the night when Europe's clocks go forward, computed by hand.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reconcile } from '#lib/reconcile/engine.ts'
import { type Actor, LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { openLineage } from '#lib/services/lineage.ts'
import { onCall } from '#lib/services/on-call.ts'
import { freshDatabase } from '#test/support/database.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
  await db.pool.query(FACTS)
  await reconcile(db, { ...OPTIONS, from: '2026-03-24', to: '2026-04-01', steps: ['labour'] })
})
afterAll(() => db.close())

const OPTIONS = { now: new Date('2026-04-10T00:00:00Z'), currency: 'EUR', timezone: 'Europe/Berlin' }
const context = () => ({ ...OPTIONS, db, dataDir: '/nowhere' })
const VIEWER: Actor = { name: 'vera', role: 'viewer' }
// Saturday to Tuesday; the four days before are 24–28 March.
const PERIOD = { from: '2026-03-28', to: '2026-04-01' }

// Berlin is UTC+1 until Sunday 29 March 01:00Z, then UTC+2; New York is UTC−4 all the while. Monday 30 is bob's holiday.
// ana, 100 an hour: standby Saturday 00:00 to Sunday 00:00 and Monday 00:00 to Tuesday 00:00 at 2 an hour, engaged Saturday 20:30–22:30
// and Sunday 20:30–21:00, nothing logged. bob: engaged Monday 14:00–15:00 in two services at once. eve is in no roster.
const FACTS = `
INSERT INTO person (person, role, timezone, holidays) VALUES
  ('ana', 'sre', 'Europe/Berlin', '{}'), ('bob', '', 'America/New_York', '{2026-03-30}');
INSERT INTO rate VALUES ('sre', '2026-01-01', 'EUR', 160000, NULL, 1600);
INSERT INTO standby_rate VALUES ('Primary', '2026-01-01', 'EUR', 2, 0, 1);
INSERT INTO batch (seq, batch_id, source_id, kind, replacement_key, assembled_at, arrived_at)
  VALUES (1, 'b1', 1, 'pagerduty', 'window', '2026-04-05', '2026-04-05');
INSERT INTO incident (source_id, incident_id, from_seq, to_seq, content_key, service, created_at, acknowledged_at, resolved_at, resolved_by_person) VALUES
  (1, 'P0', 1, NULL, '', 'llm', '2026-03-27T23:00Z', '2026-03-27T23:10Z', '2026-03-27T23:20Z', true),
  (1, 'P1', 1, NULL, '', 'llm', '2026-03-28T20:29Z', '2026-03-28T20:30Z', '2026-03-28T22:30Z', true),
  (1, 'P2', 1, NULL, '', 'gpu', '2026-03-29T20:27Z', '2026-03-29T20:30Z', '2026-03-29T21:00Z', true),
  (1, 'P3', 1, NULL, '', 'llm', '2026-03-30T14:00Z', '2026-03-30T14:00Z', '2026-03-30T15:00Z', true),
  (1, 'P4', 1, NULL, '', 'gpu', '2026-03-30T14:00Z', NULL, '2026-03-30T15:00Z', false);
INSERT INTO engagement (source_id, incident_id, person, from_seq, content_key, acknowledged_at, ended_at, snoozed) VALUES
  (1, 'P1', 'ana', 1, '', '2026-03-28T20:30Z', '2026-03-28T22:30Z', '{}'),
  (1, 'P2', 'ana', 1, '', '2026-03-29T20:30Z', '2026-03-29T21:00Z', '{}'),
  (1, 'P3', 'bob', 1, '', '2026-03-30T14:00Z', '2026-03-30T15:00Z', '{}'),
  (1, 'P4', 'bob', 1, '', '2026-03-30T14:00Z', '2026-03-30T15:00Z', '{[2026-03-30T14:15Z,2026-03-30T14:45Z)}');
INSERT INTO shift (source_id, shift_id, from_seq, content_key, rotation, person, starts_at, ends_at) VALUES
  (1, 's1', 1, '', 'Primary', 'ana', '2026-03-27T12:00Z', '2026-03-29T00:00Z'),
  (1, 's2', 1, '', 'Primary', 'ana', '2026-03-30T00:00Z', '2026-03-31T00:00Z'),
  (1, 's3', 1, '', 'Second', 'eve', '2026-03-30T00:00Z', '2026-03-30T06:00Z');
INSERT INTO interruption (source_id, interruption_id, from_seq, to_seq, content_key, incident_id, person, at) VALUES
  (1, 'before', 1, NULL, '', 'P0', 'ana', '2026-03-27T23:00Z'),
  (1, 'sat 21:30 off', 1, NULL, '', 'P1', 'ana', '2026-03-28T20:30Z'),
  (1, 'sun 22:30 sleep', 1, NULL, '', 'P2', 'ana', '2026-03-29T20:30Z'),
  (1, 'tue 07:59 sleep', 1, NULL, '', 'P2', 'ana', '2026-03-31T05:59Z'),
  (1, 'tue 08:00 off', 1, NULL, '', 'P2', 'ana', '2026-03-31T06:00Z'),
  (1, 'tue 16:59 working', 1, NULL, '', 'P2', 'ana', '2026-03-31T14:59Z'),
  (1, 'tue 17:00 off', 1, NULL, '', 'P2', 'ana', '2026-03-31T15:00Z'),
  (1, 'mon 10:00 holiday off', 1, NULL, '', 'P3', 'bob', '2026-03-30T14:00Z'),
  (1, 'sun 22:00 sleep', 1, NULL, '', 'P3', 'bob', '2026-03-30T02:00Z'),
  (1, 'tue 10:00 working', 1, NULL, '', 'P9', 'bob', '2026-03-31T14:00Z'),
  (1, 'nobody knows', 1, NULL, '', 'P4', 'eve', '2026-03-30T14:00Z'),
  (1, 'taken back', 1, 1, '', 'P4', 'ana', '2026-03-30T14:00Z'),
  (1, 'after', 1, NULL, '', 'P2', 'ana', '2026-04-01T00:00Z');
`

describe('what on-call cost', () => {
  test('pages fall on the local clock of whoever was paged, also where it changes', async () => {
    const { period, before, grid } = await onCall(LOCAL_ADMINISTRATOR, context(), PERIOD)
    expect(period.pages).toBe(10)
    expect(period.pagesAt).toEqual({ sleep: 3, off: 4, working: 2, unknown: 1 })
    const cells = grid!.flatMap((row, weekday) => row.flatMap((count, hour) => (count > 0 ? [[weekday, hour, count]] : [])))
    expect(cells).toEqual([
      [0, 10, 1],
      [1, 7, 1],
      [1, 8, 1],
      [1, 10, 1],
      [1, 16, 1],
      [1, 17, 1],
      [5, 21, 1],
      [6, 22, 2],
    ])
    expect(before).toMatchObject({ from: '2026-03-24', to: '2026-03-28', pages: 1, pagesAt: { sleep: 1 }, incidents: 1, mttaSeconds: 600 })
  })

  test('incidents, and money as far as it is known', async () => {
    const { period, knownFrom, unpriced } = await onCall(LOCAL_ADMINISTRATOR, context(), PERIOD)
    // MTTA (60 + 180 + 0) / 3; MTTR (7260 + 1980 + 3600) / 3.
    expect(period).toMatchObject({ incidents: 4, autoResolved: 1, neverAcknowledged: 1, open: 0, mttaSeconds: 80, mttrSeconds: 4280 })
    expect(period).toMatchObject({ engagedMinutes: 210, unloggedMinutes: 210, loggedMinutes: 0 })
    // ana 2.5 h at 100 and 48 h at 2; bob's hour has no rate, nor has eve's rotation.
    expect(period.money.unlogged).toMatchObject({ amount: '250', partial: true })
    expect(period.money.standby).toMatchObject({ amount: '96', partial: true })
    expect(period.money.on_call).toMatchObject({ amount: '346', partial: true })
    expect(period.money.logged).toEqual({ amount: '0', partial: false, id: null })
    expect(unpriced).toEqual([
      { item: 'unlogged', minutes: 60 },
      { item: 'standby/Second', minutes: 360 },
    ])
    expect(knownFrom).toBe('2026-03-27')
    const opened = await openLineage(LOCAL_ADMINISTRATOR, context(), { id: period.money.on_call.id! })
    expect(opened.amount).toBe('346')
  })

  test('by person and rotation', async () => {
    const { people, headcount } = await onCall(LOCAL_ADMINISTRATOR, context(), PERIOD)
    expect(headcount).toBe(3)
    expect(people).toMatchObject([
      {
        person: 'ana',
        pages: 6,
        pagesInSleep: 2,
        engagedMinutes: 150,
        // 48 h of shifts less two engaged ones; Sunday's half hour lies between shifts
        standbyMinutes: 2760,
        // s1 began before the period
        rotations: [{ rotation: 'Primary', shifts: 1, seconds: 48 * 3600, priced: true }],
        money: { unlogged: { amount: '250', partial: false }, all: { amount: '346', partial: false } },
      },
      { person: 'bob', pages: 3, pagesInSleep: 1, engagedMinutes: 60, money: { unlogged: { amount: null }, premium: { amount: null } } },
      {
        person: 'eve',
        timezone: null,
        pages: 1,
        pagesInSleep: null,
        rotations: [{ rotation: 'Second', shifts: 1, seconds: 21600, priced: false }],
      },
    ])
    const opened = await openLineage(LOCAL_ADMINISTRATOR, context(), { id: people![0]!.money.standby.id! })
    expect([opened.amount, opened.sources.map((row) => row.kind)]).toEqual(['96', ['shift', 'shift']])
  })

  test('services: an hour on two at once counts for both, snoozes do not', async () => {
    const { services } = await onCall(LOCAL_ADMINISTRATOR, context(), PERIOD)
    expect(services).toEqual([
      { service: 'llm', incidents: 2, pages: 3, pagesInSleep: 1, engagedSeconds: 3 * 3600 },
      { service: 'gpu', incidents: 2, pages: 6, pagesInSleep: 2, engagedSeconds: 3600 },
      { service: '', incidents: 0, pages: 1, pagesInSleep: 0, engagedSeconds: 0 },
    ])
  })

  test('whoever may not read persons sees no person, and no night of few', async () => {
    const seen = await onCall(VIEWER, context(), PERIOD)
    expect([seen.people, seen.grid, seen.period.pagesAt]).toEqual([null, null, null])
    expect(seen.services.map((row) => [row.pages, row.engagedSeconds])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ])
    expect(seen.period.money.on_call.amount).toBe('346')
    expect(JSON.stringify(seen)).not.toMatch(/"(ana|bob|eve)"/)
  })

  test('five persons are enough', async () => {
    await db.pool.query(`INSERT INTO interruption (source_id, interruption_id, from_seq, content_key, incident_id, person, at)
      SELECT 2, 'more ' || p, 1, '', 'P1', p, '2026-03-24T12:00Z' FROM unnest('{p1,p2,p3,p4,p5}'::text[]) p`)
    const { grid, before, people } = await onCall(VIEWER, context(), { from: '2026-03-24', to: '2026-03-25' })
    expect(grid).not.toBeNull()
    expect([before, people]).toEqual([null, null])
  })
})
