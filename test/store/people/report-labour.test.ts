// Two people, one bad night, hand-computed: from facts through the engine to the reports.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reconcile } from '#lib/reconcile/engine.ts'
import { type Actor, LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { reportBurden } from '#lib/services/report/burden.ts'
import { reportLabour } from '#lib/services/report/labour.ts'
import { freshDatabase } from '#test/support/database.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
  await db.pool.query(FACTS)
  await reconcile(db, { ...OPTIONS, from: '2026-06-01', to: '2026-06-04', steps: ['labour'] })
})
afterAll(() => db.close())

const OPTIONS = { now: new Date('2026-06-10T00:00:00Z'), currency: 'EUR', timezone: 'Europe/Berlin' }
const context = () => ({ ...OPTIONS, db, dataDir: '/nowhere' })
const PERIOD = { from: '2026-06-01', to: '2026-06-04' }

// ada: 120 an hour, 150 in fact. Engaged Monday 20:00–23:00 UTC in two overlapping incidents, one hour of it logged; standby Monday
// 06:00 to Tuesday 06:00 at 2 an hour and 50 a shift. eve is in no roster: engaged Tuesday 10:00–10:30, in working hours, unlogged.
const FACTS = `
INSERT INTO person (person, role, timezone) VALUES ('ada', 'sre', 'Europe/Berlin');
INSERT INTO rate VALUES ('sre', '2026-01-01', 'EUR', 192000, 240000, 1600);
INSERT INTO standby_rate VALUES ('Primary', '2026-01-01', 'EUR', 2, 50, 2);
INSERT INTO batch (seq, batch_id, source_id, kind, replacement_key, assembled_at, arrived_at)
  VALUES (1, 'b1', 1, 'pagerduty', 'window', '2026-06-05', '2026-06-05'), (2, 'b2', 1, 'pagerduty', 'window', '2026-06-06', '2026-06-06');
INSERT INTO engagement (source_id, incident_id, person, from_seq, content_key, acknowledged_at, ended_at) VALUES
  (1, 'P1', 'ada', 1, '', '2026-06-01T20:00Z', '2026-06-01T22:00Z'),
  (1, 'P2', 'ada', 1, '', '2026-06-01T21:00Z', '2026-06-01T23:00Z'),
  (1, 'P3', 'eve', 1, '', '2026-06-02T10:00Z', '2026-06-02T10:30Z');
INSERT INTO time_entry (source_id, entry_id, person, from_seq, content_key, local_date, starts_at, ends_at, scope, layer)
  VALUES (2, 't1', 'ada', 1, '', '2026-06-01', '2026-06-01T20:00Z', '2026-06-01T21:00Z', 'in', 'operations'),
         (2, 't2', 'ada', 1, '', '2026-06-03', NULL, NULL, 'out', NULL);
INSERT INTO shift (source_id, shift_id, from_seq, content_key, rotation, person, starts_at, ends_at)
  VALUES (1, 's1', 1, '', 'Primary', 'ada', '2026-06-01T06:00Z', '2026-06-02T06:00Z');
INSERT INTO incident (source_id, incident_id, from_seq, to_seq, content_key, service, created_at, acknowledged_at, resolved_at, resolved_by_person) VALUES
  (1, 'P1', 1, NULL, '', 'llm', '2026-06-01T19:58Z', '2026-06-01T20:00Z', '2026-06-01T22:00Z', true),
  (1, 'P2', 1, NULL, '', 'llm', '2026-06-01T20:56Z', '2026-06-01T21:00Z', '2026-06-01T23:00Z', true),
  (1, 'P3', 1, NULL, '', 'gpu', '2026-06-02T10:00Z', '2026-06-02T10:00Z', '2026-06-02T10:30Z', false),
  (1, 'P4', 1, NULL, '', 'gpu', '2026-06-03T00:00Z', NULL, '2026-06-03T01:00Z', false),
  (1, 'P5', 1, 2, '', 'gpu', '2026-06-03T02:00Z', NULL, NULL, NULL),
  (1, 'P6', 2, NULL, '', 'gpu', '2026-06-03T23:59Z', NULL, NULL, NULL),
  (1, 'P7', 1, NULL, '', 'gpu', '2026-06-04T00:00Z', NULL, NULL, NULL);
INSERT INTO interruption (source_id, interruption_id, from_seq, content_key, incident_id, person, at)
  VALUES (1, 'n1', 1, '', 'P1', 'ada', '2026-06-01T19:58Z'), (1, 'n2', 1, '', 'P7', 'ada', '2026-06-04T00:00Z');
`

describe('labour', () => {
  test('minutes and amounts by person', async () => {
    const report = await reportLabour(LOCAL_ADMINISTRATOR, context(), PERIOD)
    expect(report.rows).toMatchObject([
      {
        person: 'ada',
        engagedMinutes: 180,
        loggedMinutes: 60,
        unloggedMinutes: 120,
        standbyMinutes: 24 * 60 - 180,
        amount: { logged: '120', unlogged: '240', standby: '98', premium: '90' },
      },
      {
        person: 'eve',
        engagedMinutes: 30,
        loggedMinutes: 0,
        unloggedMinutes: 30,
        standbyMinutes: 0,
        amount: { logged: '0', unlogged: '0', standby: '0', premium: '0' },
      },
    ])
    expect(report.totals.amount.all).toBe('548')
    expect(report.unpriced).toEqual([{ person: 'eve', item: 'unlogged', minutes: 30 }])
    expect(report.unconverted).toEqual([])
  })

  test('by day, clipped to the period: a shift that began before it brings hours and no sum of its own', async () => {
    const { rows } = await reportLabour(LOCAL_ADMINISTRATOR, context(), { from: '2026-06-02', to: '2026-06-03', by: ['day'] })
    expect(rows).toMatchObject([
      { day: '2026-06-02', person: 'ada', standbyMinutes: 360, amount: { standby: '12' } },
      { day: '2026-06-02', person: 'eve', engagedMinutes: 30 },
    ])
  })

  test('by layer', async () => {
    const { rows } = await reportLabour(LOCAL_ADMINISTRATOR, context(), { ...PERIOD, by: ['layer'] })
    const shown = rows
      .filter((row) => row.person === 'ada')
      .map(({ layer, loggedMinutes, amount }) => [layer, loggedMinutes, amount.logged, amount.unlogged, amount.premium])
    expect(shown).toEqual([
      ['', 0, '0', '0', '0'],
      ['on_call', 0, '0', '240', '0'],
      ['operations', 60, '120', '0', '0'],
      ['talent_premium', 0, '0', '0', '90'],
    ])
  })

  test('whoever may not read persons sees the same pseudonym each time, and no way around it', async () => {
    const viewer: Actor = { name: 'v', role: 'viewer' }
    const hidden = await reportLabour(viewer, context(), PERIOD)
    expect(JSON.stringify(hidden)).not.toMatch(/ada|eve/)
    expect(hidden.rows.map((row) => row.id)).toEqual([null, null])
    expect(hidden.rows.map((row) => row.person)).toEqual((await reportLabour(viewer, context(), PERIOD)).rows.map((row) => row.person))
    expect(new Set(hidden.rows.map((row) => row.person)).size).toBe(2)
    expect(hidden.unpriced[0]!.person).toBe(hidden.rows[1]!.person)
  })

  test('an unknown dimension is wrong usage', async () => {
    await expect(reportLabour(LOCAL_ADMINISTRATOR, context(), { ...PERIOD, by: ['colour'] })).rejects.toMatchObject({ kind: 'usage' })
  })
})

describe('burden', () => {
  test('incidents created in the period', async () => {
    const report = await reportBurden(LOCAL_ADMINISTRATOR, context(), PERIOD)
    expect(report).toMatchObject({
      incidents: 5,
      open: 1,
      neverAcknowledged: 2,
      autoResolved: 2,
      interruptions: 1,
      mttaSeconds: (120 + 240 + 0) / 3,
      mttrSeconds: (7320 + 7440) / 2,
      rows: [],
    })
  })
  test('by service, and as it was known then', async () => {
    const { rows } = await reportBurden(LOCAL_ADMINISTRATOR, context(), { ...PERIOD, by: ['service'] })
    expect(rows.map(({ service, incidents }) => [service, incidents])).toEqual([
      ['gpu', 3],
      ['llm', 2],
    ])
    const then = await reportBurden(LOCAL_ADMINISTRATOR, context(), { ...PERIOD, asOf: new Date('2026-06-05T12:00:00Z') })
    expect([then.incidents, then.open]).toEqual([5, 1])
    expect((await reportBurden(LOCAL_ADMINISTRATOR, context(), { ...PERIOD, asOf: new Date('2026-06-04T00:00:00Z') })).incidents).toBe(0)
  })
  test('nothing is no mean of zero', async () => {
    expect(await reportBurden(LOCAL_ADMINISTRATOR, context(), { from: '2026-01-01', to: '2026-02-01' })).toMatchObject({
      incidents: 0,
      mttaSeconds: null,
      mttrSeconds: null,
    })
  })
})
