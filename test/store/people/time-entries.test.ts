import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { mapRow } from '#collectors/time/time-csv/map.ts'
import type { TimeEntry } from '#lib/domain/people.ts'
import type { FileReading, Portion } from '#lib/ingest/contract.ts'
import { reevaluateTimeScope } from '#lib/ingest/people/scope.ts'
import { writeTimeEntries } from '#lib/ingest/people/time.ts'
import { transaction } from '#lib/store/transaction.ts'
import { freshDatabase } from '#test/support/database.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())
beforeEach(async () => {
  await db.pool.query('TRUNCATE time_entry, batch, quarantine, dirty_day, person, layer_rule')
  await rules('10 time.tags=noise out ', '20 time.tags=gpu* in build', '30 time.project=fleet in ', '40 tag:team=ml in supporting')
  await db.pool.query(`INSERT INTO person (person, extra) VALUES ('ada', '{"email": "Ada@example.com"}'), ('bo', '{}')`)
})

async function rules(...lines: string[]) {
  await db.pool.query('TRUNCATE layer_rule')
  for (const [index, line] of lines.entries()) {
    const [ordinal, match, scope, layer] = line.split(' ')
    await db.pool.query('INSERT INTO layer_rule (rule_id, ordinal, match, scope, layer) VALUES ($1, $2, $3, $4, $5)', [
      index,
      ordinal,
      match,
      scope,
      layer ?? '',
    ])
  }
}

/** Lines `id person date hours tags project`; a line that cannot be mapped is a reject. */
function reading(lines: readonly string[]): FileReading<TimeEntry> {
  const portion: Portion<TimeEntry> = { rows: [], rejects: [] }
  for (const [index, text] of lines.entries()) {
    const [id, person, date, hours, tags, project] = text.split(' ')
    const cells = { id: id!, person: person!, date: date!, hours: hours!, tags: tags ?? '', project: project ?? '' }
    const mapped = mapRow(cells)
    const place = { file: 'time.csv', line: index + 2 }
    if ('entry' in mapped) portion.rows.push({ ...place, fact: mapped.entry })
    else portion.rejects.push({ ...place, ...mapped.fault })
  }
  return {
    dialect: 'time-csv',
    portions: (async function* () {
      yield portion
    })(),
  }
}

const SOURCE = { sourceId: 3, name: 'sheet', kind: 'time-csv' }
let deliveries = 0
const deliver = (lines: readonly string[], sha256 = `sha${deliveries++}`) =>
  writeTimeEntries({ db, now: new Date('2026-07-01T00:00:00Z') }, SOURCE, { deliveryId: 'd', fileName: 'time.csv', sha256 }, reading(lines))

const current = async () =>
  (
    await db.pool.query(
      "SELECT concat_ws(' ', entry_id, person, hours, scope, coalesce(layer, '-'), rule_ordinal) AS text FROM time_entry WHERE to_seq IS NULL ORDER BY entry_id",
    )
  ).rows.map((row) => row.text)
const dirty = async () =>
  (await db.pool.query("SELECT day FROM dirty_day WHERE step = 'labour' AND version > done ORDER BY day")).rows.map((row) => row.day)

const LINES = [
  '1 ada@EXAMPLE.com 2026-06-01 1.5 gpu;noise fleet', // noise goes first
  '2 Ada 2026-06-02 2 docs;gpu-b other', // any one tag
  '3 bo 2026-06-03 3 docs fleet', // in, without a layer
  '4 eve 2026-06-04 4 docs other', // nobody's rule, and not in the roster
]

test('scope by the rules of time, people by the roster, days around', async () => {
  const result = await deliver(LINES)
  expect(result).toMatchObject({
    source: 'sheet',
    kind: 'time-csv',
    dialect: 'time-csv',
    period: null,
    version: 1,
    unchanged: false,
    status: 'final',
    rows: { read: 4, accepted: 4, quarantined: 0, excluded: 0 },
    money: [],
    rejects: [],
  })
  expect(await current()).toEqual(['1 ada 1.5 out - 10', '2 ada 2 in build 20', '3 bo 3 in operations 30', '4 eve 4 out -'])
  expect(await dirty()).toEqual(['2026-05-31', '2026-06-01', '2026-06-02', '2026-06-03', '2026-06-04', '2026-06-05'])
})

test('an upsert by id: changed ones get a version, others stay, the same again changes nothing', async () => {
  await deliver(LINES, 'same')
  await db.pool.query('UPDATE dirty_day SET done = version')
  expect(await deliver(LINES, 'same')).toMatchObject({ unchanged: true, version: 1 })
  expect(await dirty()).toEqual([])
  const second = await deliver(['3 bo 2026-06-10 3.5 docs fleet', '5 bo 2026-06-20 1 gpu x'])
  expect(second).toMatchObject({ unchanged: false, version: 2, rows: { read: 2, accepted: 2 } })
  expect((await current()).length).toBe(5)
  expect(await dirty()).toEqual([
    '2026-06-02',
    '2026-06-03',
    '2026-06-04',
    '2026-06-09',
    '2026-06-10',
    '2026-06-11',
    '2026-06-19',
    '2026-06-20',
    '2026-06-21',
  ])
  expect((await db.pool.query("SELECT count(*)::int AS n FROM time_entry WHERE entry_id = '3'")).rows[0].n).toBe(2)
})

test('bad rows are quarantined with their place; a mended file takes them out again', async () => {
  const bad = [...LINES, '5 bo 2026-06-05 1,5', '3 bo 2026-06-06 1']
  const first = await deliver(bad, 'bad')
  expect(first.rows).toEqual({ read: 6, accepted: 4, quarantined: 2, excluded: 0 })
  expect(first.rejects).toEqual([
    { line: 6, column: 'hours', value: '1,5', reason: 'not a decimal number' },
    { line: 7, column: 'id', value: '3', reason: 'is already on line 4' },
  ])
  const standing = async () => (await db.pool.query('SELECT line, reason FROM quarantine WHERE to_seq IS NULL ORDER BY line')).rows
  expect(await standing()).toEqual([
    { line: '6', reason: 'not a decimal number' },
    { line: '7', reason: 'is already on line 4' },
  ])
  expect(await deliver(bad, 'bad')).toMatchObject({ unchanged: true, rows: first.rows, rejects: first.rejects })
  expect((await standing()).length).toBe(2)
  await deliver([...LINES, '5 bo 2026-06-05 1.5'], 'good')
  expect(await standing()).toEqual([])
})

test('nothing is half-imported: a file that breaks off leaves no trace', async () => {
  const whole = reading(LINES)
  const broken: FileReading<TimeEntry> = {
    dialect: 'time-csv',
    portions: (async function* () {
      yield* whole.portions
      throw new Error('cut off')
    })(),
  }
  await expect(
    writeTimeEntries({ db, now: new Date() }, SOURCE, { deliveryId: 'd', fileName: 'time.csv', sha256: 'x' }, broken),
  ).rejects.toThrow('cut off')
  expect(await current()).toEqual([])
  expect((await db.pool.query('SELECT count(*)::int AS n FROM batch')).rows[0].n).toBe(0)
})

test('changed rules move entries in and out, and only their days become dirty', async () => {
  await deliver(LINES)
  await db.pool.query('UPDATE dirty_day SET done = version')
  await rules('10 time.person=eve in security', '20 time.tags=gpu* in build', '30 time.project=fleet;time.tags=docs in ')
  expect(await transaction(db.pool, reevaluateTimeScope)).toBe(2)
  expect(await current()).toEqual(['1 ada 1.5 in build 20', '2 ada 2 in build 20', '3 bo 3 in operations 30', '4 eve 4 in security 10'])
  expect(await dirty()).toEqual(['2026-05-31', '2026-06-01', '2026-06-02', '2026-06-03', '2026-06-04', '2026-06-05'])
  expect(await transaction(db.pool, reevaluateTimeScope)).toBe(0)
})
