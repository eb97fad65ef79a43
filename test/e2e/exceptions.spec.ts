import type { ExceptionsReport } from '#lib/services/report/exceptions.ts'
import { expect, expectAccessible, test } from './browser.ts'
import { commandJson } from './stage.ts'

const period = (at: { from: string; to: string }) => `from=${at.from}&to=${at.to}`

test('one queue: what the report says, with age, money and what to do', async ({ page, at }) => {
  const { rows } = await commandJson<ExceptionsReport>('report', 'exceptions', '--from', at.from, '--to', at.to)
  expect(rows.length).toBeGreaterThan(3)
  await page.goto(`${at.url}/exceptions?${period(at)}`)
  await expect(page.getByRole('heading', { level: 1 })).toContainText(`${rows.length} things are not explained yet`)
  for (const { subject, suggestion } of rows) {
    const item = page.getByRole('listitem').filter({ hasText: subject }).filter({ hasText: suggestion })
    await expect(item.first()).toContainText(/\d+ days?|today/)
  }
  const unplaced = page.getByRole('region', { name: 'Bill lines in no layer' })
  await expect(unplaced.getByRole('listitem').first()).toContainText(/\$\d/)
})

test('kinds stand by their money, the most first', async ({ page, at }) => {
  await page.goto(`${at.url}/exceptions?${period(at)}`)
  const sums = await page
    .getByRole('region')
    .locator('.label')
    .evaluateAll((asides) => asides.map((aside) => Number(/\$([\d,.]+)/.exec(aside.textContent)?.[1]?.replaceAll(',', '') ?? 0)))
  expect(sums.length).toBeGreaterThan(2)
  expect(sums[0]).toBeGreaterThan(0)
  expect(sums).toEqual(sums.toSorted((a, b) => b - a))
})

test('an owner is given by keyboard, stays, and can be taken back', async ({ page, at }) => {
  await page.goto(`${at.url}/exceptions?${period(at)}`)
  const rejected = page.getByRole('region', { name: 'Rejected rows' }).getByRole('listitem').first()
  await rejected.getByRole('button', { name: /^nobody yet/ }).press('Enter')
  await page.keyboard.type('Team FinOps')
  await page.keyboard.press('Enter')
  await expect(rejected.getByRole('button', { name: /Team FinOps/ })).toBeVisible()
  await page.reload()
  await expect(rejected).toContainText('Team FinOps')
  const { rows } = await commandJson<ExceptionsReport>('report', 'exceptions', '--from', at.from, '--to', at.to)
  expect(rows.filter(({ owner }) => owner === 'Team FinOps').map(({ kind }) => kind)).toEqual(['quarantined_rows'])
  await rejected.getByRole('button', { name: /Team FinOps/ }).click()
  await rejected.getByRole('textbox').fill('')
  await page.keyboard.press('Enter')
  await expect(rejected).toContainText('nobody yet')
})

test('days of which nothing is known have no exceptions', async ({ page, at }) => {
  await page.goto(`${at.url}/exceptions?from=2020-01-01&to=2020-02-01`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Everything found its place.')
  await expectAccessible(page)
})

test('a foreign page cannot give owners', async ({ request, at }) => {
  const data = { kind: 'unconverted', subject: 'EUR to USD', owner: 'x' }
  const put = (headers: Record<string, string>) => request.put(`${at.url}/api/v1/exceptions/owner`, { headers, data: JSON.stringify(data) })
  expect((await put({ 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' })).status()).toBe(403)
  expect((await put({ 'content-type': 'text/plain' })).status()).toBe(400)
  const nonsense = await request.put(`${at.url}/api/v1/exceptions/owner`, { data: { ...data, kind: 'nothing' } })
  expect([nonsense.status(), (await nonsense.json()).code]).toEqual([400, 'bad_exception'])
})

for (const scheme of ['light', 'dark'] as const)
  for (const width of [390, 1440])
    test(`accessible and without sideways scrolling, ${scheme}, ${width} px`, async ({ page, at }) => {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width, height: 900 })
      await page.goto(`${at.url}/exceptions?${period(at)}`)
      await expectAccessible(page)
      await page
        .getByRole('button', { name: /^nobody yet/ })
        .first()
        .click()
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
    })
