import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatAmount, Money, sumMoney } from '#lib/domain/money.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId, openLineage } from '#lib/services/lineage.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { reportCapacity } from '#lib/services/report/capacity.ts'
import { reportExceptions } from '#lib/services/report/exceptions.ts'
import { freshDatabase } from '#test/support/database.ts'
import { dirty, insertGpuHours, insertLines, insertNode, insertReplica, insertServeHour } from '#test/support/ledger-facts.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
let context: ServiceContext
const period = { from: '2026-06-01', to: '2026-08-01' }
beforeAll(async () => {
  db = await freshDatabase()
  context = { db, now: new Date('2026-09-01T00:00:00Z'), currency: 'USD', timezone: 'UTC', dataDir: '' }
  const node = await insertNode(
    db.pool,
    'n1',
    [
      { kind: 'instance_id', alias: 'i-1' },
      { kind: 'gpu_uuid', alias: 'g1' },
    ],
    'east',
  )
  const replica = await insertReplica(db.pool, { nodeId: node, instance: 'a:8000', deployment: 'chat', team: 'red', gpus: [0] })
  await insertGpuHours(db.pool, node, [{ hour: '2026-06-10T03:00', gpu: 'g1', index: 0, memLoaded: 0n }])
  await insertServeHour(db.pool, { nodeId: node, replicaId: replica, hour: '2026-06-10T03:00', running: 0b111n })
  await db.pool.query('UPDATE serve_hour SET prompt_tokens = 1000, generation_tokens = 50')
  await insertLines(db.pool, [
    { start: '2026-06-10', end: '2026-06-11', billed: '30', effective: '24', resource: 'i-1', invoice: 'inv' },
    { start: '2026-06-10', end: '2026-07-20', billed: '7', category: 'Tax', scope: 'share', layer: 'tax' },
    { start: '2026-06-10', end: '2026-06-12', billed: '1', layer: 'supporting' },
    { start: '2026-07-15', end: '2026-07-16', billed: '5', layer: 'supporting' },
    { start: '2026-06-11', end: '2026-06-12', billed: '2', resource: 'i-9' },
  ])
  const days = Array.from({ length: 40 }, (_, i) =>
    new Date(Date.parse('2026-06-10T00:00:00Z') + i * 86_400_000).toISOString().slice(0, 10),
  )
  await dirty(db.pool, ['bills', 'capacity', 'tokens'], days)
  await reconcileDays(LOCAL_ADMINISTRATOR, context)
})
afterAll(() => db.close())

/** Every page, and the sum of the rows' amounts. */
async function open(id: string, limit: number) {
  const first = await openLineage(LOCAL_ADMINISTRATOR, context, { id, limit })
  const sources = [...first.sources]
  let { next } = first
  while (next) {
    const page = await openLineage(LOCAL_ADMINISTRATOR, context, { id, limit, cursor: next })
    expect(page.sources.length).toBeLessThanOrEqual(limit)
    sources.push(...page.sources)
    next = page.next
  }
  const sum = formatAmount(sumMoney(sources.flatMap((row) => (row.amount === null ? [] : [new Money(row.amount)]))))
  return { ...first, sources, sum }
}

test.each([1, 3, 100])('the bill lines of an amount add up to it, by pages of %i', async (limit) => {
  for (const where of [
    undefined,
    { layer: 'tax' },
    { layer: 'supporting' },
    { layer: 'gpu_compute', cluster: 'east' },
    { invoice_id: 'inv' },
  ]) {
    for (const basis of ['billed', 'effective'] as const) {
      const lineage = await open(lineageId({ report: 'tco', ...period, basis, where }), limit)
      expect({ where, basis, sum: lineage.sum }).toEqual({ where, basis, sum: lineage.amount })
      expect(lineage.sources.every((row) => row.kind === 'bill_line' && row.file === 'test.csv' && Number(row.line) > 0)).toBe(true)
      expect(formatAmount(sumMoney(lineage.ledger.map((row) => new Money(row.amountRc ?? 0))))).toBe(lineage.amount)
    }
  }
})

test('a line reaching over two spans shows its part in each', async () => {
  const { sources, amount } = await open(
    lineageId({ report: 'tco', ...period, where: { layer: 'tax' }, measures: ['cost', 'outside'] }),
    100,
  )
  expect(sources.map((row) => [row.when, row.detail.known])).toEqual([
    ['2026-06-10', 'inferred'],
    ['2026-07-11', 'inferred'],
  ])
  expect(amount).toBe('7')
})

test('a capacity state opens to node-days, and those to the cost of the nodes', async () => {
  const report = await reportCapacity(LOCAL_ADMINISTRATOR, context, { ...period, basis: 'billed' })
  expect(report.rows.map((row) => [row.state, row.gpuMinutes, row.amount])).toEqual([
    ['dark', '1380', '28.75'],
    ['lost', '0', '0'],
    ['serving', '3', '0.0625'],
    ['other_work', '0', '0'],
    ['busy_unattributed', '0', '0'],
    ['warm_idle', '57', '1.1875'],
    ['unallocated', '0', '0'],
    ['unknown', '0', '0'],
  ])
  const lineage = await open(report.rows[2]!.id, 10)
  expect(lineage.sources).toMatchObject([{ kind: 'node_day', what: 'n1: serving', when: '2026-06-10', amount: '0.0625', quantity: '3' }])
  expect(lineage.ledger).toMatchObject([{ step: 'capacity', dims: { deployment: 'chat', team: 'red' }, quantity: '3' }])
  expect((await open(lineage.sources[0]!.detail['cost of the nodes']!, 10)).amount).toBe('30')
  const byTeam = await reportCapacity(LOCAL_ADMINISTRATOR, context, { ...period, by: ['team', 'day'] })
  expect(byTeam.rows.map((row) => [row.team, row.day, row.state])).toEqual([
    ['', '2026-06-10', 'dark'],
    ['red', '2026-06-10', 'serving'],
    ['red', '2026-06-10', 'warm_idle'],
  ])
})

test('tokens open to serve-hours', async () => {
  const lineage = await open(lineageId({ report: 'tokens', ...period, where: { deployment: 'chat' } }), 1)
  expect(lineage.quantity).toBe('1050')
  expect(lineage.sources.map((row) => [row.what, row.quantity])).toEqual([
    ['a:8000: generation', '50'],
    ['a:8000: prompt', '1000'],
  ])
})

test('an API-equivalent opens to the prices in force, and those to the tokens', async () => {
  await db.pool.query(
    `INSERT INTO comparator (name) VALUES ('api');
     INSERT INTO comparator_map (comparator_id, deployment, provider, model) SELECT comparator_id, 'chat', 'p', 'm' FROM comparator;
     INSERT INTO price (provider, model, class, valid_from, per_million, currency, source) VALUES
       ('p', 'm', 'prompt', '2026-01-01', 2, 'USD', 'https://old'), ('p', 'm', 'prompt', '2026-06-01', 3, 'USD', 'https://new')`,
  )
  await dirty(db.pool, ['equivalent'], ['2026-06-10'])
  await reconcileDays(LOCAL_ADMINISTRATOR, context)
  const lineage = await open(lineageId({ report: 'compare', ...period, where: { comparator: 'api' } }), 10)
  expect(lineage.amount).toBe('0.003')
  expect(lineage.sum).toBe('0.003')
  expect(lineage.sources).toMatchObject([
    { quantity: '1000', file: 'https://new', detail: { 'price per million': '3', 'in force from': '2026-06-01' } },
  ])
  expect((await open(lineage.sources[0]!.detail.tokens!, 10)).quantity).toBe('1000')
  const unpriced = await open(lineageId({ report: 'compare', ...period, measures: ['unpriced'] }), 10)
  expect(unpriced.sources.map((row) => [row.what, row.quantity, row.amount])).toEqual([['api: chat generation', '50', null]])
})

test('labour opens to the records of people, nameless for who may not read persons', async () => {
  await db.pool.query(
    `INSERT INTO rate (role, valid_from, currency, standard_per_year, hours_per_year) VALUES ('sre', '2026-01-01', 'USD', 200000, 2000);
     INSERT INTO person (person, role) VALUES ('ann', 'sre');
     INSERT INTO engagement (source_id, incident_id, person, from_seq, content_key, acknowledged_at, ended_at)
       VALUES (3, 'P1', 'ann', 1, '', '2026-06-10T01:00Z', '2026-06-10T03:00Z');
     INSERT INTO time_entry (source_id, entry_id, from_seq, content_key, person, local_date, hours, project, scope, layer, file, line)
       VALUES (4, 't1', 1, '', 'ann', '2026-06-10', 3, 'fleet', 'in', 'operations', 'time.csv', 2)`,
  )
  await dirty(db.pool, ['labour'], ['2026-06-10'])
  await reconcileDays(LOCAL_ADMINISTRATOR, context)
  const logged = await open(lineageId({ report: 'tco', ...period, where: { layer: 'operations' } }), 10)
  expect(logged).toMatchObject({
    amount: '300',
    sources: [{ kind: 'time_entry', file: 'time.csv', line: '2', quantity: '3', detail: { person: 'ann' } }],
  })
  const unlogged = await open(lineageId({ report: 'labour', ...period, where: { item: 'unlogged' } }), 1)
  expect(unlogged.amount).toBe('200')
  expect(unlogged.sources.map((row) => row.kind)).toEqual(['engagement', 'time_entry'])
  const seen = await openLineage({ name: 'v', role: 'viewer' }, context, {
    id: lineageId({ report: 'tco', ...period, where: { layer: 'operations' } }),
  })
  expect(JSON.stringify(seen)).not.toContain('ann')
})

test('what is no id is missing, and a person’s amount is for those who may see persons', async () => {
  await expect(openLineage(LOCAL_ADMINISTRATOR, context, { id: 'bm90IGEgcHJlZGljYXRl' })).rejects.toMatchObject({ kind: 'missing' })
  await expect(
    openLineage({ name: 'v', role: 'viewer' }, context, { id: lineageId({ report: 'labour', ...period, where: { person: 'ann' } }) }),
  ).rejects.toMatchObject({ kind: 'forbidden' })
})

test('exceptions: what could not be matched, with its money', async () => {
  await db.pool.query(
    `INSERT INTO batch (seq, batch_id, source_id, kind, replacement_key, period, assembled_at, arrived_at, rows_read, rows_quarantined)
     VALUES (9, 'B9', 1, 'focus', 'k9', '2026-06-01', now(), '2026-07-02Z', 2, 2);
     INSERT INTO quarantine (batch_seq, source_id, file, line, reason, currency, billed) VALUES (9, 1, 'f', 1, 'no currency', 'USD', 4), (9, 1, 'f', 2, 'no currency', 'USD', 5)`,
  )
  const { rows } = await reportExceptions(LOCAL_ADMINISTRATOR, context, period)
  expect(rows.map((row) => [row.kind, row.subject, row.amount, row.quantity])).toEqual([
    ['unassigned_lines', 'source 1 acct', '2', null],
    ['quarantined_rows', 'source 1: no currency', '9', '2'],
    ['tokens_unpriced', 'api: chat generation', null, '50'],
  ])
  const opened = await open(rows[0]!.id!, 10)
  expect(opened.sources.map((row) => row.detail.resource)).toEqual(['i-9'])
})
