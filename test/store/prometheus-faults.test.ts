// Answers of a Prometheus that are none, are too much, come late or in part: clear errors, and nothing half imported.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { messageOf } from '#lib/errors.ts'
import { type World, world } from '#test/support/prometheus.ts'

type Asked = { path: string; params: URLSearchParams; headers: IncomingMessage['headers'] }
type Say = (asked: Asked, response: ServerResponse) => unknown

let here: World
let url: string
let say: Say
const asked: Asked[] = []
const http = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here')
    const body = Buffer.concat(chunks).toString()
    const one = { path: pathname, params: body === '' ? searchParams : new URLSearchParams(body), headers: request.headers }
    asked.push(one)
    say(one, response)
  })
})

beforeAll(async () => {
  here = await world()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterAll(async () => {
  http.closeAllConnections()
  http.close()
  await here.db.close()
})
beforeEach(async () => {
  asked.length = 0
  await here.reset()
})

const json = (response: ServerResponse, body: object, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
const text = (response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, headers).end(body)
}
const success = (result: unknown[], more: object = {}) => ({ status: 'success', data: { resultType: 'matrix', result }, ...more })

const LABELS = { __name__: 'DCGM_FI_DEV_GPU_UTIL', UUID: 'GPU-a', gpu: '0', Hostname: 'n1', instance: 'n1:9400' }
const WINDOW = { from: '2026-06-01T20:00:00Z', to: '2026-06-01T22:00:00Z' }
const endOf = ({ params }: Asked): number => Math.round(Number(params.get('time')) * 1000)
const rangeOf = ({ params }: Asked): number => Number(/\[(\d+)ms\]$/.exec(params.get('query') ?? '')?.[1])

/** One sample a minute, of what is asked. */
function minutes(one: Asked, value = '50'): object {
  const [end, range] = [endOf(one), rangeOf(one)]
  const points: [number, string][] = []
  for (let t = Math.ceil((end - range) / 60_000) * 60_000; t <= end; t += 60_000) points.push([t / 1000, value])
  return success([{ metric: LABELS, values: points }])
}

/** Answers of a sound server, but where `fault` takes over. */
const server =
  (fault: (one: Asked, response: ServerResponse) => boolean = () => false): Say =>
  (one, response) => {
    if (fault(one, response)) return
    if (one.path.endsWith('/label/instance/values')) json(response, { status: 'success', data: ['n1:9400'] })
    else json(response, (one.params.get('query') ?? '').includes('n1:9400') ? minutes(one) : success([]))
  }
const isQuery = (one: Asked): boolean => one.path.endsWith('/query')
/** The window's second hour. */
const isSecond = (one: Asked): boolean => isQuery(one) && endOf(one) > Date.parse('2026-06-01T21:00:00Z')
const instead =
  (answer: (one: Asked, response: ServerResponse) => void, when = isSecond) =>
  (one: Asked, response: ServerResponse): boolean => {
    if (!when(one)) return false
    answer(one, response)
    return true
  }

const stored = async () => (await here.db.pool.query('SELECT last_success_at, last_error, detail FROM source WHERE source_id = 1')).rows[0]
const point = (at: unknown, value: unknown) => (_: Asked, response: ServerResponse) =>
  json(response, success([{ metric: LABELS, values: [[at, value]] }]))
const T = Date.parse('2026-06-01T21:30:00Z') / 1000

const FAULTS: [what: string, answer: (one: Asked, response: ServerResponse) => void, error: RegExp, settings?: object][] = [
  [
    'an HTML page with 200',
    (_, r) => text(r, 200, '<html><title>Log in</title>'),
    /no JSON, or was cut off: "<html><title>Log in.*path prefix included/,
  ],
  ['an HTML page with 404', (_, r) => text(r, 404, '<html>not here'), /answered 404, "<html>not here".*path prefix, such as/],
  ['a cut answer', (one, r) => text(r, 200, JSON.stringify(minutes(one)).slice(0, -40)), /no JSON, or was cut off/],
  ['another JSON', (_, r) => json(r, { message: 'hello' }), /not of the Prometheus API/],
  ['an error with 200', (_, r) => json(r, { status: 'error', errorType: 'internal', error: 'no' }), /internal: no/],
  [
    'a bad query',
    (_, r) => json(r, { status: 'error', errorType: 'bad_data', error: 'parse error' }, 400),
    /answered 400, bad_data: parse error/,
  ],
  ['no access', (_, r) => text(r, 401, 'Unauthorized'), /answered 401.*check username and password, or token/],
  [
    'a part of the data',
    (one, r) => json(r, { ...minutes(one), isPartial: true }),
    /a part of its storage did not answer.*nothing of the answer was taken/,
  ],
  ['a vector', (_, r) => json(r, { status: 'success', data: { resultType: 'vector', result: [] } }), /expected raw samples/],
  ['a value that is none', point(T, '12,5'), /\[1780349400,"12,5"\] is no sample/],
  ['a value that is a number', point(T, 5), /is no sample/],
  ['an empty value', point(T, ''), /is no sample/],
  ['the name of a property', point(T, 'constructor'), /is no sample/],
  ['a time that is none', point('now', '5'), /is no sample/],
  [
    'samples out of order',
    (_, r) =>
      json(
        r,
        success([
          {
            metric: LABELS,
            values: [
              [T, '1'],
              [T - 60, '2'],
            ],
          },
        ]),
      ),
    /not in the order of time/,
  ],
  [
    'a redirect to itself',
    (one, r) => text(r, 302, '', { location: one.path }),
    /answered 302 to \/api\/v1\/query.*write the final address/,
  ],
  ['silence', () => undefined, /no answer within 100 ms.*raise `timeout`/, { timeout: 100 }],
  [
    'too many samples, whatever is asked',
    (_, r) => json(r, { status: 'error', errorType: 'execution', error: 'too many samples' }, 422),
    /answered 422, execution: too many samples.*narrow what is read/,
  ],
  [
    'more bytes than wanted',
    (one, r) => json(r, { ...minutes(one), pad: 'x'.repeat(20_000) }),
    /longer than 15000 bytes/,
    { max_bytes: 15_000 },
  ],
]

test.each(FAULTS)('%s', async (_, answer, error, settings = {}) => {
  say = server(instead(answer))
  await expect(here.collect(url, { ...WINDOW, ...settings })).rejects.toThrow()
  const failed = await stored()
  expect(failed.last_error).toMatch(error)
  expect(failed).toMatchObject({ last_success_at: null, detail: { server: { up: false } } })
  const partly = await here.facts()
  say = server()
  expect(await here.collect(url, WINDOW)).toMatchObject({ late: 0, repeated: 0 })
  // Two whole hours: what failed left nothing behind that is counted twice, and nothing was skipped.
  const whole = await here.facts()
  expect(whole.map((row) => row.covered_s)).toEqual([3600, 3600])
  expect(partly.every((row) => whole.some((one) => JSON.stringify(one) === JSON.stringify(row)))).toBe(true)
  expect(await stored()).toMatchObject({ last_error: null })
})

test('a server that is away, or gone', async () => {
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as AddressInfo
  await new Promise((resolve) => gone.close(resolve))
  await expect(here.collect(`http://127.0.0.1:${port}`, WINDOW)).rejects.toThrow(/ECONNREFUSED/)
  expect((await stored()).last_error).toMatch(/is it running, and is `url` right/)
  const dead = new AbortController()
  dead.abort(new Error('stopped'))
  await expect(here.collect(url, { ...WINDOW, signal: dead.signal })).rejects.toThrow()
  // The lease was given back.
  say = server()
  expect(await here.collect(url, WINDOW)).toMatchObject({ rows: 2 })
})

test('stopped in its midst, it goes on where it was; two at once do not', async () => {
  const stop = new AbortController()
  const second: Promise<string>[] = []
  say = server((one) => {
    if (!isSecond(one)) return false
    second.push(
      here
        .collect(url, WINDOW)
        .then(() => 'done', messageOf)
        .finally(() => stop.abort(new Error('stopped'))),
    )
    return true
  })
  await expect(here.collect(url, { ...WINDOW, signal: stop.signal })).rejects.toThrow(/stopped/)
  expect(await second[0]).toMatch(/is being collected by/)
  expect(await stored()).toMatchObject({ last_error: null })
  say = server()
  expect(await here.collect(url, WINDOW)).toMatchObject({ repeated: 0 })
  expect((await here.facts()).map((row) => row.covered_s)).toEqual([3600, 3600])
})

test('what is read again and fails leaves closed hours as they are; where it succeeds, what they were is kept', async () => {
  say = server()
  await here.collect(url, { from: '2026-06-01T20:00:00Z' })
  const whole = await here.facts()
  const old = async () => (await here.db.pool.query('SELECT hour, util_max FROM gpu_hour_old ORDER BY hour')).rows
  const changed = (one: Asked, response: ServerResponse) => json(response, minutes(one, '70'))
  say = server((one, response) => {
    if (!isQuery(one) || !(one.params.get('query') ?? '').includes('n1:9400')) return false
    if (endOf(one) > Date.parse('2026-06-01T20:40:00Z')) text(response, 400, 'no')
    else changed(one, response)
    return true
  })
  const again = { from: '2026-06-01T20:00:00Z', to: '2026-06-01T21:00:00Z', window: '15m' }
  await expect(here.collect(url, again)).rejects.toThrow(/answered 400/)
  expect([await here.facts(), await old()]).toEqual([whole, []])
  say = server(instead(changed, (one) => isQuery(one) && (one.params.get('query') ?? '').includes('n1:9400')))
  await here.collect(url, again)
  // The window is near the open hours, so that the reading went on to where the source stands.
  const hours = whole.map((row) => row.hour)
  expect((await here.facts()).map((row) => row.util_max)).toEqual(hours.map(() => 70))
  expect(await old()).toEqual(hours.slice(0, -1).map((hour) => ({ hour, util_max: 50 })))
})

test('a sample at the very end of one reading is not in the next', async () => {
  say = server()
  expect(await here.collect(url, { now: '2026-06-01T21:00:00Z', history: 0 })).toMatchObject({ samples: 1 })
  expect(await here.collect(url, { now: '2026-06-01T21:05:00Z' })).toMatchObject({ samples: 5, repeated: 0 })
})

test('busy for a moment: asked again', async () => {
  let busy = 2
  say = server((one, response) => {
    if (!isSecond(one) || busy-- <= 0) return false
    text(response, busy === 1 ? 429 : 503, 'later', { 'retry-after': '0' })
    return true
  })
  expect(await here.collect(url, WINDOW)).toMatchObject({ rows: 2, warnings: [] })
})

test('too many samples, or too many bytes: smaller stretches of the same', async () => {
  say = server()
  await here.collect(url, WINDOW)
  const whole = await here.facts()
  for (const [limit, settings] of [
    [10 * 60_000, {}],
    [Infinity, { max_bytes: 420 }],
  ] as const) {
    await here.reset()
    say = server(
      instead(
        (_, response) => json(response, { status: 'error', errorType: 'execution', error: 'too many samples' }, 422),
        (one) => isQuery(one) && rangeOf(one) > limit,
      ),
    )
    expect((await here.collect(url, { ...WINDOW, ...settings })).pieces).toBeGreaterThan(12)
    expect(await here.facts()).toEqual(whole)
  }
})

test('too many instances for one question: half of them at a time', async () => {
  say = (one, response) => {
    if (one.path.endsWith('/values')) return json(response, { status: 'success', data: ['n1:9400', 'n2:9400', 'n3.x:9400'] })
    const query = one.params.get('query') ?? ''
    if (query.includes('instance=~')) return text(response, 422, 'too many')
    const name = /instance="([^"]+)"/.exec(query)?.[1]
    const [end, labels] = [endOf(one), { ...LABELS, UUID: `GPU-${name}`, instance: name }]
    return json(response, success(name === undefined ? [] : [{ metric: labels, values: [[end / 1000, '1']] }]))
  }
  expect(await here.collect(url, { from: '2026-06-01T20:00:00Z', to: '2026-06-01T20:05:00Z' })).toMatchObject({ instances: 3, rows: 3 })
  expect(asked.some(({ params }) => params.get('query')?.includes('instance=~"|n1:9400|n2:9400|n3\\\\.x:9400"'))).toBe(true)
})

test('NaN and infinities are readings without a value; native histograms are none', async () => {
  say = server(
    instead((one, response) => {
      const points = ['NaN', '+Inf', '-Inf', '1e1', '0'].map((value, i) => [endOf(one) / 1000 - 60 * i, value]).reverse()
      json(response, success([{ metric: LABELS, values: points }, { metric: { ...LABELS, __name__: 'DCGM_FI_X' } }]))
    }, isQuery),
  )
  expect(await here.collect(url, { from: '2026-06-01T20:00:00Z', to: '2026-06-01T21:00:00Z' })).toMatchObject({ bad: 3 })
  expect(await here.facts()).toMatchObject([{ bad_samples: 3, util_mean: 5, covered_s: 120 }])
})

test('warnings are shown; tenant, credentials, headers and matchers are sent; the position is kept', async () => {
  say = server((one, response) => {
    if (!isQuery(one)) return false
    json(response, { ...minutes(one), warnings: ['block 7 is corrupt'] })
    return true
  })
  const more = { headers: { 'x-team': 'a' }, username: 'me', password: 'secret', tenant: 'fleet', matchers: ['cluster="a"', 'job=~"d.*"'] }
  const { warnings } = await here.collect(`${url}/prometheus/`, { ...WINDOW, ...more })
  expect(warnings).toEqual(['block 7 is corrupt'])
  expect(await stored()).toMatchObject({
    detail: { warnings, position: '2026-06-01T21:59:59.999Z', targets: [{ instance: 'n1:9400', up: true }] },
  })
  for (const { path, headers, params } of asked) {
    expect(path).toMatch(/^\/prometheus\/api\/v1\//)
    expect(headers).toMatchObject({
      'x-team': 'a',
      'x-scope-orgid': 'fleet',
      authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
    })
    expect(params.get('query') ?? params.get('match[]')).toContain('",cluster="a",job=~"d.*"')
    expect(params.get('partial_response')).toBe('false')
  }
})

test.each<[settings: Record<string, unknown>, error: RegExp]>([
  [{ url: 'ftp://x' }, /not an http/],
  [{ matchers: ['a=b'] }, /write label=/],
  [{ matchers: ['a="b"} or {x="y"'] }, /write label=/],
  [{ username: 'me' }, /go together/],
  [{ username: 'me', password: 'x', token: 't' }, /give either/],
  [{ window: '10s' }, /60000/],
  [{ surprise: 1 }, /surprise/],
])('settings %j', async (settings, error) => {
  await expect(here.collect(url, settings)).rejects.toThrow(error)
})

test('windows that are none', async () => {
  await expect(here.collect(url, { from: '2026-06-02T00:00:00Z', to: '2026-06-01T00:00:00Z' })).rejects.toThrow(/not after its beginning/)
  await expect(here.collect(url, { from: '1970-01-01T00:00:00Z' })).rejects.toThrow(/more than ten years ago/)
})
