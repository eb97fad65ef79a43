// Every Google Cloud file of the samples. Sums are cost plus credits, added up apart from this code (Python's Decimal).
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { gcpBilling } from '#collectors/bills/gcp-billing/index.ts'
import { LISTS, TEXTS } from '#collectors/bills/gcp-billing/schema.ts'
import { Money } from '#lib/domain/money.ts'
import { type Workshop, workshop } from '#test/support/bills.ts'

const folder = path.resolve(import.meta.dirname, '../../../shared/samples/bills/gcp')
const missing = !existsSync(folder)
if (missing && process.env.CI) throw new Error(`the samples are missing: ${folder}`)

type Expected = {
  /** Rows of the file, and lines of the ledger: a promotional credit is one of its own. */
  rows: number
  lines: number
  /** Cost plus all credits, by currency. */
  net: Record<string, string>
  /** Credits that stand apart, by currency. */
  credits: Record<string, string>
  batches: Record<string, number>
  dialect: string
  why: string
}

const FILES: Record<string, Expected> = {
  'detailed-export_synthetic_2026.csv': {
    rows: 300,
    lines: 330,
    net: { AUD: '104482.5813', EUR: '257364.036', GBP: '254851.8526', USD: '919798.4496' },
    credits: { AUD: '-1073.4874', EUR: '-5.4551', GBP: '-424.3891', USD: '-17559.2283' },
    batches: {
      '2026-03 0177BB-554433-X9Y8Z7': 45,
      '2026-03 01A2B3-998811-C4D5E6': 41,
      '2026-03 01F9E8-223344-A1B2C3': 23,
      '2026-04 0177BB-554433-X9Y8Z7': 29,
      '2026-04 01A2B3-998811-C4D5E6': 29,
      '2026-04 01F9E8-223344-A1B2C3': 43,
      '2026-05 0177BB-554433-X9Y8Z7': 32,
      '2026-05 01A2B3-998811-C4D5E6': 32,
      '2026-05 01F9E8-223344-A1B2C3': 26,
    },
    dialect: 'detailed',
    why: 'records both as JSON and flattened, four currencies, three accounts',
  },
  'standard-export_cud_test_11_2.json': {
    rows: 6,
    lines: 6,
    net: { USD: '340' },
    credits: {},
    batches: { '2019-01 00F3D8-28D652-3F036F': 5, '2019-03 00F3D8-28D652-3F036F': 1 },
    dialect: 'json',
    why: 'objects printed one after another, numbers as strings, credits without a type',
  },
  'standard-export_koku_2020-11.csv': {
    rows: 25,
    lines: 33,
    net: { USD: '0' },
    credits: { USD: '-0.000032' },
    batches: { '2020-11 000000-B0BBA4-940A77': 25 },
    dialect: 'standard',
    why: 'credits as Python prints them, exponents',
  },
}
const SCHEMA = 'billing_export_schema.json'

describe.skipIf(missing)('Google Cloud samples (skipped: ../shared/samples is not here)', () => {
  let shop: Workshop
  beforeEach(async () => {
    shop = await workshop(gcpBilling)
  })
  afterEach(() => shop.close())

  test('every file of the folder is expected', () => {
    expect(readdirSync(folder).sort()).toEqual([SCHEMA, ...Object.keys(FILES)].sort())
  })

  for (const [name, expected] of Object.entries(FILES)) {
    test(`${name}: ${expected.why}`, async () => {
      const results = await shop.bring(readFileSync(path.join(folder, name)), { name })
      expect(Object.fromEntries(results.map(({ period, account, rows }) => [`${period} ${account}`, rows.accepted]))).toEqual(
        expected.batches,
      )
      expect(results.every(({ dialect, rows }) => dialect === expected.dialect && rows.quarantined === 0 && rows.excluded === 0)).toBe(true)
      expect(results.reduce((sum, { rows }) => sum + rows.read, 0)).toBe(expected.rows)
      const read: Record<string, string> = {}
      for (const { money } of results)
        for (const { currency, column, read: text } of money)
          if (column === 'billed') read[currency] = new Money(read[currency] ?? 0).plus(text).toFixed()
      expect(read).toEqual(expected.net)
      const stored = await shop.rows<{ currency: string; lines: number; billed: string; effective: string; credits: string | null }>(
        `SELECT currency, count(*)::int AS lines, trim_scale(sum(billed))::text AS billed, trim_scale(sum(effective))::text AS effective,
                trim_scale(sum(billed) FILTER (WHERE charge_category = 'Credit'))::text AS credits FROM bill_line GROUP BY 1`,
      )
      expect(Object.fromEntries(stored.map(({ currency, billed }) => [currency, billed]))).toEqual(expected.net)
      expect(stored.every(({ billed, effective }) => billed === effective)).toBe(true)
      expect(Object.fromEntries(stored.flatMap(({ currency, credits }) => (credits === null ? [] : [[currency, credits]])))).toEqual(
        expected.credits,
      )
      expect(stored.reduce((sum, { lines }) => sum + lines, 0)).toBe(expected.lines)
    })
  }

  test('compressed, it is the same bill', async () => {
    const file = readFileSync(path.join(folder, 'standard-export_cud_test_11_2.json'))
    await shop.bring(file, { name: 'a.json' })
    const again = await shop.bring(gzipSync(file), { name: 'a.json.gz' })
    expect(again.every(({ unchanged }) => unchanged)).toBe(true)
  })

  test('the fee of a commitment is shared by what is used', async () => {
    await shop.bring(readFileSync(path.join(folder, 'standard-export_cud_test_11_2.json')))
    expect(
      await shop.rows(
        "SELECT description, scope, layer, trim_scale(effective)::text AS effective FROM bill_line WHERE charge_category = 'Purchase'",
      ),
    ).toEqual([
      { description: 'commitment v1: ram in americas for 3 year', scope: 'share', layer: 'commitment_purchase', effective: '100' },
    ])
  })

  test('every path of the standard export’s schema that we read is in it', () => {
    type Field = { name: string; fields?: Field[] }
    const paths = (fields: Field[], prefix = ''): string[] =>
      fields.flatMap(({ name, fields: inner }) => [prefix + name, ...paths(inner ?? [], `${prefix}${name}.`)])
    const known = new Set(paths(JSON.parse(readFileSync(path.join(folder, SCHEMA), 'utf8'))))
    const absent = [...Object.values(TEXTS), ...Object.values(LISTS)].filter((one) => !known.has(one))
    // What only the detailed export and newer ones have.
    expect(absent.sort()).toEqual(['cost_at_list', 'resource.global_name', 'resource.name', 'subscription.instance_id', 'tags'])
  })
})
