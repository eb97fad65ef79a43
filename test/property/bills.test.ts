import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Money } from '#lib/domain/money.ts'
import { readCsv } from '#lib/ingest/csv.ts'
import { csvOf, hours, type Workshop, workshop } from '#test/support/bills.ts'

const quoted = (cell: string, force: boolean): string => (force || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

test('any table of texts comes back from CSV, each row with its physical line', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'ü', '🙂', 'NULL', '\uFFFD'), maxLength: 6 })
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 8 }))
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      async (rows, crlf, force, size, last) => {
        const end = crlf ? '\r\n' : '\n'
        const width = rows[0]?.length ?? 1
        const header = Array.from({ length: width }, (_, i) => `c${i}`)
        const lines: number[] = []
        let text = header.join(',') + end
        for (const row of rows) {
          lines.push(text.split('\n').length)
          // A row of one empty cell would be an empty line: quotes tell it apart.
          text += row.map((one) => quoted(one, force || width === 1)).join(',') + end
        }
        if (!last) text = text.slice(0, -end.length)
        async function* bytes() {
          const buffer = Buffer.from(text)
          for (let at = 0; at < buffer.length; at += size) yield buffer.subarray(at, at + size)
        }
        const got = { cells: [] as string[][], lines: [] as number[], faults: [] as unknown[] }
        const read = await readCsv(bytes(), 'f.csv')
        for await (const batch of read.batches) {
          got.cells.push(...batch.cells)
          got.lines.push(...batch.lines)
          got.faults.push(...batch.faults)
        }
        expect(got).toEqual({ cells: rows, lines, faults: [] })
      },
    ),
    { numRuns: 300 },
  )
})

let shop: Workshop
beforeAll(async () => {
  shop = await workshop()
  await shop.rules([['ServiceName=Database', 'out', '']])
})
afterAll(() => shop.close())

test('read = accepted + quarantined + excluded in rows and money, whatever is broken', async () => {
  const broken = fc.record({
    row: fc.nat(),
    column: fc.constantFrom(
      'BilledCost',
      'EffectiveCost',
      'ChargePeriodEnd',
      'Tags',
      'BillingCurrency',
      'ServiceName',
      'BillingAccountId',
      'ChargeCategory',
    ),
    value: fc.constantFrom('', 'x', '12,5', '"', 'Database', '-3.5', '{}', 'EUR', 'acc-2', 'Credit', '\0', '1e-20'),
  })
  const cut = fc.record({ at: fc.nat(), byte: fc.constantFrom(0x22, 0x2c, 0x0a, 0xff, 0x41) })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 12 }),
      fc.array(broken, { maxLength: 6 }),
      fc.array(cut, { maxLength: 2 }),
      async (count, faults, cuts) => {
        await shop.rows('TRUNCATE bill_line, bill_excluded_day, batch, delivery, quarantine')
        const rows = hours(count)
        for (const { row, column, value } of faults) rows[row % count]![column] = value
        const bytes = Buffer.from(csvOf(rows))
        const header = bytes.indexOf(10) + 1
        for (const { at, byte } of cuts) bytes[header + (at % (bytes.length - header))] = byte
        const results = await shop.bring(bytes).catch((error: { code?: string }) => {
          expect(error.code).toBe('no_readable_row')
          return []
        })
        for (const { rows: n, money } of results) {
          expect(n.read).toBe(n.accepted + n.quarantined + n.excluded)
          for (const m of money)
            expect(new Money(m.accepted).plus(m.quarantined).plus(m.excluded).toFixed()).toBe(new Money(m.read).toFixed())
        }
        const total = (part: 'accepted' | 'quarantined' | 'excluded') => results.reduce((sum, { rows: n }) => sum + n[part], 0)
        const stored = await shop.rows(
          `SELECT (SELECT count(*)::int FROM bill_line) AS accepted, (SELECT count(*)::int FROM quarantine) AS quarantined,
                (SELECT coalesce(sum(row_count), 0)::int FROM bill_excluded_day) AS excluded`,
        )
        expect(stored).toEqual([{ accepted: total('accepted'), quarantined: total('quarantined'), excluded: total('excluded') }])
        const sums = await shop.rows<{ currency: string; billed: string }>(
          'SELECT currency, sum(billed)::text AS billed FROM bill_line GROUP BY 1',
        )
        for (const { currency, billed } of sums) {
          const said = results.flatMap(({ money }) => money).filter((m) => m.currency === currency && m.column === 'billed')
          expect(new Money(billed).toFixed()).toBe(Money.sum(0, ...said.map((m) => m.accepted)).toFixed())
        }
        // Without damage to the bytes, every row of the file is accounted for.
        if (cuts.length === 0 && results.length > 0) expect(results.reduce((sum, { rows: n }) => sum + n.read, 0)).toBe(count)
      },
    ),
    { numRuns: 40 },
  )
})
