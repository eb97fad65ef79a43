// The SQL of the capacity step equals the minute-by-minute oracle on random small node-days.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { billedMinutes } from '#lib/domain/capacity/billed.ts'
import type { GpuFact, GpuHourFact, NodeFacts, ReplicaFact } from '#lib/domain/capacity/facts.ts'
import { nodeDay } from '#lib/domain/capacity/node-day.ts'
import { portionsOf } from '#lib/domain/ledger/portions.ts'
import { FULL_HOUR, minuteMask } from '#lib/domain/mask.ts'
import { formatAmount, Money, sumMoney } from '#lib/domain/money.ts'
import { DAY_MS, type Day, dayOf, dayStart, HOUR_MS, MINUTE_MS } from '#lib/domain/time.ts'
import { reconcile } from '#lib/reconcile/engine.ts'
import { freshDatabase } from '#test/support/database.ts'
import { dirty, insertGpu, insertGpuHours, insertLines, insertNode, insertReplica, insertServeHour } from '#test/support/ledger-facts.ts'

const CASES = 150
const START = dayStart('2026-06-10')
const BASE_HOUR = START / HOUR_MS
const POSTED: Day[] = ['2026-06-11', '2026-06-13']

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())

const mask = fc.oneof(
  fc.constant(0n),
  fc.constant(FULL_HOUR),
  fc.constant(FULL_HOUR),
  fc.bigInt({ min: 0n, max: FULL_HOUR }),
  fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 })).map(([from, to]) => minuteMask(from, to)),
)
const mostly = fc.oneof(fc.constant(FULL_HOUR), fc.constant(FULL_HOUR), mask)
/** Hours cluster on few values, so that GPUs, replicas and bills meet; the first day is looked back on, never posted. */
const hour = fc.oneof(
  fc.constantFrom(24, 25, 26, 72, 73),
  fc.constantFrom(24, 25, 26, 72, 73),
  fc.constantFrom(24, 25, 26, 72, 73),
  fc.constantFrom(0, 22, 23, 30, 48, 71, 80),
  fc.integer({ min: 0, max: 95 }),
)

const gpuHour = fc.record({
  gpu: fc.integer({ min: 0, max: 2 }),
  hour,
  pods: fc.subarray(['ns/a', 'ns/b']),
  seen: mostly,
  utilKnown: mostly,
  memKnown: mostly,
  memLoaded: mask,
  busy: fc.oneof(fc.constant(0n), fc.constant(0n), mask),
  failure: fc.option(fc.tuple(fc.integer({ min: 0, max: 59 }), fc.constantFrom(60, 60, 60, 45, 10)), { freq: 3 }),
  standing: fc.boolean(),
})
const replica = fc.record({
  local: fc.boolean(),
  pod: fc.constantFrom(null, null, 'ns/a', 'ns/b'),
  deployment: fc.constantFrom(null, 'd1', 'd2'),
  gpus: fc.constantFrom<number[]>([], [], [0], [1, 2]),
  hours: fc.uniqueArray(fc.record({ hour, scraped: mask, running: mask }), { minLength: 2, maxLength: 9, selector: (one) => one.hour }),
})
const usage = fc.record({
  start: fc.oneof(
    fc.constantFrom(24, 25, 26, 72, 73).map((one) => one * 60),
    fc.constantFrom(24, 72).map((one) => one * 60),
    fc.integer({ min: 0, max: 96 * 60 }),
  ),
  minutes: fc.constantFrom(60, 60, 60, 1440, 90, 2880),
  quantity: fc.constantFrom(null, null, '1', '24', '0.5', '0.37', '0.0583333', '0', '-1', '13.775'),
  billed: fc.integer({ min: -1000, max: 10_000_000 }).map((units) => new Money(units).div(7).toDecimalPlaces(14)),
})
const scenario = fc.record({
  gpus: fc.constantFrom(0, 1, 2, 3, 3, 3),
  aliased: fc.boolean(),
  indexed: fc.boolean(),
  /** Every GPU has a row in the same hours, with the same minutes seen, and none fails: where capacity takes the short way. */
  steady: fc.constantFrom(false, false, true),
  firstSeen: fc.array(fc.option(fc.integer({ min: 0, max: 95 * 60 })), { minLength: 3, maxLength: 3 }),
  hours: fc.uniqueArray(gpuHour, { minLength: 8, maxLength: 20, selector: (one) => `${one.gpu} ${one.hour}` }),
  replicas: fc.integer({ min: 0, max: 2 }).chain((some) => fc.array(replica, { maxLength: some ? 3 : 0 })),
  lines: fc.array(usage, { minLength: 1, maxLength: 5 }),
})
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

/** In a steady node the rows of an hour are one row, given to each GPU with the masks of another. */
function steadyHours({ hours, gpus }: Scenario): Scenario['hours'] {
  const byHour = [...new Map(hours.map((row) => [row.hour, row])).values()]
  return byHour.flatMap(({ hour, seen, pods }, index) =>
    Array.from({ length: gpus }, (_, gpu) => ({ ...byHour[(index + gpu) % byHour.length]!, hour, seen, pods, gpu, failure: null })),
  )
}

const firstSeenOf = (one: Scenario, gpu: number) => (one.steady ? (one.firstSeen[gpu] ?? 0) : (one.firstSeen[gpu] ?? null))

function gpuFacts(one: Scenario, id: number): GpuHourFact[] {
  return (one.steady ? steadyHours(one) : one.hours)
    .filter(({ gpu }) => gpu < one.gpus)
    .map((row) => {
      const start = row.failure ? 1n << BigInt(row.failure[0]) : 0n
      const standing = row.failure ? minuteMask(row.failure[0], row.failure[1]) : row.standing ? FULL_HOUR : 0n
      return {
        gpu: `gpu-${id}-${row.gpu}`,
        hour: BASE_HOUR + row.hour,
        pods: row.pods.map((pod) => `${pod}${id}`),
        seen: row.seen,
        utilKnown: row.utilKnown & row.seen,
        memKnown: row.memKnown & row.seen,
        memLoaded: row.memLoaded & row.memKnown & row.seen,
        busy: row.busy & row.utilKnown & row.seen,
        xidStart: start,
        xidStanding: standing,
      }
    })
}

/** One scenario as the oracle sees it, for one day. */
function factsOf(one: Scenario, id: number, day: Day): NodeFacts {
  const rows = gpuFacts(one, id)
  const hours = new Map<string, Map<number, GpuHourFact>>()
  for (const row of rows) hours.set(row.gpu, (hours.get(row.gpu) ?? new Map()).set(row.hour, row))
  const known: GpuFact[] = Array.from({ length: one.gpus }, (_, index) => ({
    gpu: `gpu-${id}-${index}`,
    index: one.indexed ? index : null,
    firstSeenMs: firstSeenOf(one, index) === null ? null : START + firstSeenOf(one, index)! * MINUTE_MS,
  }))
  const seen = new Set(rows.filter((row) => row.seen !== 0n && dayOf(row.hour * HOUR_MS) === day).map((row) => row.gpu))
  return {
    gpus: one.aliased
      ? known
      : known.filter(({ gpu, firstSeenMs }) => (seen.size > 0 ? seen.has(gpu) : firstSeenMs !== null && dayOf(firstSeenMs) <= day)),
    hours,
    replicas: one.replicas.map(
      (spec, index): ReplicaFact => ({
        id: index,
        local: spec.local,
        pod: spec.pod === null ? null : `${spec.pod}${id}`,
        deployment: spec.deployment,
        gpus: spec.deployment === null ? [] : spec.gpus,
        hours: new Map(spec.hours.map((row) => [BASE_HOUR + row.hour, row])),
      }),
    ),
  }
}

/** A day on which nothing was billed or seen of a node, and no engine of its own ran, is not looked at, whatever pods it had before. */
function isNamed(one: Scenario, id: number, day: Day): boolean {
  const on = (hour: number) => dayOf((BASE_HOUR + hour) * HOUR_MS) === day
  return (
    gpuFacts(one, id).some((row) => on(row.hour - BASE_HOUR)) ||
    one.replicas.some((spec) => spec.local && spec.hours.some((row) => on(row.hour) && row.running !== 0n))
  )
}

async function store(one: Scenario, id: number): Promise<string> {
  const aliases = [{ kind: 'instance_id', alias: `i-${id}` }]
  for (let index = 0; one.aliased && index < one.gpus; index++) aliases.push({ kind: 'gpu_uuid', alias: `GPU-${id}-${index}` })
  const nodeId = await insertNode(db.pool, `n${id}`, aliases)
  for (let index = 0; index < one.gpus; index++) {
    const first = firstSeenOf(one, index)
    if (first !== null)
      await insertGpu(db.pool, nodeId, `gpu-${id}-${index}`, one.indexed ? index : null, new Date(START + first * MINUTE_MS))
    else if (one.indexed) await insertGpu(db.pool, nodeId, `gpu-${id}-${index}`, index, new Date(START + 400 * DAY_MS))
  }
  await insertGpuHours(
    db.pool,
    nodeId,
    gpuFacts(one, id).map((row) => ({ ...row, hour: new Date(row.hour * HOUR_MS) })),
  )
  for (const [index, spec] of one.replicas.entries()) {
    const where = spec.local ? nodeId : '0'
    const replicaId = await insertReplica(db.pool, {
      ...spec,
      nodeId: where,
      instance: `${id}-${index}`,
      pod: spec.pod === null ? null : `${spec.pod}${id}`,
    })
    for (const row of spec.hours)
      await insertServeHour(db.pool, { ...row, nodeId: where, replicaId, hour: new Date((BASE_HOUR + row.hour) * HOUR_MS) })
  }
  await insertLines(
    db.pool,
    one.lines.map((line) => ({
      start: new Date(START + line.start * MINUTE_MS).toISOString(),
      end: new Date(START + (line.start + line.minutes) * MINUTE_MS).toISOString(),
      billed: formatAmount(line.billed),
      quantity: line.quantity,
      unit: 'Hours',
      resource: `i-${id}`,
    })),
  )
  return nodeId
}

test('states, deployments, money and unbilled minutes of random node-days equal the oracle', async () => {
  const cases = fc.sample(scenario, { numRuns: CASES, seed: 20260610 })
  const ids: string[] = []
  for (const [id, one] of cases.entries()) ids.push(await store(one, id))
  await dirty(db.pool, ['capacity'], POSTED)
  await reconcile(db, { now: new Date(START + 60 * DAY_MS), currency: 'USD', timezone: 'UTC', steps: ['capacity'] })
  const stored = await db.pool.query<{
    node_id: string
    day: string
    state: string
    deployment: string
    gpu_minutes: string
    billed: string
  }>('SELECT node_id, day::text, state, deployment, gpu_minutes, billed FROM node_day ORDER BY 1, 2, 3, 4')
  const found = new Map<string, string[]>()
  for (const row of stored.rows) {
    const key = `${ids.indexOf(row.node_id)} ${row.day}`
    found.set(key, [
      ...(found.get(key) ?? []),
      `${row.state} ${row.deployment} ${Number(row.gpu_minutes)} ${formatAmount(new Money(row.billed))}`,
    ])
  }
  let unbilled = 0
  const states = new Map<string, number>()
  for (const [id, one] of cases.entries()) {
    const lines = one.lines.map((line) => ({
      charge: { start: START + line.start * MINUTE_MS, end: START + (line.start + line.minutes) * MINUTE_MS },
      hours: line.quantity === null ? null : new Money(line.quantity),
      billed: line.billed,
    }))
    const minutes = billedMinutes(lines)
    for (const day of POSTED) {
      const portions = lines.flatMap((line) => portionsOf(line.charge, line.billed)).filter((portion) => portion.day === day)
      const result = nodeDay(factsOf(one, id, day), day, minutes, sumMoney(portions.map((portion) => portion.amount)))
      if (portions.length > 0 || isNamed(one, id, day)) unbilled += result.notBilled
      const expected = portions.length === 0 ? undefined : result.parts
      for (const part of expected ?? []) {
        const key = part.state + (part.deployment ? '+' : '')
        states.set(key, (states.get(key) ?? 0) + part.minutes)
      }
      const text = expected?.map((part) => `${part.state} ${part.deployment} ${part.minutes} ${formatAmount(part.amount)}`)
      const order = (a: string, b: string) => (a < b ? -1 : 1)
      expect(
        { id, day, parts: found.get(`${id} ${day}`)?.sort(order) },
        JSON.stringify(one, (_, v) => (typeof v === 'bigint' ? v.toString(2) : v)),
      ).toEqual({ id, day, parts: text?.sort(order) })
    }
  }
  expect(new Set([...states.keys()].map((key) => key.replace('+', ''))).size).toBe(8)
  const { rows } = await db.pool.query<{ quantity: string }>(
    "SELECT sum(quantity) AS quantity FROM ledger_day JOIN ledger_key USING (key_id) WHERE measure = 'unbilled'",
  )
  expect(Number(rows[0]!.quantity)).toBe(unbilled)
})
