// Engines beyond vLLM through a scrape into the store: what a restart must not forget.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { scrape } from '#collectors/telemetry/scrape/index.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { collectTelemetry } from '#lib/services/collect-telemetry.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { reportTokens } from '#lib/services/report/tokens.ts'
import { expositionServer, type Server, series, steps } from '#test/support/exposition.ts'
import { type World, world } from '#test/support/prometheus.ts'

let here: World
let server: Server
let other: Server
beforeAll(async () => {
  here = await world()
  server = await expositionServer()
  other = await expositionServer()
})
afterAll(async () => {
  await server.close()
  await other.close()
  await here.db.close()
})
beforeEach(() => here.reset())

const collect = (targets = [server.url]) =>
  collectTelemetry(LOCAL_ADMINISTRATOR, here.context(), scrape, { sourceId: 2, name: 'gpus', settings: { targets } })
const of = (head: string, from: string, values: number[]): string => series(head, steps(from, 60, values))
const T0 = '2026-06-01T10:00:00Z'
const T1 = '2026-06-01T10:30:00Z'
const SPENT = 'litellm_input_tokens_total{model="llama",hashed_api_key="k"}'

test('a witness stays one after a restart, and its tokens are in no report', async () => {
  server.say(of(SPENT, T0, [10, 40]))
  await collect()
  server.say(of(SPENT, T1, [90]))
  await collect()
  const { rows } = await here.db.pool.query(
    'SELECT node_id, scraped, running, prompt_tokens, generation_tokens, histograms FROM serve_hour',
  )
  const witness = { prompt: 80, requests: null, failures: null, generation: null }
  expect(rows).toEqual([
    { node_id: '0', scraped: '0', running: '0', prompt_tokens: null, generation_tokens: null, histograms: { witness } },
  ])
  expect((await here.db.pool.query('SELECT engine, labels FROM replica')).rows).toMatchObject([
    { engine: 'litellm', labels: { model: 'llama' } },
  ])
  expect((await here.db.pool.query('SELECT count(*)::int AS n FROM node')).rows).toEqual([{ n: 0 }])
  await reconcileDays(LOCAL_ADMINISTRATOR, here.context(), {})
  expect((await reportTokens(LOCAL_ADMINISTRATOR, here.context(), { from: '2026-06-01', to: '2026-06-02' })).rows).toEqual([])
})

test('a GPU that an engine tells of yields to its exporter, whichever target is declared first, also after a restart', async () => {
  server.say(of('nv_gpu_utilization{gpu_uuid="GPU-a"}', T0, [0.9]))
  other.say(of('DCGM_FI_DEV_GPU_UTIL{UUID="GPU-a",gpu="0"}', T0, [10]))
  await collect([server.url, other.url])
  const util = async () => (await here.db.pool.query('SELECT util_max FROM gpu_hour')).rows
  expect(await util()).toEqual([{ util_max: 10 }])
  server.say(of('nv_gpu_utilization{gpu_uuid="GPU-a"}', T1, [0.95]))
  other.say('')
  await collect([server.url, other.url]).catch(() => undefined)
  expect(await util()).toEqual([{ util_max: 10 }])
})

test('many series that only prove sight are samples, not repetitions of one another', async () => {
  server.say(['A', 'B', 'C'].map((field) => of(`DCGM_FI_DEV_${field}{UUID="GPU-a",gpu="0"}`, T0, [1, 2])).join(''))
  expect(await collect()).toMatchObject({ samples: 6, targets: [{ repeated: 0 }] })
})
