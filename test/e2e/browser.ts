// What every page has to hold, however it looks: no violation of the content security policy, no console error, axe clean.
import AxeBuilder from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { type Stage, stage } from './stage.ts'

export { expect }

/** `page` that collects what the browser complains about; the test fails when there is anything. */
export const test = base.extend<{ complaints: string[]; at: Stage }>({
  at: [stage(), { option: true }],
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`))
      })
      await use(complaints)
      expect(complaints).toEqual([])
    },
    { auto: true },
  ],
})

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}

export const chartOf = (page: Page) => page.locator('.recharts-line path').first()

/** The overview of the days whose bill has arrived, with its chart drawn. */
export async function openOverview(page: Page, at: Stage): Promise<void> {
  await page.goto(`${at.url}/?from=${at.from}&to=${at.to}`)
  await expect(chartOf(page)).toBeVisible()
}
