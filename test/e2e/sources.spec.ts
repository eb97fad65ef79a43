import { expect, test } from './browser.ts'

test('a rejected line stands with file, line, column, value and reason', async ({ page, at }) => {
  await page.goto(`${at.url}/sources`)
  const rejects = page.getByRole('region', { name: 'Rejected rows of cloud' })
  const row = rejects.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /^cloud-\d{4}-\d\d\.csv(\.gz)?:7$/ }) })
  await expect(row).toContainText('BilledCost')
  await expect(row).toContainText('12,5')
  await expect(row.getByRole('cell').nth(2)).not.toBeEmpty()
})

test('what was read is what was accepted, quarantined and excluded', async ({ page, at }) => {
  await page.goto(`${at.url}/sources`)
  const delivery = page.getByRole('region', { name: 'Deliveries of cloud' }).getByRole('row').nth(1)
  const counts = await delivery
    .getByRole('cell')
    .evaluateAll((cells) => cells.slice(-4).map((cell) => Number(cell.querySelector('span')?.textContent?.replaceAll(',', ''))))
  const [read, accepted, quarantined, excluded] = counts as [number, number, number, number]
  expect(quarantined).toBe(1)
  expect(accepted + quarantined + excluded).toBe(read)
})
