// Every Azure file of the samples. Sums are those of the files' own cost columns, added up apart from this code (Python's Decimal).
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { azureCost } from '#collectors/bills/azure-cost/index.ts'
import { layoutOf } from '#collectors/bills/azure-cost/layout.ts'
import { type Workshop, workshop } from '#test/support/bills.ts'

const samples = path.resolve(import.meta.dirname, '../../../shared/samples/bills')
const folder = path.join(samples, 'azure')
const missing = !existsSync(folder)
if (missing && process.env.CI) throw new Error(`the samples are missing: ${folder}`)

type Expected = {
  rows: number
  billed: string
  /** Of the lines that have one. */
  effective: string | null
  unavailable: number
  currency: string
  period: string
  account: string
  dialect: string
  settings?: { currency: string }
  why: string
}

const FILES: Record<string, Expected> = {
  'ea-actualcost_small.csv': {
    rows: 11,
    billed: '8.5450077867419368',
    // 3.25 of it bought a reservation
    effective: '5.2950077867419368',
    unavailable: 0,
    currency: 'USD',
    period: '2023-09',
    account: '8611537',
    dialect: 'EA actual',
    why: 'a byte order mark, MM/DD/YYYY, tags without braces, a reservation',
  },
  'koku_version2.csv': {
    rows: 5,
    billed: '19.998413754',
    effective: '19.998413754',
    unavailable: 0,
    currency: 'MC',
    period: '2020-09',
    account: '99999999',
    dialect: 'EA actual',
    why: 'ISO dates, a currency that is none',
  },
  'opencost_Enterprise.csv': {
    rows: 1,
    billed: '0',
    effective: null,
    unavailable: 1,
    currency: 'CAD',
    period: '2021-05',
    account: '12345678',
    dialect: 'EA actual',
    why: 'a node of a scale set that a reservation covers',
  },
  'opencost_PayAsYouGo.csv': {
    rows: 1,
    billed: '0.075',
    effective: '0.075',
    unavailable: 0,
    currency: 'USD',
    period: '2021-02',
    account: '11111111-12ab-34dc-56ef-123456abcdef',
    dialect: 'pay-as-you-go actual',
    why: 'PreTaxCost, neither account nor period',
  },
  'opencost_VirtualMachine.csv': {
    rows: 1,
    billed: '4',
    effective: '4',
    unavailable: 0,
    currency: 'USD',
    period: '2021-02',
    account: '11111111-12ab-34dc-56ef-123456billing',
    dialect: 'EA actual',
    settings: { currency: 'USD' },
    why: 'headers in small letters, no currency',
  },
}

describe.skipIf(missing)('Azure samples (skipped: ../shared/samples is not here)', () => {
  let shop: Workshop
  beforeEach(async () => {
    shop = await workshop(azureCost)
  })
  afterEach(() => shop.close())

  test('every file of the folder is expected', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(FILES).sort())
  })

  for (const [name, expected] of Object.entries(FILES)) {
    test(`${name}: ${expected.why}`, async () => {
      const [result, ...others] = await shop.bring(readFileSync(path.join(folder, name)), { name, settings: expected.settings ?? {} })
      expect(others).toEqual([])
      expect(result).toMatchObject({
        account: expected.account,
        period: expected.period,
        dialect: expected.dialect,
        rows: { read: expected.rows, accepted: expected.rows, quarantined: 0, excluded: 0 },
      })
      expect(result!.money.find(({ column }) => column === 'billed')).toMatchObject({ currency: expected.currency, read: expected.billed })
      const stored = await shop.rows(
        `SELECT count(*)::int AS rows, trim_scale(sum(billed))::text AS billed, trim_scale(sum(effective))::text AS effective,
                (count(*) FILTER (WHERE effective IS NULL))::int AS unavailable FROM bill_line`,
      )
      const { rows, billed, effective, unavailable } = expected
      expect(stored).toEqual([{ rows, billed, effective, unavailable }])
    })
  }

  test('a file without a currency is refused by name until the source says one', async () => {
    const file = readFileSync(path.join(folder, 'opencost_VirtualMachine.csv'))
    await expect(shop.bring(file)).rejects.toMatchObject({ code: 'no_currency', remedy: expect.stringContaining('currency: USD') })
  })

  test('the reservation, the node of a scale set, tags without braces', async () => {
    await shop.bring(readFileSync(path.join(folder, 'ea-actualcost_small.csv')))
    expect(
      await shop.rows(
        "SELECT commitment_id, charge_frequency, trim_scale(billed)::text AS billed, effective, scope, layer FROM bill_line WHERE charge_category = 'Purchase'",
      ),
    ).toMatchObject([
      {
        commitment_id: expect.stringContaining('49ed0e4d-8e0c-4f1f-af2c-67c865056615'),
        charge_frequency: 'Recurring',
        billed: '3.25',
        effective: '0',
        scope: 'share',
        layer: 'commitment_purchase',
      },
    ])
    expect(await shop.rows("SELECT count(*)::int AS tagged FROM bill_line WHERE tags->>'org' = 'trey'")).toEqual([{ tagged: 5 }])
    await shop.bring(readFileSync(path.join(folder, 'opencost_Enterprise.csv')))
    expect(
      await shop.rows('SELECT resource_key, instance_type, commitment_status FROM bill_line WHERE billing_period = $1', ['2021-05-01']),
    ).toEqual([{ resource_key: 'aks-defaultpool-12345678-vmss_2', instance_type: 'Standard_E4s_v3', commitment_status: 'Used' }])
  })

  test('the columns of Microsoft’s own schema of the actual cost export have their places', () => {
    const schema = JSON.parse(readFileSync(path.join(samples, 'schemas/azure_actualcost_c360-2025-04.json'), 'utf8'))
    const header: string[] = schema.translator.mappings.map((mapping: { source: { name: string } }) => mapping.source.name)
    const { at } = layoutOf(header, 'schema', {})
    const absent = Object.entries(at).filter(([, index]) => index < 0)
    expect(absent.map(([column]) => column).sort()).toEqual([
      'benefit',
      'invoice',
      'listCost',
      'listPrice',
      'pricingCurrency',
      'pricingModel',
    ])
  })
})
