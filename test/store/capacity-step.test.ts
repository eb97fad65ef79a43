// Hand-computed answers for each rule of capacity (RULES.md 8 to 14). Every case has a node of its own, billed for one day.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FULL_HOUR, minuteMask } from '#lib/domain/mask.ts'
import { reconcile } from '#lib/reconcile/engine.ts'
import { freshDatabase } from '#test/support/database.ts'
import {
  dirty,
  type GpuHourInput,
  insertGpu,
  insertGpuHours,
  insertLines,
  insertNode,
  insertReplica,
  insertServeHour,
  type LineInput,
} from '#test/support/ledger-facts.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())

type Replica = { pod?: string; deployment?: string; gpus?: number[]; hours: { hour: string; scraped?: bigint; running?: bigint }[] }
type Case = {
  gpus?: number
  aliases?: boolean
  instanceType?: string
  firstSeen?: string
  lines?: Partial<LineInput>[]
  hours?: GpuHourInput[]
  replicas?: Replica[]
  /** Of 2026-06-10: `state` or `state/deployment` to GPU-minutes. */
  expected: Record<string, number>
}

const HOUR = (h: number) => `2026-06-10T${String(h).padStart(2, '0')}:00`
/** One billed hour at 03:00 unless lines are given. */
const ONE_HOUR: Partial<LineInput>[] = [{ start: HOUR(3), end: HOUR(4) }]
const first = (n: number) => minuteMask(0, n)

const CASES: Record<string, Case> = {
  'billed and never seen is dark': { expected: { dark: 60 } },
  'seen without a model is unallocated': { hours: [{ hour: HOUR(3), gpu: 'a' }], expected: { unallocated: 60 } },
  'loaded and nothing running is warm idle': {
    hours: [{ hour: HOUR(3), gpu: 'a', memLoaded: first(20) }],
    expected: { warm_idle: 20, unallocated: 40 },
  },
  'unknown utilisation is unknown, not idle': {
    hours: [{ hour: HOUR(3), gpu: 'a', utilKnown: first(10) }],
    expected: { unallocated: 10, unknown: 50 },
  },
  'unknown memory is unknown where no engine was scraped': {
    hours: [{ hour: HOUR(3), gpu: 'a', memKnown: 0n, pods: ['ns/p'] }],
    replicas: [{ pod: 'ns/p', deployment: 'd', hours: [{ hour: HOUR(3), scraped: first(15) }] }],
    expected: { 'warm_idle/d': 15, 'unknown/d': 45 },
  },
  'requests running serve, through equal namespace and pod, on that GPU alone': {
    gpus: 2,
    hours: [
      { hour: HOUR(3), gpu: 'a', pods: ['ns/p'], busy: FULL_HOUR },
      { hour: HOUR(3), gpu: 'b', pods: ['other/p'], memLoaded: FULL_HOUR },
    ],
    replicas: [{ pod: 'ns/p', deployment: 'd', hours: [{ hour: HOUR(3), running: first(30) }] }],
    expected: { 'serving/d': 30, 'other_work/d': 30, warm_idle: 60 },
  },
  'declared indexes claim GPUs; the rest of the node is not theirs': {
    gpus: 2,
    hours: [
      { hour: HOUR(3), gpu: 'a', index: 0, memLoaded: FULL_HOUR },
      { hour: HOUR(3), gpu: 'b', index: 1, memLoaded: FULL_HOUR },
    ],
    replicas: [{ deployment: 'd', gpus: [1], hours: [{ hour: HOUR(3), running: FULL_HOUR }] }],
    expected: { 'serving/d': 60, warm_idle: 60 },
  },
  'without pod or index: every loaded, unclaimed GPU of the node': {
    gpus: 3,
    hours: [
      { hour: HOUR(3), gpu: 'a', index: 0, memLoaded: FULL_HOUR },
      { hour: HOUR(3), gpu: 'b', index: 1, memLoaded: first(40) },
      { hour: HOUR(3), gpu: 'c', index: 2, memLoaded: FULL_HOUR },
    ],
    replicas: [
      { deployment: 'd', hours: [{ hour: HOUR(3), running: first(50) }] },
      { deployment: 'e', gpus: [2], hours: [{ hour: HOUR(3), running: 0n }] },
    ],
    expected: { 'serving/d': 90, 'warm_idle/d': 10, 'warm_idle/e': 60, unallocated: 20 },
  },
  'a running request makes an unseen GPU seen': {
    hours: [{ hour: HOUR(2), gpu: 'a', pods: ['ns/p'], index: 0 }],
    replicas: [{ pod: 'ns/p', deployment: 'd', hours: [{ hour: HOUR(3), running: first(25) }] }],
    expected: { 'serving/d': 25, 'dark/d': 35 },
  },
  'busy without any engine on the node is unattributed': {
    hours: [{ hour: HOUR(3), gpu: 'a', busy: first(12) }],
    expected: { busy_unattributed: 12, unallocated: 48 },
  },
  'busy in an hour in which an engine was scraped is other work': {
    hours: [{ hour: HOUR(3), gpu: 'a', busy: first(12), memLoaded: FULL_HOUR }],
    replicas: [{ hours: [{ hour: HOUR(3), scraped: first(1) }] }],
    expected: { other_work: 12, warm_idle: 48 },
  },
  'a failure persists through unseen minutes and hours, until the code is gone': {
    lines: [{ start: HOUR(3), end: HOUR(6) }],
    hours: [
      { hour: HOUR(3), gpu: 'a', seen: first(30), xidStart: 1n << 20n, xidStanding: minuteMask(20, 60) },
      { hour: HOUR(5), gpu: 'a', seen: minuteMask(10, 60), xidStanding: minuteMask(0, 40) },
    ],
    // 20 before, 40 + 60 + 40 standing, then 20 of the last hour
    expected: { unallocated: 40, lost: 140 },
  },
  'work ends a failure, and what is seen of the code afterwards does not bring it back': {
    hours: [{ hour: HOUR(3), gpu: 'a', xidStart: 1n << 10n, xidStanding: minuteMask(10, 60), busy: (1n << 10n) | (1n << 30n) }],
    // minute 10: busy in the minute of the failure itself; 11 to 29 lost; from 30 on it works again
    expected: { busy_unattributed: 2, lost: 19, unallocated: 39 },
  },
  'a failure of the day before still stands': {
    hours: [{ hour: '2026-06-09T05:00', gpu: 'a', xidStart: 1n, xidStanding: FULL_HOUR }],
    expected: { lost: 60 },
  },
  'a failure of the day before, ended by work that day': {
    hours: [
      { hour: '2026-06-09T05:00', gpu: 'a', xidStart: 1n, xidStanding: FULL_HOUR },
      { hour: '2026-06-09T07:00', gpu: 'a', busy: 1n, xidStanding: FULL_HOUR },
    ],
    expected: { dark: 60 },
  },
  'a GPU that is gone while another is seen is lost; before it was ever seen it is dark': {
    gpus: 2,
    firstSeen: '2026-06-10T03:19:30Z',
    hours: [{ hour: HOUR(3), gpu: 'a', seen: first(50) }],
    // b: 20 minutes before and in its first sample dark, then lost while a is seen, then dark with a
    expected: { unallocated: 50, lost: 30, dark: 40 },
  },
  'a silent node is dark': { gpus: 2, firstSeen: '2026-06-01', expected: { dark: 120 } },
  'MIG instances and sources of one GPU are OR-ed': {
    hours: [
      { hour: HOUR(3), gpu: 'a', mig: '1', seen: first(30) },
      { hour: HOUR(3), gpu: 'a', mig: '2', seen: minuteMask(30, 45), source: 2 },
    ],
    expected: { unallocated: 45, dark: 15 },
  },
  'without aliases the GPUs seen that day count': {
    aliases: false,
    gpus: 2,
    hours: [
      { hour: HOUR(9), gpu: 'a' },
      { hour: HOUR(3), gpu: 'b', seen: first(10) },
    ],
    expected: { unallocated: 10, dark: 110 },
  },
  'else the instance type says how many': { aliases: false, instanceType: 'p5.48xlarge', expected: { dark: 480 } },
  'else the GPUs ever seen on the node': { aliases: false, gpus: 2, firstSeen: '2026-06-01', expected: { dark: 120 } },
  'else all the cost is unknown': { aliases: false, expected: { unknown: 0 } },
  'fewer hours than the span, nothing before: the end of the span': {
    lines: [{ start: HOUR(3), end: HOUR(4), quantity: '0.5', unit: 'Hrs' }],
    hours: [{ hour: HOUR(3), gpu: 'a', seen: first(40) }],
    expected: { unallocated: 10, dark: 20 },
  },
  'fewer hours than the span after a billed one: the start of the span': {
    lines: [
      { start: HOUR(2), end: HOUR(3), quantity: '1', unit: 'Hrs' },
      { start: HOUR(3), end: HOUR(4), quantity: '0.5', unit: 'Hrs' },
    ],
    hours: [{ hour: HOUR(3), gpu: 'a', seen: first(20) }],
    expected: { unallocated: 20, dark: 70 },
  },
  'minutes are rounded half to even': {
    // 0.5 min → 0 and 1.5 min → 2
    lines: [
      { start: HOUR(3), end: HOUR(4), quantity: '0.0083333333333333333333333333333333', unit: 'Hrs' },
      { start: HOUR(5), end: HOUR(6), quantity: '0.025', unit: 'hours' },
    ],
    expected: { dark: 2 },
  },
  'lines of one span: minutes are united, other units bill the whole span': {
    lines: [
      { start: HOUR(3), end: HOUR(4), quantity: '0.25', unit: 'Hrs' },
      { start: HOUR(3), end: HOUR(4), quantity: '7', unit: 'GB-Hours' },
    ],
    expected: { dark: 60 },
  },
}

const names = Object.keys(CASES)

test.each(names)('%s', async (name) => {
  const one = CASES[name]!
  const id = names.indexOf(name)
  const letters = ['a', 'b', 'c'].slice(0, one.gpus ?? 1)
  const uuid = (letter: string) => `GPU-${id}-${letter}`
  const aliases = one.aliases === false ? [] : letters.map((letter) => ({ kind: 'gpu_uuid', alias: uuid(letter).toLowerCase() }))
  const node = await insertNode(db.pool, `n${id}`, [{ kind: 'instance_id', alias: `i-${id}` }, ...aliases])
  for (const letter of letters) if (one.firstSeen) await insertGpu(db.pool, node, uuid(letter), null, one.firstSeen)
  await insertGpuHours(
    db.pool,
    node,
    (one.hours ?? []).map((hour) => ({ ...hour, gpu: uuid(hour.gpu), pods: (hour.pods ?? []).map((pod) => `${pod}${id}`) })),
  )
  for (const [index, replica] of (one.replicas ?? []).entries()) {
    const replicaId = await insertReplica(db.pool, {
      ...replica,
      nodeId: node,
      instance: `${id}-${index}`,
      pod: replica.pod ? `${replica.pod}${id}` : null,
    })
    for (const hour of replica.hours) await insertServeHour(db.pool, { ...hour, nodeId: node, replicaId })
  }
  const lines = (one.lines ?? ONE_HOUR).map((line) => ({
    start: HOUR(3),
    end: HOUR(4),
    billed: '10',
    resource: `i-${id}`,
    instanceType: one.instanceType ?? null,
    ...line,
  }))
  await insertLines(db.pool, lines)
  await dirty(db.pool, ['capacity'], ['2026-06-10'])
  await reconcile(db, { now: new Date('2026-09-01T00:00:00Z'), currency: 'USD', timezone: 'UTC', steps: ['capacity'] })
  const { rows } = await db.pool.query<{ state: string; minutes: string; effective: string }>(
    `SELECT state || CASE WHEN deployment = '' THEN '' ELSE '/' || deployment END AS state, gpu_minutes AS minutes, effective FROM node_day WHERE node_id = $1`,
    [node],
  )
  expect(Object.fromEntries(rows.map((row) => [row.state, Number(row.minutes)]))).toEqual(one.expected)
  expect(rows.reduce((sum, row) => sum + Number(row.effective), 0)).toBeCloseTo(lines.length * 10, 9)
})

test('money of a node-day: by GPU-minutes, to the last 1e-12, and unknown where there are no minutes', async () => {
  const node = await insertNode(db.pool, 'money', [
    { kind: 'instance_id', alias: 'i-money' },
    { kind: 'gpu_uuid', alias: 'GPU-money' },
  ])
  await insertGpuHours(db.pool, node, [{ hour: HOUR(3), gpu: 'GPU-money', seen: first(20), memLoaded: first(10) }])
  // A daily line of which one third of a day each is … : the day has 1440 minutes, of which 10, 10 and 1420
  await insertLines(db.pool, [{ start: '2026-06-10', end: '2026-06-11', billed: '1', effective: '0.5', resource: 'i-money' }])
  await dirty(db.pool, ['capacity'], ['2026-06-10'])
  await reconcile(db, { now: new Date('2026-09-01T00:00:00Z'), currency: 'USD', timezone: 'UTC', steps: ['capacity'] })
  const { rows } = await db.pool.query('SELECT state, billed, effective FROM node_day WHERE node_id = $1 ORDER BY state', [node])
  // 1420/1440 = 0.986111111111 1…, 10/1440 = 0.006944444444 4…: one unit is left, for the largest remainder; ties go to warm_idle's state order
  expect(rows).toEqual([
    { state: 'dark', billed: '0.986111111111', effective: '0.493055555556' },
    { state: 'unallocated', billed: '0.006944444444', effective: '0.003472222222' },
    { state: 'warm_idle', billed: '0.006944444445', effective: '0.003472222222' },
  ])
})

test('seen outside billed minutes: awaited inside the lag or while the delivery is provisional, then unbilled', async () => {
  const node = await insertNode(db.pool, 'late', [{ kind: 'instance_id', alias: 'i-late' }], 'late')
  for (const day of ['2026-08-20', '2026-08-24', '2026-08-30'])
    await insertGpuHours(db.pool, node, [{ hour: `${day}T00:00`, gpu: 'late', seen: first(7) }])
  await insertLines(db.pool, [
    { start: '2026-08-01', end: '2026-08-02', billed: '1', resource: 'i-late', key: 'late', account: 'late', source: 7 },
  ])
  await insertLines(db.pool, [
    { start: '2026-08-22', end: '2026-08-23', billed: '1', layer: 'supporting', key: 'late', account: 'late', source: 7 },
  ])
  await db.pool.query(
    `INSERT INTO batch (batch_id, source_id, kind, replacement_key, billing_account, period, status, assembled_at, arrived_at)
     VALUES ('late', 7, 'focus', 'late', 'late', '2026-08-01', 'provisional', now(), now())`,
  )
  const posted = async (now: string) => {
    await reconcile(db, { now: new Date(now), currency: 'USD', timezone: 'UTC', steps: ['capacity'] })
    const { rows } = await db.pool.query(
      `SELECT d.day::text AS day, k.measure, k.item, d.quantity FROM ledger_day d JOIN ledger_key k USING (key_id)
       WHERE k.cluster = 'late' AND k.measure <> 'gpu_minutes' ORDER BY 1`,
    )
    return rows.map((row) => [row.day.slice(8), row.measure, row.item, row.quantity])
  }
  await dirty(db.pool, ['capacity'], ['2026-08-20', '2026-08-24', '2026-08-30'])
  expect(await posted('2026-09-01T12:00:00Z')).toEqual([
    ['20', 'unbilled', '', '7'],
    ['24', 'awaiting_bill', 'provisional', '7'],
    ['30', 'awaiting_bill', 'lag', '7'],
  ])
  // The lag passes without anything arriving: nobody marks the day, and it is looked at all the same.
  expect(await posted('2026-09-06T00:00:00Z')).toMatchObject([{ 0: '20' }, { 0: '24' }, { 2: 'provisional' }])
  await db.pool.query("UPDATE batch SET status = 'final' WHERE batch_id = 'late'")
  await dirty(db.pool, ['capacity'], ['2026-08-24', '2026-08-30'])
  expect((await posted('2026-09-06T00:00:00Z')).map((row) => row[1])).toEqual(['unbilled', 'unbilled', 'unbilled'])
})
