import type { ChangesReport } from '#lib/services/report/changes.ts'
import type { TcoReport } from '#lib/services/report/tco.ts'
import { expect, expectAccessible, test } from './browser.ts'
import { commandJson } from './stage.ts'

const LONG_AGO = '2020-01-01T00:00:00Z'
const address = (at: { url: string; from: string; to: string }, since = LONG_AGO) =>
  `${at.url}/changes?from=${at.from}&to=${at.to}&since=${since}`

test('the page, the API and the command line say the same, and it is what was published', async ({ page, request, at }) => {
  const period = ['--from', at.from, '--to', at.to]
  const report = await commandJson<ChangesReport>('report', 'changes', ...period, '--since', LONG_AGO, '--by', 'month,layer')
  const tco = await commandJson<TcoReport>('report', 'tco', ...period)
  expect(report.totals).toMatchObject({ before: '0', after: tco.totals.accounting, change: tco.totals.accounting })
  const answer = await request.get(`${at.url}/api/v1/report/changes?from=${at.from}&to=${at.to}&since=${LONG_AGO}&by=month,layer`)
  const { asOf2: _, ...mirrored } = (await answer.json()) as ChangesReport
  expect(report).toMatchObject(mirrored)
  await page.goto(address(at))
  await expect(page.getByText('The causes add up to the difference of the two moments, to the last digit.')).toBeVisible()
  for (const { causes } of report.rows) for (const { what } of causes) await expect(page.getByText(what).first()).toBeVisible()
})

test('what a delivery changed stands under it, and opens', async ({ page, at }) => {
  await page.goto(address(at))
  const delivered = page.getByRole('article').filter({ hasText: /Delivered cloud .* version \d/ })
  await delivered.first().getByRole('link').first().click()
  await expect(page).toHaveURL(/\/lineage\//)
  await expect(page.getByText('The postings add up')).toContainText('equal to the last digit')
})

test('since and period stand in the address and keep each other', async ({ page, at }) => {
  await page.goto(address(at))
  await page.getByRole('link', { name: 'Billed' }).click()
  await expect(page).toHaveURL(/basis=billed&since=2020/)
  await page.getByRole('link', { name: 'a month ago' }).click()
  await expect(page).toHaveURL(/basis=billed&since=20(?!20)/)
  await page.getByLabel('Since, UTC').fill('2021-02-03T04:05')
  await page.getByRole('button', { name: 'Show' }).click()
  await expect(page).toHaveURL(/since=2021-02-03T04%3A05%3A00\.000Z/)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Since 3 Feb')
})

test('nothing changed since now, and nonsense is answered', async ({ page, at }) => {
  await page.goto(address(at, new Date().toISOString()))
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Nothing was published differently')
  await expectAccessible(page)
  await page.goto(address(at, 'yesterday'))
  await expect(page.getByText('since=yesterday is not an instant')).toBeVisible()
})

for (const scheme of ['light', 'dark'] as const)
  for (const width of [390, 1440])
    test(`accessible and without sideways scrolling, ${scheme}, ${width} px`, async ({ page, at }) => {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width, height: 900 })
      await page.goto(address(at))
      await expect(page.getByRole('article').first()).toBeVisible()
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
    })
