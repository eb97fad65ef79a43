// The SQL of reconcile and the plain oracle post the same labour, to the last digit, whatever people did.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabourInput, type LabourPosting, labourPostings } from '#lib/domain/labour/oracle.ts'
import { Money } from '#lib/domain/money.ts'
import { addDays, type Day, dayStart, daysBetween, HOUR_MS } from '#lib/domain/time.ts'
import { labourStep } from '#lib/reconcile/labour/index.ts'
import { CREATE_LEDGER_NEXT } from '#lib/reconcile/step.ts'
import { freshDatabase } from '#test/support/database.ts'

let db: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  db = await freshDatabase()
})
afterAll(() => db.close())

const PEOPLE = [
  { person: 'ada', role: 'sre', timezone: 'Europe/Berlin', workdayStart: '09:00', workdayEnd: '17:30' },
  { person: 'bo', role: 'ml', timezone: 'Asia/Kolkata', workdayStart: '10:00', workdayEnd: '18:00' },
  { person: 'cy', role: 'sre', timezone: 'America/Los_Angeles', workdayStart: '08:00', workdayEnd: '16:00' },
  { person: 'di', role: 'none', timezone: 'Pacific/Kiritimati', workdayStart: '00:00', workdayEnd: '24:00' },
]
const NAMES = [...PEOPLE.map((one) => one.person), 'stranger']
// Both changes of the clock in Berlin and Los Angeles are met.
const STARTS: Day[] = ['2026-03-06', '2026-03-27', '2026-10-23', '2026-10-30']
const SPAN_DAYS = 5

const when = (start: Day) =>
  fc.oneof(
    fc.integer({ min: -30 * 60, max: (SPAN_DAYS * 24 + 30) * 60 }).map((minutes) => dayStart(start) + minutes * 60_000),
    fc.integer({ min: -30, max: SPAN_DAYS * 24 + 30 }).map((hours) => dayStart(start) + hours * HOUR_MS),
    fc.integer({ min: 0, max: SPAN_DAYS * 86_400_000 }).map((ms) => dayStart(start) + ms),
  )
const span = (start: Day, longestMinutes: number) =>
  fc
    .record({ at: when(start), minutes: fc.integer({ min: 1, max: longestMinutes }) })
    .map(({ at, minutes }) => ({ start: at, end: at + minutes * 60_000 }))

/** Shifts that hand over at noon and midnight: they often touch. */
const halfDays = (start: Day) =>
  fc.record({ first: fc.integer({ min: -1, max: 8 }), count: fc.integer({ min: 1, max: 3 }) }).map(({ first, count }) => ({
    start: dayStart(start) + first * 12 * HOUR_MS,
    end: dayStart(start) + (first + count) * 12 * HOUR_MS,
  }))

const decimal = (digits: number, max: number) => fc.integer({ min: 0, max }).map((n) => new Money(n).div(10 ** digits))
// One of them is busier than the rest, so that facts overlap.
const person = fc.oneof({ weight: 2, arbitrary: fc.constant('ada') }, { weight: 3, arbitrary: fc.constantFrom(...NAMES) })

const inputs: fc.Arbitrary<LabourInput> = fc.constantFrom(...STARTS).chain((start) =>
  fc
    .record({
      now: when(start),
      days: fc.subarray(daysBetween(start, addDays(start, SPAN_DAYS)), { minLength: 1 }),
      people: fc
        .array(fc.constantFrom(...daysBetween(start, addDays(start, SPAN_DAYS))), { maxLength: 3 })
        .map((holidays) => PEOPLE.map((one) => ({ ...one, holidays }))),
      engagements: fc.array(
        fc.record({
          person,
          spent: span(start, 900),
          open: fc.boolean(),
          snoozed: fc.array(span(start, 300), { maxLength: 3 }),
          declaredSeconds: fc.option(fc.integer({ min: 0, max: 30_000 }), { freq: 5 }),
        }),
        { maxLength: 8 },
      ),
      entries: fc.array(
        fc.record({
          person,
          spent: span(start, 700),
          hours: fc.option(decimal(3, 9_000), { freq: 1 }),
          localDate: fc.constantFrom(...daysBetween(addDays(start, -1), addDays(start, SPAN_DAYS + 1))),
          layer: fc.constantFrom('operations', 'build', 'on_call'),
        }),
        { maxLength: 8 },
      ),
      shifts: fc.array(
        fc.record({
          person,
          rotation: fc.constantFrom('primary', 'secondary', 'unpaid'),
          spent: fc.oneof(span(start, 4_000), halfDays(start)),
          open: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
        }),
        { maxLength: 8 },
      ),
      rates: fc
        .tuple(decimal(2, 20_000_000), decimal(2, 20_000_000), decimal(1, 20_000), fc.option(decimal(2, 20_000_000)))
        .map(([a, b, hours, actual]) => [
          { role: 'sre', from: '2020-01-01', currency: 'EUR', standardPerYear: a, actualPerYear: b, hoursPerYear: hours.plus(1000) },
          { role: 'sre', from: addDays(start, 2), currency: 'USD', standardPerYear: b, actualPerYear: a, hoursPerYear: hours.plus(1001) },
          {
            role: 'ml',
            from: addDays(start, 1),
            currency: 'USD',
            standardPerYear: b,
            actualPerYear: actual,
            hoursPerYear: hours.plus(1700),
          },
        ]),
      standbyRates: fc.tuple(decimal(3, 50_000), decimal(2, 90_000), decimal(2, 300)).map(([perHour, perShift, holidayFactor]) => [
        { rotation: 'primary', from: '2020-01-01', currency: 'EUR', perHour, perShift, holidayFactor },
        { rotation: 'primary', from: addDays(start, 3), currency: 'USD', perHour: perHour.times(2), perShift, holidayFactor },
        { rotation: 'secondary', from: '2020-01-01', currency: 'EUR', perHour: perShift, perShift: perHour, holidayFactor },
      ]),
    })
    .map(({ engagements, entries, shifts, ...rest }) => ({
      ...rest,
      engagements: engagements.map(({ spent, open, ...one }) => ({
        ...one,
        acknowledgedAt: spent.start,
        endedAt: open ? null : spent.end,
      })),
      entries: entries.map(({ spent, hours, ...one }, index) => ({ ...one, id: `e${index}`, hours, interval: hours ? null : spent })),
      shifts: shifts.map(({ spent, open, ...one }) => ({ ...one, startsAt: spent.start, endsAt: open ? null : spent.end })),
    })),
)

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

async function fill(client: { query: (sql: string, params?: unknown[]) => Promise<unknown> }, input: LabourInput): Promise<void> {
  const insert = (table: string, rows: object[]) =>
    client.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`, [JSON.stringify(rows)])
  const version = (index: number) => ({ source_id: 1, from_seq: 1, content_key: '\\x00', incident_id: `i${index}`, shift_id: `s${index}` })
  await client.query('TRUNCATE person, rate, standby_rate, engagement, shift, time_entry')
  await insert(
    'person',
    input.people.map(({ workdayStart, workdayEnd, ...one }) => ({
      ...one,
      team: '',
      workday_start: workdayStart,
      workday_end: workdayEnd,
      extra: {},
    })),
  )
  await insert(
    'rate',
    input.rates.map((one) => ({
      role: one.role,
      valid_from: one.from,
      currency: one.currency,
      standard_per_year: one.standardPerYear.toFixed(),
      actual_per_year: one.actualPerYear?.toFixed() ?? null,
      hours_per_year: one.hoursPerYear.toFixed(),
    })),
  )
  await insert(
    'standby_rate',
    input.standbyRates.map((one) => ({
      rotation: one.rotation,
      valid_from: one.from,
      currency: one.currency,
      per_hour: one.perHour.toFixed(),
      per_shift: one.perShift.toFixed(),
      holiday_factor: one.holidayFactor.toFixed(),
    })),
  )
  await insert(
    'engagement',
    input.engagements.map((one, index) => ({
      ...version(index),
      person: one.person,
      acknowledged_at: iso(one.acknowledgedAt),
      ended_at: iso(one.endedAt),
      snoozed: `{${one.snoozed.map((span) => `[${iso(span.start)},${iso(span.end)})`).join(',')}}`,
      declared_s: one.declaredSeconds,
    })),
  )
  await insert(
    'shift',
    input.shifts.map((one, index) => ({
      ...version(index),
      rotation: one.rotation,
      person: one.person,
      starts_at: iso(one.startsAt),
      ends_at: iso(one.endsAt),
    })),
  )
  await insert(
    'time_entry',
    input.entries.map((one, index) => ({
      ...version(index),
      entry_id: one.id,
      person: one.person,
      local_date: one.localDate,
      hours: one.hours?.toFixed() ?? null,
      starts_at: iso(one.interval?.start ?? null),
      ends_at: iso(one.interval?.end ?? null),
      tags: [],
      extra: {},
      scope: 'in',
      layer: one.layer,
      file: '',
      line: 0,
    })),
  )
}

type Shown = Record<string, { amount: string; quantity: string }>

const shown = (rows: readonly Omit<LabourPosting, 'amount' | 'quantity'>[], values: { amount: Money | null; quantity: Money }[]): Shown =>
  Object.fromEntries(
    rows
      .map(({ day, measure, layer, item, person: who, currency, evidence }, index) => {
        const { amount, quantity } = values[index]!
        return [
          [day, measure, layer, item, who, currency, evidence].join(' '),
          { amount: amount?.toFixed() ?? '', quantity: quantity.toFixed() },
        ] as const
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

async function posted(input: LabourInput): Promise<Shown> {
  const client = await db.pool.connect()
  try {
    await client.query('BEGIN')
    await fill(client, input)
    await client.query(CREATE_LEDGER_NEXT)
    await client.query('INSERT INTO ledger_days SELECT unnest($1::date[])', [input.days])
    const days = [...input.days].sort()
    await labourStep.post(
      client,
      { from: days[0]!, to: addDays(days.at(-1)!, 1) },
      { now: new Date(input.now), currency: 'USD', timezone: 'UTC' },
    )
    const { rows } = await client.query(
      `SELECT day, measure, layer, item, person, currency, evidence, sum(effective) AS amount, sum(quantity) AS quantity,
              bool_and(billed IS NOT DISTINCT FROM effective) AS same
       FROM ledger_next GROUP BY 1, 2, 3, 4, 5, 6, 7`,
    )
    expect(rows.every((row) => row.same)).toBe(true)
    return shown(
      rows,
      rows.map((row) => ({ amount: row.amount === null ? null : new Money(row.amount), quantity: new Money(row.quantity) })),
    )
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

test('SQL and oracle agree', async () => {
  let postings = 0
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      const expected = labourPostings(input)
      postings += expected.length
      expect(await posted(input)).toEqual(shown(expected, expected))
    }),
    { numRuns: 150 },
  )
  expect(postings).toBeGreaterThan(1500)
})
