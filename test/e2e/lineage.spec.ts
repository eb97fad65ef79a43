import type { Page } from '@playwright/test'
import { equalDecimals, sumDecimals } from '#app/_components/decimal.ts'
import type { Lineage } from '#lib/services/lineage.ts'
import type { Overview } from '#lib/services/overview/types.ts'
import { expect, expectAccessible, openOverview, test } from './browser.ts'
import type { Stage } from './stage.ts'

const overviewOf = async (page: Page, at: Stage) =>
  (await (await page.request.get(`${at.url}/api/v1/overview?from=${at.from}&to=${at.to}`)).json()) as Overview

/** Every page of an amount's source rows, through the API. */
async function wholeLineage(page: Page, at: Stage, id: string): Promise<Lineage> {
  const read = async (cursor: string | null): Promise<Lineage> => {
    const response = await page.request.get(`${at.url}/api/v1/lineage/${id}${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`)
    expect(response.status()).toBe(200)
    return (await response.json()) as Lineage
  }
  const first = await read(null)
  let next = first.next
  while (next !== null) {
    const more = await read(next)
    first.sources.push(...more.sources)
    next = more.next
  }
  return first
}

test('from an amount on the overview to the line of the file', async ({ page, at }) => {
  await openOverview(page, at)
  await page.getByRole('link', { name: /^GPU compute/ }).click()
  await expect(page).toHaveURL(/\/lineage\//)
  await expect(page.getByText('The postings add up')).toContainText('equal to the last digit')
  const more = page.getByRole('button', { name: /More rows|Reading/ })
  await expect(async () => {
    if (await more.isVisible()) await more.click({ timeout: 1000 })
    expect(await more.count()).toBe(0)
  }).toPass()
  await expect(page.getByText('The source rows add up')).toContainText('equal to the last digit')
  const rows = page.getByRole('region', { name: 'Source rows, scrollable' }).getByRole('row')
  await expect(rows.nth(1)).toContainText(/\.(csv|csv\.gz|parquet):\d+/)
  await expectAccessible(page)
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
})

test('every layer opens to postings and source rows that sum to it', async ({ page, at }) => {
  const { layers } = await overviewOf(page, at)
  expect(layers.length).toBeGreaterThan(5)
  for (const { layer, id, amount } of layers.filter((one) => Number(one.amount) !== 0)) {
    const lineage = await wholeLineage(page, at, id)
    expect(lineage.amount, layer).toBe(amount)
    expect(equalDecimals(sumDecimals(lineage.ledger.map((row) => row.amountRc ?? '0')), amount ?? '0'), layer).toBe(true)
    expect(lineage.sources.length, layer).toBeGreaterThan(0)
    // Labour's rows are evidence of time, not summands; bill lines add up, in their own currency.
    const posted = sumDecimals(lineage.ledger.filter((row) => row.step === 'bills').map((row) => row.amount ?? '0'))
    const traced = sumDecimals(lineage.sources.filter((row) => row.kind === 'bill_line').map((row) => row.amount ?? '0'))
    expect(traced, layer).toBe(posted)
  }
})

test('capacity and API-equivalent open too', async ({ page, at }) => {
  const { capacity, comparators } = await overviewOf(page, at)
  const serving = capacity.states.find((one) => one.state === 'serving')!
  const state = await wholeLineage(page, at, serving.id)
  expect(state.amount).toBe(serving.amount)
  expect(state.quantity).toBe(serving.gpuMinutes)
  for (const { id, equivalent } of comparators.filter((one) => one.equivalent !== null))
    expect((await wholeLineage(page, at, id)).amount).toBe(equivalent)
})
