import type { OnCall } from '#lib/services/on-call/types.ts'
import type { LabourReport } from '#lib/services/report/labour.ts'
import { expect, expectAccessible, test } from './browser.ts'
import { commandJson, type Stage } from './stage.ts'

const address = ({ url, from, to }: Stage): string => `${url}/on-call?from=${from}&to=${to}`

test('the page, the API and the command line say the same', async ({ page, request, at }) => {
  const report = await commandJson<LabourReport>('report', 'labour', '--from', at.from, '--to', at.to)
  const shown = (await (await request.get(`${at.url}/api/v1/on-call?from=${at.from}&to=${at.to}`)).json()) as OnCall
  expect(shown.period.pages).toBeGreaterThan(0)
  expect(shown.grid!.flat().reduce((sum, count) => sum + count, 0)).toBe(shown.period.pages - shown.period.pagesAt!.unknown)
  for (const row of report.rows) {
    const { money, ...one } = shown.people!.find((other) => other.person === row.person)!
    expect(one).toMatchObject({ engagedMinutes: row.engagedMinutes, standbyMinutes: row.standbyMinutes, loggedMinutes: row.loggedMinutes })
    for (const item of ['logged', 'unlogged', 'standby', 'premium'] as const) expect(money[item].amount ?? '0').toBe(row.amount[item])
  }
  await page.goto(address(at))
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/\d+ pages?/)
  const pages = page
    .getByRole('region', { name: 'Against the days before' })
    .getByRole('row')
    .filter({ hasText: /^Pages/ })
  await expect(pages.getByRole('cell').first()).toHaveText(String(shown.period.pages))
  await expect(page.getByRole('region', { name: 'By person and rotation' })).toContainText(shown.people![0]!.person)
})

test('money of a person opens to its records', async ({ page, at }) => {
  await page.goto(address(at))
  await page
    .getByRole('link', { name: /, standby: / })
    .first()
    .click()
  await expect(page).toHaveURL(/\/lineage\//)
  await expect(page.getByText('The postings add up')).toContainText('equal to the last digit')
  await expect(page.getByRole('region', { name: 'Source rows, scrollable' })).toContainText('rotation')
})

for (const scheme of ['light', 'dark'] as const)
  for (const width of [390, 1440])
    test(`accessible and without sideways scrolling, ${scheme}, ${width} px`, async ({ page, at }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      await page.goto(address(at))
      await expect(page.getByRole('region', { name: 'Pages by local hour' })).toBeVisible()
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
    })

test('a period without anything says so', async ({ page, at }) => {
  await page.goto(`${at.url}/on-call?from=2001-01-01&to=2001-02-01`)
  await expect(page.getByRole('status')).toContainText('No incident, page, shift or time entry')
  await expectAccessible(page)
})

test('a period that is none is explained', async ({ page, at }) => {
  await page.goto(`${at.url}/on-call?from=2026-02-30&to=2026-03-02`)
  await expect(page.getByRole('alert').first()).toContainText('is no period')
})

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false })
  test('headline, hours and people can be read', async ({ page, at }) => {
    await page.goto(address(at))
    await expect(page.getByRole('heading', { level: 1 })).toContainText(/\d+ pages?/)
    await expect(page.getByRole('rowheader', { name: 'Monday' })).toBeVisible()
    await expect(page.getByRole('region', { name: 'By person and rotation' }).getByRole('row').nth(2)).toBeVisible()
  })
})
