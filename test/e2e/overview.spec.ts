import type { Overview } from '#lib/services/overview/types.ts'
import type { TcoReport } from '#lib/services/report/tco.ts'
import { chartOf, expect, expectAccessible, openOverview, test } from './browser.ts'
import { commandJson } from './stage.ts'

const period = (at: { from: string; to: string }) => ['--from', at.from, '--to', at.to]
const dollars = (amount: string): string => `$${Number(Number(amount).toFixed(0)).toLocaleString('en-US')}`

test('the page, the API and the command line say the same', async ({ page, request, at }) => {
  const report = await commandJson<TcoReport>('report', 'tco', ...period(at), '--by', 'layer')
  const shown = (await (await request.get(`${at.url}/api/v1/overview?from=${at.from}&to=${at.to}`)).json()) as Overview
  expect(shown.totals.actual).toBe(report.totals.accounting)
  expect(Number(shown.totals.actual)).toBeGreaterThan(1000)
  const layers = Object.fromEntries(report.rows.filter((row) => Number(row.amount) !== 0).map((row) => [row.layer, row.amount]))
  expect(Object.fromEntries(shown.layers.filter((row) => Number(row.amount) !== 0).map((row) => [row.layer, row.amount]))).toEqual(layers)
  expect(shown.coverage).toEqual(report.coverage)
  const mirrored = await (await request.get(`${at.url}/api/v1/report/tco?from=${at.from}&to=${at.to}`)).json()
  expect(mirrored).toEqual(report)

  await openOverview(page, at)
  const actual = page.getByRole('row').filter({ hasText: 'Self-hosted, actual' })
  await expect(actual).toContainText(dollars(report.totals.accounting))
  const gpu = report.rows.find((row) => row.layer === 'gpu_compute')!
  await expect(page.getByRole('link', { name: /^GPU compute/ })).toContainText(dollars(gpu.amount!))
})

test('the verdict stands first: both questions for every comparator, with the four coverages', async ({ page, request, at }) => {
  const shown = (await (await request.get(`${at.url}/api/v1/overview?from=${at.from}&to=${at.to}`)).json()) as Overview
  expect(shown.comparators.length).toBeGreaterThanOrEqual(2)
  await openOverview(page, at)
  const verdict = page.getByRole('region', { name: 'Verdict' })
  for (const { name, didItPay } of shown.comparators) {
    const article = verdict.getByRole('article').filter({ has: page.getByRole('heading', { name: `against ${name}` }) })
    await expect(article).toContainText('Did it pay?')
    await expect(article).toContainText('Continue?')
    await expect(article.getByText(new RegExp(`^${didItPay.verdict}$`, 'i')).first()).toBeVisible()
    await expect(page.getByRole('heading', { level: 1 })).toContainText(name)
  }
  for (const name of ['Cost', 'Tokens', 'Labour', 'Prices']) await expect(verdict.locator('dt', { hasText: name })).toBeVisible()
})

for (const scheme of ['light', 'dark'] as const)
  for (const width of [390, 1440])
    test(`accessible and without sideways scrolling, ${scheme}, ${width} px`, async ({ page, at }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      await openOverview(page, at)
      await expectAccessible(page)
      await page.goto(`${at.url}/sources`)
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
      await openOverview(page, at)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
    })

test('the chart takes a place of its own: nothing moves when it comes', async ({ page, at }) => {
  await page.addInitScript(() => {
    const seen = { shift: 0 }
    Object.assign(window, { seen })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) seen.shift += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
  })
  await openOverview(page, at)
  expect(await page.evaluate(() => (window as unknown as { seen: { shift: number } }).seen.shift)).toBeLessThan(0.01)
})

test('the same figures as a table, by keyboard', async ({ page, at }) => {
  await openOverview(page, at)
  const toggle = page.getByRole('button', { name: 'Show as table' })
  await toggle.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: 'Cost over time, as a table' }).getByRole('row').nth(1)).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(chartOf(page)).toBeVisible()
})

test('period and basis stand in the address', async ({ page, at }) => {
  await openOverview(page, at)
  await page.getByRole('link', { name: 'Billed' }).click()
  await expect(page).toHaveURL(new RegExp(`from=${at.from}&to=${at.to}&basis=billed`))
  await expect(page.getByRole('link', { name: 'Billed' })).toHaveAttribute('aria-current', 'true')
  const cash = await commandJson<TcoReport>('report', 'tco', ...period(at), '--basis', 'billed')
  await expect(page.getByRole('row').filter({ hasText: 'Self-hosted, actual' })).toContainText(dollars(cash.totals.cash))
})

test('the theme is chosen once and is there in the first bytes', async ({ page, request, at }) => {
  await openOverview(page, at)
  const toggle = page.getByRole('button', { name: /^Theme/ })
  await toggle.click()
  await toggle.click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  const html = await (await request.get(at.url, { headers: { cookie: 'theme=dark' } })).text()
  expect(html).toMatch(/<html[^>]*data-theme="dark"/)
  await page.reload()
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
})

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false })
  test('verdict, table and layers can be read', async ({ page, at }) => {
    await page.goto(`${at.url}/?from=${at.from}&to=${at.to}`)
    await expect(page.getByRole('region', { name: 'Verdict' })).toContainText('Did it pay?')
    await expect(page.getByRole('region', { name: 'Cost over time, as a table' })).toBeVisible()
    await expect(page.getByRole('link', { name: /^GPU compute/ })).toBeVisible()
  })
})

test('when the server no longer answers, the page says how old its figures are', async ({ page, at, complaints }) => {
  await page.clock.install()
  await openOverview(page, at)
  await page.route('**/api/v1/overview**', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: '{"title":"the database is away","code":"away","status":503}',
    }),
  )
  await page.clock.fastForward('01:01')
  await page.clock.fastForward('00:05')
  await expect(page.getByRole('status')).toContainText('Not up to date')
  await expect(page.getByRole('status')).toContainText('the database is away')
  await expect(page.getByRole('link', { name: /^GPU compute/ })).toBeVisible()
  complaints.length = 0 // the browser reports the 503 itself
})

test('a period that is none is explained', async ({ page, at }) => {
  await page.goto(`${at.url}/?from=2026-02-30&to=2026-03-02`)
  await expect(page.getByRole('alert').first()).toContainText('is no period')
})

test('a period without anything says what to do first', async ({ page, at }) => {
  await page.goto(`${at.url}/?from=2001-01-01&to=2001-02-01`)
  await expect(page.getByRole('heading', { name: 'Nothing is posted in this period.' })).toBeVisible()
  await expectAccessible(page)
})
