import { expect, test, vi } from 'vitest'
import { ZodError } from 'zod'
import { months, parsePeriod, periodSearch, presets } from '#app/_queries/period.ts'
import { actorOf } from '#app/_server/context.ts'
import { openapi } from '#app/_server/openapi.ts'
import { readReportParams } from '#app/_server/params.ts'
import { problem } from '#app/_server/problem.ts'
import { Failure } from '#lib/errors.ts'

vi.mock('#lib/log.ts', () => ({ log: { error: () => {} } }))

const TODAY = '2026-03-31'

test('periods end with the last whole day', () => {
  expect(presets(TODAY).map(({ from, to }) => [from, to])).toEqual([
    ['2026-03-01', TODAY],
    ['2025-12-31', TODAY],
    ['2025-09-01', TODAY],
  ])
  expect(months(TODAY).slice(0, 2)).toEqual([
    { from: '2026-03-01', to: '2026-04-01' },
    { from: '2026-02-01', to: '2026-03-01' },
  ])
})

test('an address without a period shows the last 90 days', () => {
  expect(parsePeriod({}, TODAY)).toEqual({ from: '2025-12-31', to: TODAY, basis: 'effective' })
  expect(periodSearch(parsePeriod({ from: '2026-01-01', to: '2026-02-01', basis: 'billed' }, TODAY))).toBe(
    '?from=2026-01-01&to=2026-02-01&basis=billed',
  )
})

test.each([
  [{ from: '2026-02-30', to: '2026-03-02' }, 'bad_period'],
  [{ from: '2026-03-02', to: '2026-03-02' }, 'bad_period'],
  [{ basis: 'list' }, 'bad_basis'],
])('%o is refused as %s', (params, code) => {
  expect(() => parsePeriod(params, TODAY)).toThrow(expect.objectContaining({ code }))
})

test.each(['localhost', 'LOCALHOST:3000', '127.0.0.1:3000', '127.8.8.8', '[::1]:3000'])('Host %s is this machine', (host) => {
  expect(actorOf(host).role).toBe('administrator')
})

test.each([
  null,
  '',
  'example.com',
  'localhost.example.com',
  '127.0.0.1.example.com',
  'evil@localhost',
  '10.0.0.1',
  '0.0.0.0:3000',
  'localhost:3000:1',
])('Host %s is refused', (host) => {
  expect(() => actorOf(host)).toThrow(expect.objectContaining({ code: 'not_loopback' }))
})

test('parameters of reports', () => {
  const read = (text: string) => readReportParams(new URLSearchParams(text))
  expect(read('from=2026-01-01&to=2026-01-02&by=day,%20layer&as_of=2026-01-05T00:00:00%2B01:00')).toEqual({
    from: '2026-01-01',
    to: '2026-01-02',
    basis: 'effective',
    by: ['day', 'layer'],
    asOf: new Date('2026-01-04T23:00:00Z'),
  })
  for (const wrong of [
    '',
    'from=2026-01-01',
    'from=2026-01-02&to=2026-01-01',
    'from=2026-01-01&to=2026-01-02&as_of=now',
    'from=2026-01-01&to=2026-01-02&x=1',
  ])
    expect(() => read(wrong), wrong).toThrow(ZodError)
})

test.each([
  ['usage', 400],
  ['forbidden', 403],
  ['missing', 404],
  ['refused', 422],
  ['unavailable', 503],
] as const)('a failure of kind %s answers %i', async (kind, status) => {
  const response = problem(new Failure(kind, 'some_code', 'what is wrong', { remedy: 'what to do' }))
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(await response.json()).toMatchObject({ status, code: 'some_code', title: 'what is wrong', remedy: 'what to do' })
})

test('an unforeseen error says nothing of itself', async () => {
  const response = problem(new Error('password=hunter2'))
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('hunter2')
})

test('the description names every parameter that reports take', () => {
  const { paths } = openapi() as { paths: Record<string, { get: { parameters: { name: string; required: boolean }[] } }> }
  const { parameters } = paths['/api/v1/report/tco']!.get
  expect(parameters.map(({ name, required }) => [name, required])).toEqual([
    ['from', true],
    ['to', true],
    ['by', false],
    ['basis', false],
    ['as_of', false],
  ])
})
