import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { scrape } from '#collectors/telemetry/scrape/index.ts'
import { runScrapeLoop } from '#collectors/telemetry/scrape/loop.ts'
import { scrapeSettings } from '#collectors/telemetry/scrape/schema.ts'
import { TargetWorker } from '#collectors/telemetry/scrape/worker.ts'
import { minutesIn } from '#lib/domain/mask.ts'
import { Claims } from '#lib/ingest/telemetry/claims.ts'
import { acquireLease, releaseLease } from '#lib/ingest/telemetry/lease.ts'
import { ShardSession } from '#lib/ingest/telemetry/session.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { collectTelemetry } from '#lib/services/collect-telemetry.ts'
import { mapReplicas } from '#lib/services/map-replicas.ts'
import { openDb } from '#lib/store/pool.ts'
import { freshDatabase } from '#test/support/database.ts'
import { expositionServer, type Server, series, steps } from '#test/support/exposition.ts'
import { feed } from '#test/support/telemetry.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
let server: Server
const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-telemetry-'))
beforeAll(async () => {
  db = await freshDatabase()
  server = await expositionServer()
})
afterAll(async () => {
  await server.close()
  await db.close()
  fs.rmSync(dataDir, { recursive: true, force: true })
})

const TABLES =
  'source, node_alias, node, gpu, gpu_hour, gpu_hour_old, serve_hour, replica, replica_deployment, deployment_match, deployment, open_hour, batch, dirty_day, lease'
let sourceId = 0
beforeEach(async () => {
  await db.pool.query(`TRUNCATE ${TABLES} RESTART IDENTITY CASCADE`)
  const { rows } = await db.pool.query("INSERT INTO source (name, kind) VALUES ('gpus', 'scrape') RETURNING source_id")
  sourceId = rows[0].source_id
})

const contextAt = (now: string) => ({ db, now: new Date(now), currency: 'USD', timezone: 'UTC', dataDir })
const sourceOf = (settings: object) => ({ sourceId, name: 'gpus', settings })
const collect = (now = '2026-06-10T00:00:00Z', settings: object = { targets: [server.url] }) =>
  collectTelemetry(LOCAL_ADMINISTRATOR, contextAt(now), scrape, sourceOf(settings))

const GPU = '{gpu="0",UUID="GPU-a",modelName="H100",Hostname="n1"}'
const gpu = (field: string, from: string, stepS: number, values: (number | string)[], labels = GPU) =>
  series(`DCGM_FI_DEV_${field}${labels}`, steps(from, stepS, values))
const VLLM = '{engine="0",model_name="llama"}'
const vllm = (name: string, from: string, stepS: number, values: (number | string)[], labels = VLLM) =>
  series(`vllm:${name}${labels}`, steps(from, stepS, values))
const hours = async (columns: string, table = 'gpu_hour') =>
  (await db.pool.query(`SELECT ${columns} FROM ${table} ORDER BY hour, node_id`)).rows

test('one GPU-hour: masks, memory, energy, node, and the same bytes again', async () => {
  // Minute 0: mean of 5 and 15 is 10, busy. Minute 1: 9. Minute 2: 137 is unknown. Minutes 3 and 4: nothing.
  server.say(
    gpu('GPU_UTIL', '2026-06-01T10:00:00Z', 30, [5, 15, 9, 9, 137]) +
      gpu('FB_USED', '2026-06-01T10:00:00Z', 60, [4, 5, 6]) +
      gpu('FB_FREE', '2026-06-01T10:00:00Z', 60, [96, 90, 88]) +
      gpu('FB_RESERVED', '2026-06-01T10:00:00Z', 60, [0, 5, 6]) +
      gpu('TOTAL_ENERGY_CONSUMPTION', '2026-06-01T10:00:00Z', 60, [1000, 3_601_000]),
  )
  const first = await collect()
  expect(first).toMatchObject({ samples: 16, rejects: 0, late: 0, rows: 1 })
  const stored = await hours('*')
  expect(stored).toEqual([
    expect.objectContaining({
      gpu_uuid: 'GPU-a',
      gpu_index: 0,
      seen: '7',
      util_known: '3',
      util_5: '3',
      util_10: '1',
      util_20: '0',
      mem_known: '7',
      mem_loaded: '6',
      covered_s: 180,
      util_mean: 9.5,
      util_max: 15,
      energy_wh: 1,
      bad_samples: 1,
      xid_start: '0',
    }),
  ])
  expect((await db.pool.query('SELECT name, origin FROM node')).rows).toEqual([{ name: 'n1', origin: 'observed' }])
  expect((await db.pool.query('SELECT day::text, step FROM dirty_day')).rows).toEqual([{ day: '2026-06-01', step: 'capacity' }])
  await db.pool.query('DELETE FROM dirty_day')
  const again = await collect()
  expect(again).toMatchObject({ samples: 0, rows: 0, late: 0 })
  expect(await hours('*')).toEqual(stored)
  expect((await db.pool.query('SELECT count(*)::int AS n FROM dirty_day')).rows).toEqual([{ n: 0 }])
})

test('tokens: reset, gap over an hour, ranks, cached tokens, old and new names together', async () => {
  const from = '2026-06-01T10:50:00Z'
  server.say(
    vllm('prompt_tokens_total', from, 300, [1000, 1500, 200]) +
      vllm('prompt_tokens_total', from, 300, [10, 20, 30], '{engine="1",model_name="llama"}') +
      vllm('prompt_tokens_cached_total', from, 300, [100, 300, 50]) +
      vllm('generation_tokens_total', from, 300, [0, 50, 60]) +
      vllm('num_requests_running', from, 300, [0, 1, 0]) +
      vllm('gpu_cache_usage_perc', from, 300, [0.9, 0.9, 0.9]) +
      vllm('kv_cache_usage_perc', from, 300, [0.5, 0.5, 0.25]) +
      vllm('request_success_total', from, 300, [0, 3, 4], '{engine="0",model_name="llama",finished_reason="stop"}') +
      vllm('request_success_total', from, 300, [0, 1, 1], '{engine="0",model_name="llama",finished_reason="abort"}'),
  )
  await collect()
  const rows = await hours(
    'hour, scraped, running, prompt_tokens, cache_read_tokens, cache_write_tokens, generation_tokens, requests, failures, kv_mean',
    'serve_hour',
  )
  // 10:50 is the baseline, 10:55 the increase; the reset at 11:00 counts whole, in the later hour.
  expect(rows).toEqual([
    {
      hour: new Date('2026-06-01T10:00:00Z'),
      scraped: String((1n << 50n) | (1n << 55n)),
      running: String(1n << 55n),
      prompt_tokens: '310',
      cache_read_tokens: '200',
      cache_write_tokens: '0',
      generation_tokens: '50',
      requests: '4',
      failures: '1',
      kv_mean: 0.5,
    },
    {
      hour: new Date('2026-06-01T11:00:00Z'),
      scraped: '1',
      running: '0',
      prompt_tokens: '160',
      cache_read_tokens: '50',
      cache_write_tokens: '0',
      generation_tokens: '10',
      requests: '1',
      failures: '0',
      kv_mean: 0.25,
    },
  ])
})

test('an XID stands through a silence, which gets rows only because it stands', async () => {
  server.say(gpu('XID_ERRORS', '2026-06-01T10:00:00Z', 600, [0, 31, 79]) + gpu('GPU_UTIL', '2026-06-01T10:00:00Z', 600, [0, 0, 0]))
  await collect()
  server.say(gpu('XID_ERRORS', '2026-06-01T13:05:00Z', 60, [79, 0]))
  await collect()
  const rows = await hours('seen, xid_start, xid_standing, xid_code, xid_count')
  expect(
    rows.map((row) => [minutesIn(BigInt(row.seen)), row.xid_start, minutesIn(BigInt(row.xid_standing)), row.xid_code, row.xid_count]),
  ).toEqual([
    [3, String(1n << 20n), 40, 79, 2],
    [0, '0', 60, 79, 0],
    [0, '0', 60, 79, 0],
    // 13:05 still 79, 13:06 is 0: minutes 0 to 5 end with the failure standing.
    [2, '0', 6, 79, 0],
  ])
})

test('a stream that is cut between two processes gives the rows of one', async () => {
  const values = Array.from({ length: 400 }, (_, i) => (i * 37) % 100)
  const lines = [
    gpu('GPU_UTIL', '2026-06-01T22:00:00Z', 60, values),
    gpu(
      'TOTAL_ENERGY_CONSUMPTION',
      '2026-06-01T22:00:00Z',
      60,
      values.map((value, i) => value + Math.floor(i / 90) * 5),
    ),
    gpu(
      'XID_ERRORS',
      '2026-06-01T22:00:00Z',
      60,
      values.map((_, i) => (i > 50 && i < 130 ? 79 : 0)),
    ),
    vllm('prompt_tokens_total', '2026-06-01T22:00:00Z', 60, values),
    vllm(
      'num_requests_running',
      '2026-06-01T22:00:00Z',
      60,
      values.map((value) => (value > 50 ? 1 : 0)),
    ),
    vllm('time_to_first_token_seconds_bucket', '2026-06-01T22:00:00Z', 60, values, '{model_name="llama",le="+Inf"}'),
  ].flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => ({ t: Number(line.split(' ').at(-1)), line })),
  )
  const body = (from: number, to: number) =>
    lines
      .filter(({ t }) => t >= from && t < to)
      .map(({ line }) => `${line}\n`)
      .join('')
  const facts = async () =>
    [await hours('*'), await hours('*', 'serve_hour')].map((rows) => rows.map((row) => ({ ...row, from_seq: null })))
  server.say(body(0, Infinity))
  await collect()
  const whole = await facts()
  expect(whole.map((rows) => rows.length)).toEqual([7, 7])
  await db.pool.query('TRUNCATE gpu_hour, serve_hour, open_hour')
  const cuts = ['2026-06-01T22:17:30Z', '2026-06-02T00:00:00Z', '2026-06-02T00:01:00Z', '2026-06-02T03:59:00Z'].map((at) => Date.parse(at))
  for (const [i, to] of [...cuts, Infinity].entries()) {
    server.say(body(i === 0 ? 0 : cuts[i - 1]!, to))
    await collect()
  }
  expect(await facts()).toEqual(whole)
})

test('an amended closed hour keeps its former version; the open one does not; what is too old is counted', async () => {
  server.say(gpu('GPU_UTIL', '2026-06-01T10:00:00Z', 60, [50]) + gpu('GPU_UTIL', '2026-06-01T11:00:00Z', 60, [50]))
  await collect()
  server.say(gpu('GPU_UTIL', '2026-06-01T11:30:00Z', 60, [60]))
  await collect()
  expect(await hours('*', 'gpu_hour_old')).toEqual([])
  server.say(gpu('GPU_UTIL', '2026-06-01T10:30:00Z', 60, [60]) + gpu('GPU_UTIL', '2026-05-31T06:00:00Z', 60, [1, 2]))
  expect(await collect()).toMatchObject({ samples: 1, late: 2, rows: 1 })
  expect(await hours('hour, util_max, from_seq, to_seq', 'gpu_hour_old')).toEqual([
    { hour: new Date('2026-06-01T10:00:00Z'), util_max: 50, from_seq: '1', to_seq: '3' },
  ])
  expect(await hours('util_max, from_seq')).toEqual([
    { util_max: 60, from_seq: '3' },
    { util_max: 60, from_seq: '2' },
  ])
  const { rows } = await db.pool.query('SELECT rows_read, rows_accepted, rows_quarantined, rows_excluded FROM batch ORDER BY seq')
  expect(rows.at(-1)).toEqual({ rows_read: '3', rows_accepted: '1', rows_quarantined: '2', rows_excluded: '0' })
})

test('a target that is down is a gap and a red source; the others are collected', async () => {
  const other = await expositionServer('broken')
  server.say(`${gpu('GPU_UTIL', '2026-06-01T10:00:00Z', 60, [50])}GPU_UTIL{ 1\n`)
  const collected = await collect(undefined, { targets: [server.url, other.url] })
  expect(collected).toMatchObject({ rejects: 1, rows: 1, targets: [{ up: true, rejectedLines: [{ line: 2, column: 11 }] }, { up: false }] })
  const stored = async () => (await db.pool.query('SELECT last_success_at, last_fact_at, last_error, detail FROM source')).rows[0]
  expect(await stored()).toMatchObject({
    last_success_at: new Date('2026-06-10T00:00:00Z'),
    last_fact_at: new Date('2026-06-01T10:00:00Z'),
    last_error: expect.stringMatching(/^1 of 2 targets failed: .*:1:7: .*is no exposition/),
    detail: { targets: [{ up: true, samples: 1, rejects: 1 }, { up: false }] },
  })
  other.say('', 'text/plain', 503)
  await expect(collect('2026-06-11T00:00:00Z', { targets: [other.url] })).rejects.toThrow(/answered 503/)
  other.say('<html>', 'text/html')
  await expect(collect('2026-06-11T00:00:00Z', { targets: [other.url] })).rejects.toThrow(/text\/html, which is no exposition/)
  other.say('x'.repeat(2000))
  await expect(collect('2026-06-11T00:00:00Z', { targets: [other.url], max_bytes: 1000 })).rejects.toThrow(/longer than 1000 bytes/)
  await other.close()
  await expect(collect('2026-06-12T00:00:00Z', { targets: [other.url] })).rejects.toThrow(/ECONNREFUSED/)
  expect(await stored()).toMatchObject({ last_success_at: new Date('2026-06-10T00:00:00Z'), last_error: expect.stringMatching(/^1 of 1/) })
  server.say(gpu('GPU_UTIL', '2026-06-01T10:01:00Z', 60, [50]))
  await collect('2026-06-13T00:00:00Z')
  expect(await stored()).toMatchObject({ last_error: null })
  expect(await hours('covered_s')).toEqual([{ covered_s: 120 }])
})

test('one GPU that two exporters of a source tell of is the first one’s', async () => {
  const other = await expositionServer(gpu('GPU_UTIL', '2026-06-01T10:00:00Z', 60, [90]))
  server.say(gpu('GPU_UTIL', '2026-06-01T10:00:00Z', 60, [10]))
  const settings = { targets: [server.url, other.url] }
  await collect(undefined, settings)
  await collect(undefined, settings)
  expect(await hours('util_max')).toEqual([{ util_max: 10 }])
  await other.close()
})

test('aliases decide the node at the sample’s time; replicas are mapped when they appear and when rules change', async () => {
  await db.pool.query(`INSERT INTO node (name) VALUES ('old'), ('new')`)
  await db.pool.query(
    `INSERT INTO node_alias (node_id, kind, alias, valid_from, valid_to) VALUES
       (1, 'hostname', 'n1', NULL, '2026-06-01T11:00:00Z'), (2, 'hostname', 'n1', '2026-06-01T11:00:00Z', NULL),
       (2, 'scrape_instance', '127.0.0.1', NULL, NULL)`,
  )
  await db.pool.query(`INSERT INTO deployment (name, model) VALUES ('chat', 'llama'), ('batch', 'llama')`)
  await db.pool.query(`INSERT INTO deployment_match (deployment_id, labels) VALUES (1, '{}')`)
  server.say(
    gpu('GPU_UTIL', '2026-06-01T10:30:00Z', 1800, [1, 2], '{gpu="0",UUID="GPU-a",Hostname="n1",instance="gw"}') +
      vllm('num_requests_running', '2026-06-01T10:00:00Z', 60, [1]),
  )
  await collect()
  expect(await hours('node_id, util_max')).toEqual([
    { node_id: '1', util_max: 1 },
    { node_id: '2', util_max: 2 },
  ])
  const mapped = async () =>
    (await db.pool.query('SELECT deployment_id, valid_from, valid_to FROM replica_deployment ORDER BY valid_from')).rows
  expect(await mapped()).toEqual([{ deployment_id: 1, valid_from: -Infinity, valid_to: Infinity }])
  expect((await db.pool.query('SELECT instance, model_name, engine, node_id, labels FROM replica')).rows).toEqual([
    {
      instance: new URL(server.url).host,
      model_name: 'llama',
      engine: 'vllm',
      node_id: '2',
      labels: { engine: '0', model_name: 'llama', instance: new URL(server.url).host },
    },
  ])
  await db.pool.query(
    `INSERT INTO deployment_match (deployment_id, labels, valid_from) VALUES (2, '{"model_name":"lla*","instance":"127.0.0.1"}', '2026-06-05')`,
  )
  const context = contextAt('2026-06-10T00:00:00Z')
  expect(await mapReplicas(LOCAL_ADMINISTRATOR, context)).toEqual({ changed: 3 })
  expect(await mapped()).toEqual([
    { deployment_id: 1, valid_from: -Infinity, valid_to: new Date('2026-06-05T00:00:00Z') },
    { deployment_id: 2, valid_from: new Date('2026-06-05T00:00:00Z'), valid_to: Infinity },
  ])
  expect(await mapReplicas(LOCAL_ADMINISTRATOR, context)).toEqual({ changed: 0 })
})

test('a shard has one writer: a second process waits, one that lost its lease writes nothing', async () => {
  const name = `scrape ${sourceId} ${server.url}`
  await db.pool.query(`INSERT INTO lease VALUES ($1, 'elsewhere:1:x', 7, now() + interval '1 hour')`, [name])
  server.say(gpu('GPU_UTIL', '2026-06-01T10:00:00Z', 60, [50]))
  const at = new Date().toISOString()
  await expect(collect(at)).rejects.toThrow(/is being collected by elsewhere/)
  expect((await db.pool.query('SELECT last_error FROM source')).rows).toEqual([{ last_error: null }])
  await db.pool.query(`UPDATE lease SET holder = $1`, [`${os.hostname()}:999999999:x`])
  expect(await collect(at)).toMatchObject({ rows: 1 })
  const lease = await acquireLease(db.pool, name, new Date())
  if ('heldBy' in lease) throw new Error('the lease is free')
  const target = { url: server.url, instance: 'x', labels: {} }
  const session = await ShardSession.open(db.pool, sourceId, target, lease)
  feed(session.target, gpu('GPU_UTIL', '2026-06-01T10:05:00Z', 60, [90]))
  await db.pool.query('UPDATE lease SET epoch = epoch + 1')
  await expect(session.flush({ now: new Date(), rejected: 0 })).rejects.toThrow(/took over/)
  expect(await hours('util_max')).toEqual([{ util_max: 50 }])
})

test('live: scrapes are kept on disk until they are written, and a successor goes on from there', async () => {
  const settings = scrapeSettings.parse({ targets: [server.url] })
  const [target] = scrape.targets(settings)
  const worker = () => new TargetWorker(contextAt('2026-06-01T10:00:00Z'), sourceId, target!, settings, { claims: new Claims(), order: 0 })
  const signal = new AbortController().signal
  const tick = async (one: TargetWorker, at: string, body: string) => {
    server.say(body)
    await one.tick(new Date(`2026-06-01T${at}Z`), signal)
  }
  const first = worker()
  await tick(first, '10:00:00', `DCGM_FI_DEV_GPU_UTIL${GPU} 10\nDCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION${GPU} 0\n`)
  await tick(first, '10:00:59', `DCGM_FI_DEV_GPU_UTIL${GPU} 20\n`)
  expect(await hours('seen')).toEqual([])
  await tick(first, '10:01:00', `DCGM_FI_DEV_GPU_UTIL${GPU} 60\n`)
  expect(await hours('seen, util_mean')).toEqual([{ seen: '3', util_mean: 30 }])
  server.say('', 'text/plain', 500)
  await first.tick(new Date('2026-06-01T10:01:15Z'), signal)
  expect(first.report).toMatchObject({ up: false, error: expect.stringMatching(/answered 500/) })
  // Read and on disk, not yet written: then the process is gone, its lease with it.
  await tick(first, '10:01:30', `DCGM_FI_DEV_GPU_UTIL${GPU} 50\nDCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION${GPU} 3600000\n`)
  await releaseLease(db.pool, { name: `scrape ${sourceId} ${server.url}`, epoch: '1' })
  const second = worker()
  await tick(second, '10:05:00', `DCGM_FI_DEV_GPU_UTIL${GPU} 80\n`)
  await second.stop(new Date('2026-06-01T10:05:01Z'))
  expect(await hours('seen, util_mean, energy_wh')).toEqual([{ seen: String(0b100011), util_mean: 44, energy_wh: 1 }])
  expect((await db.pool.query('SELECT count(*)::int AS n FROM batch')).rows).toEqual([{ n: 2 }])
})

test('live: while the database is away scrapes are kept on disk; what is no exposition stops nothing', async () => {
  const settings = scrapeSettings.parse({ targets: [server.url] })
  const [target] = scrape.targets(settings)
  const signal = new AbortController().signal
  const away = openDb('postgres://nobody@127.0.0.1:1/none', 1)
  const cutOff = new TargetWorker({ ...contextAt('2026-06-01T10:00:00Z'), db: away }, sourceId, target!, settings, {
    claims: new Claims(),
    order: 0,
  })
  for (const [at, value] of [
    ['10:00:00', 10],
    ['10:04:00', 20],
  ]) {
    server.say(`DCGM_FI_DEV_GPU_UTIL${GPU} ${value}\n`)
    await cutOff.tick(new Date(`2026-06-01T${at}Z`), signal)
    expect(cutOff.report?.error).toMatch(/database is away/)
  }
  server.say('this is no exposition')
  await cutOff.tick(new Date('2026-06-01T10:05:00Z'), signal)
  await cutOff.stop(new Date())
  await away.close()
  const back = new TargetWorker(contextAt('2026-06-01T10:06:00Z'), sourceId, target!, settings, { claims: new Claims(), order: 0 })
  await back.tick(new Date('2026-06-01T10:06:00Z'), signal)
  expect(back.report).toMatchObject({ up: false, error: expect.stringMatching(/no exposition/) })
  await back.stop(new Date('2026-06-01T10:06:30Z'))
  expect(await hours('seen, util_mean')).toEqual([{ seen: String(0b10001), util_mean: 15 }])
})

test('the loop starts, writes what it has when it is stopped, and says how its targets fare', async () => {
  server.say(`DCGM_FI_DEV_GPU_UTIL${GPU} 10\n`)
  const stop = new AbortController()
  const running = runScrapeLoop(contextAt('2026-06-01T10:00:00Z'), sourceOf({ targets: [server.url], interval: '1s' }), stop.signal)
  const recorded = async () => (await db.pool.query("SELECT 1 FROM source WHERE detail #>> '{targets,0,up}' = 'true'")).rowCount
  for (let i = 0; i < 600 && !(await recorded()); i++) await new Promise((resolve) => setTimeout(resolve, 50))
  stop.abort()
  await running
  expect(await hours('util_mean')).toEqual([{ util_mean: 10 }])
  expect((await db.pool.query("SELECT last_error, detail #>> '{targets,0,up}' AS up FROM source")).rows).toEqual([
    { last_error: null, up: 'true' },
  ])
})

test('partitions are made before their rows', async () => {
  server.say(gpu('GPU_UTIL', '2026-02-28T23:59:00Z', 60, [1, 2]))
  await collect()
  const { rows } = await db.pool.query('SELECT tableoid::regclass::text AS part, util_max FROM gpu_hour ORDER BY hour')
  expect(rows).toEqual([
    { part: 'gpu_hour_2026_02', util_max: 1 },
    { part: 'gpu_hour_2026_03', util_max: 2 },
  ])
})
