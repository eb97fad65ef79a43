// Prices checked by hand in three places: the package that ships with the product, a snapshot of the same catalogue, and a second one.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type CatalogueEntry, type CataloguePrice, datedPrices } from '#lib/domain/comparison/catalogue.ts'
import { cataloguePrices } from '#lib/services/prices.ts'

const SAMPLES = path.resolve(import.meta.dirname, '../../../shared/samples/prices')
const missing = !fs.existsSync(SAMPLES)
const read = <T>(file: string) => JSON.parse(fs.readFileSync(path.join(SAMPLES, file), 'utf8')) as T

/** [provider, model, UTC day, prompt, cache read, generation] per million, in force that day. */
const CHECKED = [
  ['openai', 'gpt-4o', '2026-06-01', '2.5', '1.25', '10'],
  ['openai', 'o3', '2025-06-09', '10', '0.5', '40'],
  ['openai', 'o3', '2025-06-10', '2', '0.5', '8'],
  ['openai', 'gpt-4.1', '2026-06-01', '2', '0.5', '8'],
  ['anthropic', 'claude-opus-4-6', '2026-03-12', '5', '0.5', '25'],
  ['anthropic', 'claude-opus-4-6', '2026-03-13', '5', '0.5', '25'],
  ['google', 'gemini-2.5-flash', '2026-06-01', '0.3', '0.03', '2.5'],
  ['deepseek', 'deepseek-chat', '2026-06-01', '0.27', '0.07', '1.1'], // 16 of 24 hours
  ['mistral', 'mistral-small-latest', '2026-06-01', '0.1', undefined, '0.3'],
] as const

const inForce = (prices: readonly CataloguePrice[], day: string) =>
  (['prompt', 'cache_read', 'generation'] as const).map((name) => prices.findLast((p) => p.class === name && p.from <= day)?.perMillion)

it.each(CHECKED)('package: %s %s on %s', (provider, model, day, ...expected) => {
  expect(inForce(cataloguePrices({ provider, model })!.prices, day)).toEqual(expected)
})

it('no samples: the other two catalogues were not compared', (context) => {
  if (missing && process.env.CI) expect.fail(`${SAMPLES} is missing`)
  if (missing) context.skip()
})

describe.skipIf(missing)('samples', () => {
  type Snapshot = { id: string; models: { id: string; prices: Record<string, number> | { constraint?: object; prices: object }[] }[] }[]
  it.each(CHECKED)('genai-prices_data_v1.json: %s %s on %s', (provider, model, day, ...expected) => {
    const { prices } = read<Snapshot>('genai-prices_data_v1.json')
      .find((p) => p.id === provider)!
      .models.find((m) => m.id === model)!
    // This older layout tells the kinds of constraint apart by their keys alone.
    const typed = Array.isArray(prices)
      ? prices.map((p) => ({
          ...p,
          constraint: p.constraint && { type: 'start_date' in p.constraint ? 'start_date' : 'time_of_date', ...p.constraint },
        }))
      : prices
    expect(inForce(datedPrices(typed as CatalogueEntry[]), day)).toEqual(expected)
  })

  type Vendor = { models: { id: string; price_history: { input: number; output: number; input_cached: number | null }[] }[] }
  it.each(CHECKED.filter(([, , day]) => day >= '2026' || day === '2025-06-09'))(
    'llm-prices: %s %s as of %s',
    (provider, model, _, prompt, cached, generation) => {
      const price = read<Vendor>(`simonw-llm-prices/${provider}.json`).models.find((m) => m.id === model)!.price_history[0]!
      expect([String(price.input), String(price.output)]).toEqual([prompt, generation])
      if (price.input_cached !== null) expect(String(price.input_cached)).toBe(cached)
    },
  )
})
