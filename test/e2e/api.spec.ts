import http from 'node:http'
import { expect, test } from '@playwright/test'
import { stage } from './stage.ts'

const { url, from, to } = stage()
const period = `from=${from}&to=${to}`

const REFUSED: [string, number, string, string][] = [
  ['/api/v1/report/tco', 400, 'bad_parameter', 'no period'],
  [`/api/v1/report/tco?from=${to}&to=${from}`, 400, 'bad_parameter', 'a period that ends before it begins'],
  ['/api/v1/report/tco?from=2026-02-30&to=2026-03-02', 400, 'bad_parameter', 'a day that is none'],
  [`/api/v1/report/tco?${period}&basis=list`, 400, 'bad_parameter', 'an unknown basis'],
  [`/api/v1/report/tco?${period}&frm=1`, 400, 'bad_parameter', 'an unknown parameter'],
  [`/api/v1/report/tco?${period}&by=colour`, 400, 'bad_by', 'an unknown dimension'],
  [`/api/v1/report/profit?${period}`, 404, 'report_unknown', 'an unknown report'],
  ['/api/v1/overview?from=yesterday', 400, 'bad_period', 'words for a day'],
  ['/api/v1/lineage/nonsense', 404, 'no_lineage', 'no lineage id'],
  ['/api/v1/nothing', 404, 'no_route', 'an address that is none'],
]
for (const [path, status, code, why] of REFUSED)
  test(`a problem for ${why}`, async ({ request }) => {
    const response = await request.get(url + path)
    expect(response.status()).toBe(status)
    expect(response.headers()['content-type']).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ status, code })
  })

const REPORTS = ['tco', 'capacity', 'labour', 'tokens', 'compare', 'verdict', 'burden', 'exceptions']
test('every report answers, and is described', async ({ request }) => {
  const { paths } = (await (await request.get(`${url}/api/v1/openapi.json`)).json()) as { paths: Record<string, unknown> }
  for (const name of REPORTS) {
    const response = await request.get(`${url}/api/v1/report/${name}?${period}`)
    expect(response.status(), name).toBe(200)
    expect(Object.keys(paths)).toContain(`/api/v1/report/${name}`)
  }
})

/** A request whose Host is another name: what a rebound domain would send. */
const statusFor = (path: string, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    http
      .get(url + path, { headers: { host } }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      .on('error', reject)
  })

for (const path of ['/', '/sources', `/api/v1/overview?${period}`, '/metrics'])
  test(`a foreign Host is refused at ${path}`, async () => {
    expect(await statusFor(path, 'fleet.attacker.example')).toBe(403)
    expect(await statusFor(path, 'localhost.attacker.example:3000')).toBe(403)
    expect(await statusFor(path, 'localhost:3000')).toBe(200)
  })

test('health, readiness and metrics', async ({ request }) => {
  expect((await request.get(`${url}/healthz`)).status()).toBe(200)
  expect((await request.get(`${url}/readyz`)).status()).toBe(200)
  const text = await (await request.get(`${url}/metrics`)).text()
  expect(text).toMatch(/^denominator_source_up\{source="cloud",kind="focus"\} 1$/m)
  expect(text).toMatch(/^denominator_cost_30d\{layer="gpu_compute",currency="USD"\} \d+/m)
})

test('pages carry their guards', async ({ request }) => {
  const headers = (await request.get(url)).headers()
  expect(headers['content-security-policy']).toMatch(/script-src 'self' 'nonce-[^']{16,}' 'strict-dynamic'(;|$)/)
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['referrer-policy']).toBe('same-origin')
  expect(headers['x-powered-by']).toBeUndefined()
})
