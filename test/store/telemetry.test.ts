import os from 'node:os'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { scrape } from '#collectors/telemetry/scrape/index.ts'
import { minutesIn } from '#lib/domain/mask.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { collectTelemetry } from '#lib/services/collect-telemetry.ts'
import { freshDatabase } from '#test/support/database.ts'
import { expositionServer, type Server, series, steps } from '#test/support/exposition.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
let server: Server
beforeAll(async () => {
  db = await freshDatabase()
  server = await expositionServer()
})
afterAll(async () => {
  await server.close()
  await db.close()
})

const TABLES =
  'source, node_alias, node, gpu, gpu_hour, gpu_hour_old, serve_hour, replica, replica_deployment, deployment_match, deployment, open_hour, batch, dirty_day, lease'
let sourceId = 0
beforeEach(async () => {
  await db.pool.query(`TRUNCATE ${TABLES} RESTART IDENTITY CASCADE`)
  const { rows } = await db.pool.query("INSERT INTO source (name, kind) VALUES ('gpus', 'scrape') RETURNING source_id")
  sourceId = rows[0].source_id
})

const collect = (now = '2026-06-10T00:00:00Z') =>
  collectTelemetry(LOCAL_ADMINISTRATOR, { db, now: new Date(now), currency: 'USD', timezone: 'UTC', dataDir: os.tmpdir() }, scrape, {
    sourceId,
    name: 'gpus',
    settings: { targets: [server.url] },
  })

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
