import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { reimportAll } from '#lib/services/import.ts'
import { focus } from '#collectors/bills/focus/index.ts'
import { csvOf, hours, USAGE, type Workshop, workshop } from '#test/support/bills.ts'

let shop: Workshop
beforeEach(async () => {
  shop = await workshop()
})
afterEach(() => shop.close())

const current = () =>
  shop.rows<{ hour: string; billed: string; from_seq: string; line: string }>(
    `SELECT to_char(charge_start AT TIME ZONE 'UTC', 'MM-DD HH24') AS hour, billed::text, from_seq, line FROM bill_line WHERE to_seq IS NULL ORDER BY 1, 2`,
  )
const count = async (table: string, where = 'true') => Number((await shop.rows(`SELECT count(*) FROM ${table} WHERE ${where}`))[0]?.count)
const dirty = async (step: string) =>
  (await shop.rows<{ day: string }>('SELECT day::text FROM dirty_day WHERE step = $1 ORDER BY day', [step])).map(({ day }) => day)

describe('a first import', () => {
  test('says what it did, in the shape of CONTRACT.md', async () => {
    const [result, ...more] = await shop.bring(csvOf(hours(3)))
    expect(more).toEqual([])
    expect(result).toEqual({
      batch: expect.stringMatching(/^[0-9A-Z]{26}$/),
      source: 'bills',
      kind: 'focus',
      dialect: '1.2',
      period: '2026-06',
      account: 'acc-1',
      version: 1,
      unchanged: false,
      status: 'provisional',
      rows: { read: 3, accepted: 3, quarantined: 0, excluded: 0 },
      money: [
        { currency: 'USD', column: 'billed', read: '3', accepted: '3', quarantined: '0', excluded: '0' },
        { currency: 'USD', column: 'effective', read: '1.5', accepted: '1.5', quarantined: '0', excluded: '0' },
      ],
      unreadable: 0,
      rejects: [],
      message: null,
    })
  })

  test('stores each line with its place, in the partition of its month', async () => {
    await shop.bring(
      csvOf([{ ...USAGE, Tags: '{"team":"a\\"b"}', ResourceId: 'arn:aws:ec2:us-east-1:1:instance/I-0A', SkuPriceId: 'x\ty' }]),
    )
    const rows = await shop.rows(
      `SELECT billed::text, effective::text, resource_key, tags, extra, scope, layer, file, line, tableoid::regclass::text AS part,
              charge_start, charge_end, replacement_key FROM bill_line`,
    )
    expect(rows).toEqual([
      {
        billed: '1.00',
        effective: '0.50',
        resource_key: 'i-0a',
        tags: { team: 'a"b' },
        extra: { SkuPriceId: 'x\ty' },
        scope: 'in',
        layer: null,
        file: 'bill.csv',
        line: '2',
        part: 'bill_line_2026_06',
        charge_start: new Date('2026-06-01T00:00:00Z'),
        charge_end: new Date('2026-06-01T01:00:00Z'),
        replacement_key: '2026-06 acc-1',
      },
    ])
  })

  test('marks the days of its lines, and for capacity the day after', async () => {
    await shop.bring(csvOf([...hours(1), { ...USAGE, ChargePeriodStart: '2026-06-10', ChargePeriodEnd: '2026-06-12' }]))
    expect(await dirty('bills')).toEqual(['2026-06-01', '2026-06-10', '2026-06-11'])
    expect(await dirty('capacity')).toEqual(['2026-06-01', '2026-06-02', '2026-06-10', '2026-06-11', '2026-06-12'])
  })

  test('equal rows are kept apart', async () => {
    const [result] = await shop.bring(csvOf([USAGE, USAGE, USAGE]))
    expect(result?.rows.accepted).toBe(3)
    expect((await shop.rows('SELECT ordinal FROM bill_line ORDER BY 1')).map(({ ordinal }) => ordinal)).toEqual([0, 1, 2])
  })

  test('two accounts and two months are four batches', async () => {
    const july = {
      BillingPeriodStart: '2026-07-01',
      BillingPeriodEnd: '2026-08-01',
      ChargePeriodStart: '2026-07-01',
      ChargePeriodEnd: '2026-07-02',
    }
    const results = await shop.bring(
      csvOf([USAGE, { ...USAGE, BillingAccountId: 'acc-2' }, { ...USAGE, ...july }, { ...USAGE, ...july, BillingAccountId: 'acc-2' }]),
    )
    expect(results.map(({ period, account, rows }) => [period, account, rows.accepted])).toEqual([
      ['2026-06', 'acc-1', 1],
      ['2026-06', 'acc-2', 1],
      ['2026-07', 'acc-1', 1],
      ['2026-07', 'acc-2', 1],
    ])
    expect(await count('bill_line_default')).toBe(0)
  })

  test('a month that turns up late in a long file gets its partition in time', async () => {
    const later = (month: number) => ({
      BillingPeriodStart: `2026-0${month}-01`,
      BillingPeriodEnd: `2026-0${month + 1}-01`,
      ChargePeriodStart: `2026-0${month}-02`,
      ChargePeriodEnd: `2026-0${month}-03`,
    })
    const results = await shop.bring(csvOf([...hours(5000), ...hours(5000, later(7)), ...hours(10), ...hours(5, later(8))]))
    expect(results.map(({ period, rows }) => [period, rows.accepted])).toEqual([
      ['2026-06', 5010],
      ['2026-07', 5000],
      ['2026-08', 5],
    ])
    expect(await count('bill_line_default')).toBe(0)
    expect(await count('bill_line_2026_08')).toBe(5)
  })

  test('two at once of the same file are one bill', async () => {
    const results = await Promise.all([shop.bring(csvOf(hours(50)), { name: 'a.csv' }), shop.bring(csvOf(hours(50)), { name: 'b.csv' })])
    const said = results.flat().map(({ unchanged, version }) => `version ${version}${unchanged ? ', unchanged' : ''}`)
    expect(said.toSorted((a, b) => a.length - b.length)).toEqual(['version 1', 'version 1, unchanged'])
    expect(await count('bill_line')).toBe(50)
  })

  for (const [why, more, now, status] of [
    ['every line has an invoice', { InvoiceId: 'inv-1' }, '2026-07-02', 'final'],
    ['ten days after the period', {}, '2026-07-11T00:00:01Z', 'final'],
    ['the tenth day itself', {}, '2026-07-11T00:00:00Z', 'provisional'],
  ] as const)
    test(`${why}: ${status}`, async () => {
      expect((await shop.bring(csvOf(hours(2, more)), { now }))[0]?.status).toBe(status)
    })
})

describe('the same content again', () => {
  test('the same bytes write nothing and say so', async () => {
    const [first] = await shop.bring(csvOf([...hours(2), { ...USAGE, BilledCost: '12,5' }]))
    const before = await shop.rows(
      'SELECT (SELECT max(seq) FROM batch), (SELECT count(*) FROM delivery), (SELECT sum(version) FROM dirty_day)',
    )
    const [again] = await shop.bring(csvOf([...hours(2), { ...USAGE, BilledCost: '12,5' }]), { name: 'other-name.csv' })
    expect(again).toEqual({ ...first, unchanged: true, message: 'the same content is already current' })
    expect(
      await shop.rows('SELECT (SELECT max(seq) FROM batch), (SELECT count(*) FROM delivery), (SELECT sum(version) FROM dirty_day)'),
    ).toEqual(before)
  })

  test('so do rows and columns in another order, and the provider numbering its lines anew', async () => {
    await shop.bring(csvOf(hours(3).map((row, i) => ({ ...row, Id: String(i) }))))
    const columns = ['x_LineItemId', ...Object.keys(USAGE).reverse()]
    const shuffled = hours(3).map((row, i) => ({ ...row, x_LineItemId: `n${i}` }))
    const [again] = await shop.bring(csvOf([shuffled[2]!, shuffled[0]!, shuffled[1]!], columns))
    expect(again).toMatchObject({ unchanged: true, version: 1, rows: { read: 3 } })
    expect(await count('batch')).toBe(1)
  })

  test('and the same rows compressed', async () => {
    await shop.bring(csvOf(hours(3)))
    expect((await shop.bring(gzipSync(csvOf(hours(3))), { name: 'bill.csv.gz' }))[0]?.unchanged).toBe(true)
  })
})

describe('a restatement', () => {
  test('writes only what differs: a changed row, a vanished row, a new row', async () => {
    await shop.bring(csvOf(hours(10)))
    await shop.rows('DELETE FROM dirty_day')
    const restated = hours(11)
    restated[3] = { ...restated[3]!, BilledCost: '2.00' }
    restated.splice(5, 1)
    const [result] = await shop.bring(csvOf(restated))
    expect(result).toMatchObject({ version: 2, unchanged: false, rows: { read: 10, accepted: 10 } })
    const rows = await current()
    expect(rows.map(({ hour, billed, from_seq }) => `${hour} ${billed} ${from_seq}`)).toEqual(
      [0, 1, 2, 3, 4, 6, 7, 8, 9, 10].map((hour) => {
        const fresh = hour === 3 || hour === 10
        return `06-01 ${String(hour).padStart(2, '0')} ${hour === 3 ? '2.00' : '1.00'} ${fresh ? 2 : 1}`
      }),
    )
    expect(await count('bill_line', 'to_seq = 2')).toBe(2)
    expect(await shop.rows('SELECT seq, status, version FROM batch ORDER BY seq')).toEqual([
      { seq: '1', status: 'superseded', version: 1 },
      { seq: '2', status: 'provisional', version: 2 },
    ])
    expect(await dirty('bills')).toEqual(['2026-06-01'])
  })

  test('leaves other accounts and periods alone', async () => {
    await shop.bring(csvOf([...hours(5), ...hours(5, { BillingAccountId: 'acc-2' })]))
    const results = await shop.bring(csvOf(hours(5, { BilledCost: '3' })))
    expect(results.map(({ account }) => account)).toEqual(['acc-1'])
    expect(
      await shop.rows(`SELECT billing_account, sum(billed)::text AS billed FROM bill_line WHERE to_seq IS NULL GROUP BY 1 ORDER BY 1`),
    ).toEqual([
      { billing_account: 'acc-1', billed: '15' },
      { billing_account: 'acc-2', billed: '5.00' },
    ])
  })

  test('back to what was there before is a third version', async () => {
    await shop.bring(csvOf(hours(5)))
    await shop.bring(csvOf(hours(5, { BilledCost: '1.1' })))
    const [third] = await shop.bring(csvOf(hours(5)))
    expect(third).toMatchObject({ version: 3, unchanged: false })
    expect((await current()).map(({ billed }) => billed)).toEqual(['1.00', '1.00', '1.00', '1.00', '1.00'])
  })

  test('becoming final marks every day, though no line changed but one', async () => {
    const later = { ...USAGE, ChargePeriodStart: '2026-06-20', ChargePeriodEnd: '2026-06-21' }
    await shop.bring(csvOf([...hours(8), later]))
    await shop.rows('DELETE FROM dirty_day')
    await shop.bring(csvOf([...hours(9), later]), { now: '2026-08-01' })
    expect(await dirty('bills')).toEqual(['2026-06-01', '2026-06-20'])
  })

  for (const [why, rows, waits] of [
    ['more than a fifth of the rows', hours(7), /3 of 10 rows/],
    ['more than a fifth of the money', hours(10, { BilledCost: '0.7' }), /3 of 10 USD \(billed\)/],
    ['more than a fifth to quarantine', [...hours(7), ...hours(3, { BilledCost: 'x' })], /3 of 10 rows/],
  ] as const)
    test(`that would lose ${why} waits for a yes`, async () => {
      await shop.bring(csvOf(hours(10)))
      const [result] = await shop.bring(csvOf([...rows]))
      expect(result).toMatchObject({ status: 'waiting', unchanged: false, message: expect.stringMatching(waits) })
      expect(result?.message).toContain('--yes')
      expect(await count('bill_line', 'to_seq IS NULL')).toBe(10)
      expect(await count('quarantine')).toBe(0)
      expect((await shop.bring(csvOf([...rows])))[0]).toMatchObject({ status: 'waiting', batch: result?.batch })
      const [confirmed] = await shop.bring(csvOf([...rows]), { options: { confirm: true } })
      expect(confirmed).toMatchObject({ status: 'provisional', version: 2 })
      expect(await count('bill_line', 'to_seq IS NULL')).toBe(confirmed?.rows.accepted)
    })

  test('that loses exactly a fifth does not wait', async () => {
    await shop.bring(csvOf(hours(10)))
    expect((await shop.bring(csvOf(hours(8))))[0]).toMatchObject({ status: 'provisional', version: 2 })
  })
})

describe('quarantine', () => {
  test('keeps place, value, reason and the money that could be read', async () => {
    const [result] = await shop.bring(
      csvOf([
        ...hours(9),
        { ...USAGE, EffectiveCost: '12,5' },
        { ...USAGE, ChargePeriodEnd: 'soon', BilledCost: '4' },
        { ...USAGE, BilledCost: 'NaN' },
      ]),
    )
    expect(result?.rows).toEqual({ read: 12, accepted: 9, quarantined: 3, excluded: 0 })
    expect(result?.unreadable).toBe(2)
    expect(result?.rejects).toEqual([
      { line: 11, column: 'EffectiveCost', value: '12,5', reason: 'not a decimal number' },
      { line: 12, column: 'ChargePeriodEnd', value: 'soon', reason: 'not a date and time' },
      { line: 13, column: 'BilledCost', value: 'NaN', reason: 'not a decimal number' },
    ])
    expect(result?.money).toEqual([
      { currency: 'USD', column: 'billed', read: '14', accepted: '9', quarantined: '5', excluded: '0' },
      { currency: 'USD', column: 'effective', read: '5.5', accepted: '4.5', quarantined: '1', excluded: '0' },
    ])
    expect(
      await shop.rows('SELECT line::int, column_name, billed::text, effective::text, currency, file FROM quarantine ORDER BY line'),
    ).toEqual([
      { line: 11, column_name: 'EffectiveCost', billed: '1.00', effective: null, currency: 'USD', file: 'bill.csv' },
      { line: 12, column_name: 'ChargePeriodEnd', billed: '4', effective: '0.50', currency: 'USD', file: 'bill.csv' },
      { line: 13, column_name: 'BilledCost', billed: null, effective: '0.50', currency: 'USD', file: 'bill.csv' },
    ])
  })

  test('ends when the bill is restated without the fault', async () => {
    await shop.bring(csvOf([...hours(9), { ...USAGE, BilledCost: 'x' }]))
    expect((await shop.bring(csvOf(hours(10))))[0]?.rows.quarantined).toBe(0)
    expect(await count('quarantine', 'to_seq IS NULL')).toBe(0)
  })
})

describe('scope', () => {
  test('what is out is summed by day, not stored; what is shared is stored whole', async () => {
    await shop.rules([
      ['ServiceName=Database', 'out', ''],
      ['tag:team=ml*', 'in', 'observability'],
    ])
    const [result] = await shop.bring(
      csvOf([
        ...hours(2, { Tags: '{"user:team":"ml-1"}' }),
        {
          ...USAGE,
          ServiceName: 'Database',
          BilledCost: '10',
          EffectiveCost: '8',
          ChargePeriodStart: '2026-06-01T18:00:00Z',
          ChargePeriodEnd: '2026-06-02T06:00:00Z',
        },
        { ...USAGE, ServiceName: 'Database', BilledCost: '1', EffectiveCost: '1' },
        { ...USAGE, ChargeCategory: 'Tax', ResourceId: '', BilledCost: '3' },
      ]),
    )
    expect(result?.rows).toEqual({ read: 5, accepted: 3, quarantined: 0, excluded: 2 })
    expect(result?.money[0]).toEqual({ currency: 'USD', column: 'billed', read: '16', accepted: '5', quarantined: '0', excluded: '11' })
    expect(
      await shop.rows(
        'SELECT day::text, charge_category, shares, row_count::int, billed::text, effective::text FROM bill_excluded_day ORDER BY day',
      ),
    ).toEqual([
      { day: '2026-06-01', charge_category: 'Usage', shares: true, row_count: 2, billed: '6', effective: '5' },
      { day: '2026-06-02', charge_category: 'Usage', shares: true, row_count: 0, billed: '5', effective: '4' },
    ])
    expect(await shop.rows('SELECT scope, layer, rule_ordinal, count(*)::int AS count FROM bill_line GROUP BY 1, 2, 3 ORDER BY 1')).toEqual(
      [
        { scope: 'in', layer: 'observability', rule_ordinal: 1, count: 2 },
        { scope: 'share', layer: 'tax', rule_ordinal: null, count: 1 },
      ],
    )
  })

  test('changed rules re-read the landing store, and back again', async () => {
    const kinds = (kind: string) => (kind === 'focus' ? focus : undefined)
    await shop.bring(csvOf([...hours(3), ...hours(2, { ServiceName: 'Database' })]))
    await shop.rules([['ServiceName=Database', 'out', '']])
    const again = { ...shop.context, now: new Date('2026-07-03') }
    expect(await reimportAll(LOCAL_ADMINISTRATOR, again, kinds)).toMatchObject([
      { version: 2, rows: { read: 5, accepted: 3, excluded: 2 } },
    ])
    expect(await count('bill_line', 'to_seq IS NULL')).toBe(3)
    expect(await reimportAll(LOCAL_ADMINISTRATOR, again, kinds)).toMatchObject([{ version: 2, unchanged: true }])
    // The same bytes under the rules of now are known; the store says what they say.
    expect((await shop.bring(csvOf([...hours(3), ...hours(2, { ServiceName: 'Database' })])))[0]).toMatchObject({
      unchanged: true,
      version: 2,
    })
    await shop.rules([])
    expect(await reimportAll(LOCAL_ADMINISTRATOR, again, kinds)).toMatchObject([{ version: 3, rows: { accepted: 5 } }])
    expect(await count('bill_line', 'to_seq IS NULL')).toBe(5)
    expect(await count('bill_excluded_day', 'to_seq IS NULL')).toBe(0)
    expect(await shop.rows('SELECT DISTINCT cause FROM batch ORDER BY 1')).toEqual([{ cause: 'import' }, { cause: 'rules' }])
  })
})

test('rules that move lines between scopes and layers give them new versions, and only them', async () => {
  const kinds = (kind: string) => (kind === 'focus' ? focus : undefined)
  await shop.bring(csvOf([...hours(2), ...hours(1, { ServiceName: 'Logs' }), ...hours(1, { ServiceName: 'Network' })]))
  await shop.rows('DELETE FROM dirty_day')
  await shop.rules([
    ['ServiceName=Logs', 'share', ''],
    ['ServiceName=Network', 'in', 'supporting'],
  ])
  await reimportAll(LOCAL_ADMINISTRATOR, shop.context, kinds)
  expect(
    await shop.rows('SELECT service_name, scope, layer, from_seq::int FROM bill_line WHERE to_seq IS NULL ORDER BY service_name, line'),
  ).toEqual([
    { service_name: 'Compute', scope: 'in', layer: null, from_seq: 1 },
    { service_name: 'Compute', scope: 'in', layer: null, from_seq: 1 },
    { service_name: 'Logs', scope: 'share', layer: null, from_seq: 2 },
    { service_name: 'Network', scope: 'in', layer: 'supporting', from_seq: 2 },
  ])
  expect(await count('bill_line', 'to_seq = 2')).toBe(2)
  expect(await dirty('bills')).toEqual(['2026-06-01'])
})

describe('a file that is refused', () => {
  const big = csvOf(hours(30_000))
  const cases: [string, string | Buffer, RegExp][] = [
    ['semicolons', csvOf(hours(2)).replaceAll(',', ';'), /separated by semicolons/],
    ['tabs', csvOf(hours(2)).replaceAll(',', '\t'), /separated by tabs/],
    ['no bill', 'a,b\n1,2\n', /no column BilledCost, ChargePeriodStart, ChargePeriodEnd, ChargeCategory/],
    [
      'no currency',
      csvOf(
        hours(2),
        Object.keys(USAGE).filter((name) => name !== 'BillingCurrency'),
      ),
      /no column BillingCurrency.*currency: USD/,
    ],
    ['empty', '', /the file is empty/],
    ['a header alone', csvOf([], Object.keys(USAGE)), /holds no rows/],
    ['nothing readable', csvOf(hours(3, { BilledCost: 'x', BillingPeriodStart: 'y' })), /no row of the file can be read; line 2/],
    ['gzip cut off', gzipSync(big).subarray(0, 100_000), /damaged or cut off/],
    ['gzip in gzip', gzipSync(gzipSync(csvOf(hours(2)))), /gzip inside gzip/],
    ['a bomb', gzipSync(Buffer.concat([Buffer.from(csvOf(hours(1))), Buffer.alloc(80 << 20, '\n')])), /grows more than 300 times/],
    ['a spreadsheet', Buffer.from('PK\x03\x04abcdefgh'), /ZIP archive or a spreadsheet/],
    ['no Parquet', Buffer.from('PAR1abcdefghijkPAR1'), /Parquet file cannot be read/],
  ]
  for (const [why, content, message] of cases)
    test(`(${why}) leaves nothing and turns the source red`, async () => {
      const refusal = await shop.bring(content).then(() => null, String)
      expect(refusal).toMatch(message)
      expect(await count('bill_line')).toBe(0)
      expect(await count('batch')).toBe(0)
      expect(await count('delivery')).toBe(0)
      expect(await count('dirty_day')).toBe(0)
      expect(
        readdirSync(path.join(shop.context.dataDir, 'scratch')).flatMap((name) =>
          readdirSync(path.join(shop.context.dataDir, 'scratch', name)),
        ),
      ).toEqual([])
      expect((await shop.rows('SELECT last_error, last_success_at FROM source'))[0]).toEqual({
        last_error: expect.stringMatching(message),
        last_success_at: null,
      })
    })

  test('does not stand in the way of the next one', async () => {
    await shop.bring(gzipSync(big).subarray(0, 100_000)).catch(() => {})
    expect((await shop.bring(gzipSync(big)))[0]?.rows.accepted).toBe(30_000)
    expect((await shop.rows('SELECT last_error, last_fact_at FROM source'))[0]).toEqual({
      last_error: null,
      last_fact_at: expect.any(Date),
    })
  })

  test('for the wrong period says which it holds', async () => {
    await expect(shop.bring(csvOf(hours(2)), { options: { period: '2026-05' } })).rejects.toThrow(
      'holds the billing period 2026-06, not 2026-05',
    )
  })
})

test('the landing store keeps the bytes once', async () => {
  await shop.bring(csvOf(hours(2)))
  await shop.bring(csvOf(hours(2)))
  const files = readdirSync(path.join(shop.context.dataDir, 'landing'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  expect(files.map(({ name }) => name)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.zst$/)])
  expect(existsSync(path.join(shop.context.dataDir, 'landing', 'incoming'))).toBe(true)
})
