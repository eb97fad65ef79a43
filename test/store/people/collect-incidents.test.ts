// From PagerDuty's REST to the facts: a real server on loopback, a real PostgreSQL.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { pagerduty } from '#collectors/incidents/pagerduty/index.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { collectIncidents } from '#lib/services/collect-incidents.ts'
import { freshDatabase } from '#test/support/database.ts'
import { type FakePagerDuty, fakePagerDuty, logEntry, serviceRef, userRef } from '#test/support/pagerduty.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
let pager: FakePagerDuty
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())
beforeEach(async () => {
  await pager?.close()
  pager = await fakePagerDuty()
  await db.pool.query('TRUNCATE incident, interruption, engagement, shift, batch, dirty_day, person, source')
  await db.pool.query("INSERT INTO source (source_id, name, kind) VALUES (1, 'pager', 'pagerduty')")
  await db.pool.query(`INSERT INTO person (person, role, extra) VALUES ('ada', 'sre', '{"pagerduty": "PADA"}')`)
})
afterAll(() => pager.close())

const ada = userRef('PADA', 'Ada Lovelace')
const DAY = 86_400_000
const START = Date.parse('2026-01-10T00:00:00Z')
const NOW = new Date('2026-06-10T12:00:00Z')
const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', '.000000Z')

function addIncident(index: number, createdAt: number, minutes: number | null = 30) {
  const id = `P${String(index).padStart(5, '0')}`
  const resolved = minutes === null ? {} : { resolved_at: iso(createdAt + minutes * 60_000) }
  pager.incidents.push({
    id,
    incident_number: index,
    title: `no ${index}`,
    status: minutes === null ? 'acknowledged' : 'resolved',
    created_at: iso(createdAt),
    service: serviceRef,
    ...resolved,
  })
  pager.logEntries[id] = [
    { ...logEntry('notify', iso(createdAt + 1000), undefined, { user: ada, summary: 'Notified Ada Lovelace by phone.' }), id: `N${index}` },
    { ...logEntry('acknowledge', iso(createdAt + 60_000), ada), id: `A${index}` },
    ...(minutes === null ? [] : [{ ...logEntry('resolve', iso(createdAt + minutes * 60_000), ada), id: `R${index}` }]),
  ]
  return id
}

const collect = (from: number | Date, to: number | Date = NOW, more: { settings?: object; now?: Date; confirm?: boolean } = {}) =>
  collectIncidents(
    LOCAL_ADMINISTRATOR,
    { db, now: more.now ?? NOW, currency: 'USD', timezone: 'UTC', dataDir: '/nowhere' },
    pagerduty,
    { sourceId: 1, name: 'pager', kind: 'pagerduty', settings: { url: pager.url, token: 'secret', ...more.settings } },
    { from: new Date(from), to: new Date(to) },
    { confirm: more.confirm },
  )

const rows = async (sql: string) => (await db.pool.query(sql)).rows
const source = async () => (await rows('SELECT * FROM source'))[0]!

test('pages, waits when told to, names people by the roster, and the same again changes nothing', async () => {
  for (let i = 0; i < 130; i++) addIncident(i, START + i * 3_600_000)
  pager.logEntries.P00000!.push(
    ...Array.from({ length: 120 }, (_, i) => ({ ...logEntry('annotate', iso(START + 2000 + i), ada), id: `note${i}` })),
  )
  pager.oncalls.push({ user: ada, schedule: { id: 'S', summary: 'Primary' }, start: iso(START), end: iso(START + 7 * DAY) })
  pager.moods.push({ status: 429, headers: { 'ratelimit-reset': '0' } }, { status: 503 })
  const first = await collect(START, START + 30 * DAY)
  expect(first).toMatchObject({ incidents: 130, interruptions: 130, engagements: 130, shifts: 1, added: 391, closed: 0, refreshed: 0 })
  expect(pager.asked.filter((one) => one.startsWith('GET /incidents?')).length).toBe(2 + 2) // two pages, two retries
  expect(pager.asked.filter((one) => one.includes('P00000/log_entries')).length).toBe(2)
  expect(await rows('SELECT DISTINCT person FROM engagement UNION SELECT person FROM shift UNION SELECT person FROM interruption')).toEqual(
    [{ person: 'ada' }],
  )
  expect((await rows("SELECT min(day) AS a, max(day) AS b FROM dirty_day WHERE step = 'labour'"))[0]).toEqual({
    a: '2026-01-09',
    b: '2026-01-18',
  })
  expect(await source()).toMatchObject({ last_error: null, last_success_at: NOW, detail: {} })

  const again = await collect(START, START + 30 * DAY)
  expect(again).toMatchObject({ incidents: 130, added: 0, closed: 0, batch: null })
  expect(await rows('SELECT count(*)::int AS n FROM batch')).toEqual([{ n: 1 }])
})

test('six months are asked for at most, and a listing too long to page is halved', async () => {
  for (let i = 0; i < 10_050; i++)
    pager.incidents.push({
      id: `Q${i}`,
      status: 'triggered',
      created_at: iso(START + i * 1000),
      log_entries: [logEntry('trigger', iso(START + i * 1000), serviceRef)],
    })
  const result = await collect(START - 250 * DAY, START + DAY)
  expect(result.incidents).toBe(10_050)
  const spans = pager.asked.filter((one) => one.startsWith('GET /incidents?') && one.includes('offset=0'))
  expect(spans.length).toBeGreaterThanOrEqual(4)
})

test('a window is a complete listing: what is absent closes, with its people; outside nothing changes', async () => {
  const gone = addIncident(1, START)
  const stays = addIncident(2, START + DAY)
  const before = addIncident(3, START - DAY)
  pager.oncalls.push({ user: ada, schedule: { id: 'S', summary: 'Primary' }, start: iso(START), end: iso(START + DAY) })
  await collect(START - 2 * DAY, START + 2 * DAY)
  pager.incidents = pager.incidents.filter(({ id }) => id === stays)
  pager.oncalls = []
  await db.pool.query('UPDATE dirty_day SET done = version')
  const result = await collect(START, START + 2 * DAY)
  expect(result).toMatchObject({ added: 0, closed: 4 })
  const current = await rows(
    'SELECT incident_id FROM engagement WHERE to_seq IS NULL UNION SELECT incident_id FROM incident WHERE to_seq IS NULL ORDER BY 1',
  )
  expect(current.map((row) => row.incident_id)).toEqual([stays, before])
  expect(await rows('SELECT * FROM shift WHERE to_seq IS NULL')).toEqual([])
  expect((await rows("SELECT count(*)::int AS n FROM dirty_day WHERE step = 'labour' AND version > done"))[0].n).toBeGreaterThan(0)
  expect(await rows(`SELECT to_seq IS NOT NULL AS closed FROM incident WHERE incident_id = '${gone}'`)).toEqual([{ closed: true }])
})

test('an incident resolved later gets a second version, and one from before the window is looked at again', async () => {
  const id = addIncident(1, START, null)
  await collect(START, NOW, { now: new Date(START + DAY) })
  expect(await rows('SELECT ended_at FROM engagement WHERE to_seq IS NULL')).toEqual([{ ended_at: null }])
  pager.incidents = []
  addIncident(1, START, 90)
  const result = await collect(NOW.getTime() - DAY, NOW)
  expect(result).toMatchObject({ refreshed: 1, incidents: 1, added: 2, closed: 2 })
  expect(await rows('SELECT incident_id, ended_at FROM engagement WHERE to_seq IS NULL')).toEqual([
    { incident_id: id, ended_at: new Date(START + 90 * 60_000) },
  ])
})

test('a source that fails leaves what was there, a red source and a gap; a later pull closes the gap', async () => {
  addIncident(1, START)
  await collect(START, START + DAY)
  pager.moods = Array.from({ length: 6 }, () => ({ status: 429, headers: { 'retry-after': '0' } }))
  await expect(collect(START + DAY, START + 2 * DAY)).rejects.toThrow('PagerDuty answered 429 at /incidents')
  await expect(collect(START + 3 * DAY, START + 4 * DAY, { settings: { token: 'wrong' } })).rejects.toThrow(/401/)
  expect(await rows('SELECT count(*)::int AS n FROM incident WHERE to_seq IS NULL')).toEqual([{ n: 1 }])
  const red = await source()
  expect(red.last_error).toContain('401')
  expect(red.detail).toEqual({ gap: { from: '2026-01-11T00:00:00.000Z', to: '2026-01-14T00:00:00.000Z' } })
  await collect(START + DAY, START + 2 * DAY)
  expect(await source()).toMatchObject({ last_error: null, detail: red.detail })
  await collect(START, START + 5 * DAY)
  expect(await source()).toMatchObject({ last_error: null, detail: {} })
})

test('a server that is gone, and an answer that is none, are failures with a sentence', async () => {
  const { url } = pager
  await pager.close()
  await expect(collect(START, NOW, { settings: { url } })).rejects.toThrow(/cannot be reached at \/incidents/)
  pager = await fakePagerDuty()
  pager.incidents.push({ id: 'P1', status: 'triggered', created_at: `${iso(START).slice(0, 19)}` })
  pager.logEntries.P1 = [{ id: 'x', type: 'notify_log_entry', created_at: 'yesterday' }]
  await expect(collect(START, START + DAY)).rejects.toMatchObject({
    code: 'unexpected_answer',
    place: { column: 'log_entries.0.created_at' },
  })
})

test('a listing that lost a fifth of a window waits for a yes', async () => {
  for (let i = 0; i < 25; i++) addIncident(i, START + i * 60_000)
  await collect(START, START + DAY)
  pager.incidents = pager.incidents.slice(0, 19)
  await expect(collect(START, START + DAY)).rejects.toMatchObject({ code: 'listing_shrank' })
  expect(await rows('SELECT count(*)::int AS n FROM incident WHERE to_seq IS NULL')).toEqual([{ n: 25 }])
  await collect(START, START + DAY, { confirm: true })
  expect(await rows('SELECT count(*)::int AS n FROM incident WHERE to_seq IS NULL')).toEqual([{ n: 19 }])
})

test('declared effort comes from analytics, page by page, only when asked for', async () => {
  for (let i = 0; i < 5; i++) {
    const id = addIncident(i, START + i * 60_000)
    pager.effort.push({ id, created_at: '2026-01-10T00:00:00', user_defined_effort_seconds: i === 2 ? null : 100 * i })
  }
  await collect(START, START + DAY)
  expect(pager.asked.some((one) => one.startsWith('POST'))).toBe(false)
  await collect(START, START + DAY, { settings: { analytics: true } })
  const effort = await rows('SELECT declared_s FROM engagement WHERE to_seq IS NULL ORDER BY incident_id')
  expect(effort.map((row) => row.declared_s)).toEqual(['0', '100', null, '300', '400'])
})

test('permanent shifts keep their first known start, and end when they are listed no more', async () => {
  pager.oncalls.push({ user: ada, schedule: { id: 'S', summary: 'Primary' }, start: null, end: null })
  const span = () => rows('SELECT starts_at, ends_at FROM shift WHERE to_seq IS NULL')
  await collect(START, START + DAY, { now: new Date(START + DAY) })
  await collect(START + DAY, START + 2 * DAY, { now: new Date(START + 2 * DAY) })
  expect(await span()).toEqual([{ starts_at: new Date(START), ends_at: null }])
  pager.oncalls = []
  await collect(START + 2 * DAY, START + 3 * DAY, { now: new Date(START + 3 * DAY) })
  expect(await span()).toEqual([{ starts_at: new Date(START), ends_at: new Date(START + 2 * DAY) }])
})

test('a shift that a listing cuts at the edges of its window stays whole', async () => {
  const schedule = { id: 'S', summary: 'Primary' }
  const span = () => rows('SELECT starts_at, ends_at FROM shift WHERE to_seq IS NULL')
  pager.oncalls = [{ user: ada, schedule, start: iso(START), end: iso(START + 7 * DAY) }]
  await collect(START - DAY, START + 8 * DAY)
  const whole = [{ starts_at: new Date(START), ends_at: new Date(START + 7 * DAY) }]
  expect(await span()).toEqual(whole)
  pager.oncalls = [{ user: ada, schedule, start: iso(START + 2 * DAY), end: iso(START + 7 * DAY) }]
  expect(await collect(START + 2 * DAY, START + 8 * DAY)).toMatchObject({ added: 0, closed: 0 })
  pager.oncalls = [{ user: ada, schedule, start: iso(START), end: iso(START + 3 * DAY) }]
  expect(await collect(START - DAY, START + 3 * DAY)).toMatchObject({ added: 0, closed: 0 })
  // Handed over early, not cut: the listing goes on beyond its end.
  await collect(START - DAY, START + 4 * DAY)
  expect(await span()).toEqual([{ starts_at: new Date(START), ends_at: new Date(START + 3 * DAY) }])
})

test('days that open incidents and running shifts grew into become dirty though nothing changed', async () => {
  addIncident(1, START + 22 * 3_600_000, null)
  pager.oncalls.push({ user: ada, schedule: { id: 'S', summary: 'Primary' }, start: iso(START), end: iso(START + 7 * DAY) })
  await collect(START, START + 23 * 3_600_000, { now: new Date(START + 23 * 3_600_000) })
  await db.pool.query('UPDATE dirty_day SET done = version')
  const result = await collect(START, START + 2 * DAY, { now: new Date(START + 2 * DAY) })
  expect(result.batch).toBeNull()
  expect((await rows('SELECT day FROM dirty_day WHERE version > done ORDER BY day')).map((row) => row.day)).toEqual([
    '2026-01-10',
    '2026-01-11',
    '2026-01-12',
    '2026-01-13',
  ])
})
