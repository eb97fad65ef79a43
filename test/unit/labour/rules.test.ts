// RULES.md 24-29, rule by rule, with numbers worked out by hand.
import { describe, expect, test } from 'vitest'
import { engaged, engagedSpans } from '#lib/domain/labour/engagement.ts'
import { lengthMs } from '#lib/domain/labour/interval.ts'
import { type LabourInput, labourPostings } from '#lib/domain/labour/oracle.ts'
import { Money } from '#lib/domain/money.ts'
import { HOUR_MS, type Interval } from '#lib/domain/time.ts'

const at = (text: string) => Date.parse(text)
const NOW = at('2026-07-01T00:00:00Z')
const span = (from: string, to: string): Interval => ({ start: at(from), end: at(to) })
const engagement = (from: string, to: string | null, snoozed: Interval[] = [], declaredSeconds: number | null = null) => ({
  acknowledgedAt: at(from),
  endedAt: to === null ? null : at(to),
  snoozed,
  declaredSeconds,
})
const hours = (set: readonly Interval[]) => lengthMs(set) / HOUR_MS

describe('24: engagement', () => {
  test.each([
    ['acknowledged to resolved', engagement('2026-06-01T10:00:00Z', '2026-06-01T11:30:00Z'), 1.5],
    ['cut at four hours', engagement('2026-06-01T10:00:00Z', '2026-06-01T19:00:00Z'), 4],
    [
      'snoozed for two of five hours',
      engagement('2026-06-01T10:00:00Z', '2026-06-01T15:00:00Z', [span('2026-06-01T11:00:00Z', '2026-06-01T13:00:00Z')]),
      3,
    ],
    ['open: to now, capped', engagement('2026-06-30T21:00:00Z', null), 3],
    ['open for days', engagement('2026-06-01T21:00:00Z', null), 4],
    ['declared effort replaces it, beyond the cap too', engagement('2026-06-01T10:00:00Z', '2026-06-01T10:05:00Z', [], 18_000), 5],
    ['declared as nothing', engagement('2026-06-01T10:00:00Z', '2026-06-01T12:00:00Z', [], 0), 0],
    ['resolved before it was acknowledged', engagement('2026-06-01T10:00:00Z', '2026-06-01T09:00:00Z'), 0],
  ])('%s', (_, one, expected) => expect(hours(engagedSpans(one, NOW))).toBe(expected))

  test('the cap is net of snoozes: what follows a snooze still counts until four hours have accumulated', () => {
    const night = engagement('2026-06-01T02:00:00Z', '2026-06-01T12:00:00Z', [span('2026-06-01T03:00:00Z', '2026-06-01T08:00:00Z')])
    expect(engagedSpans(night, NOW)).toEqual([
      span('2026-06-01T02:00:00Z', '2026-06-01T03:00:00Z'),
      span('2026-06-01T08:00:00Z', '2026-06-01T11:00:00Z'),
    ])
  })
})

test('25: capped before merged, then counted once', () => {
  const both = [engagement('2026-06-01T00:00:00Z', '2026-06-01T09:00:00Z'), engagement('2026-06-01T03:00:00Z', '2026-06-01T12:00:00Z')]
  expect(engaged(both, NOW)).toEqual([span('2026-06-01T00:00:00Z', '2026-06-01T07:00:00Z')])
})

const base: LabourInput = {
  now: NOW,
  days: ['2026-06-01', '2026-06-02'],
  people: [{ person: 'ada', role: 'sre', timezone: 'Europe/Berlin', workdayStart: '09:00', workdayEnd: '17:00', holidays: [] }],
  engagements: [],
  entries: [],
  shifts: [],
  // 120 an hour by the standard, 150 in fact.
  rates: [
    {
      role: 'sre',
      from: '2026-01-01',
      currency: 'EUR',
      standardPerYear: new Money(192_000),
      actualPerYear: new Money(240_000),
      hoursPerYear: new Money(1600),
    },
  ],
  standbyRates: [],
}
const entry = (id: string, interval: Interval | null, more: object = {}) => ({
  id,
  person: 'ada',
  localDate: '2026-06-01',
  hours: null,
  interval,
  layer: 'operations',
  ...more,
})

/** `day item layer → hours [amount]` of the postings with time or money in them. */
const summary = (input: Partial<LabourInput>, measure: string) =>
  labourPostings({ ...base, ...input })
    .filter((one) => one.measure === measure)
    .map(({ day, item, layer, quantity, amount, currency, evidence }) =>
      [day.slice(8), item, layer, quantity.div(3600).toNumber(), ...(amount ? [`${amount.toFixed()} ${currency}`, evidence] : [])]
        .join(' ')
        .replace('  ', ' '),
    )

describe('27: what covers engagement (Monday 1 June; Berlin works 07:00–15:00 UTC)', () => {
  // Engaged 13:00–17:00 UTC: two hours in working time, two after it.
  const evening = { ...engagement('2026-06-01T13:00:00Z', '2026-06-01T17:00:00Z'), person: 'ada' }
  const cases: [string, LabourInput['entries'], string][] = [
    ['nothing logged', [], '01 unlogged on_call 4'],
    ['logged over the same time', [entry('a', span('2026-06-01T13:00:00Z', '2026-06-01T17:00:00Z'))], ''],
    ['one hour logged on the date covers an hour of working time', [entry('a', null, { hours: new Money(1) })], '01 unlogged on_call 3'],
    [
      'nine hours on the date cover no more than the two of working time',
      [entry('a', null, { hours: new Money(9) })],
      '01 unlogged on_call 2',
    ],
    [
      'an hour logged in the morning covers an hour of working time',
      [entry('a', span('2026-06-01T07:00:00Z', '2026-06-01T08:00:00Z'))],
      '01 unlogged on_call 3',
    ],
    [
      'an hour logged at night covers as well, wherever it lies',
      [entry('a', span('2026-06-01T19:00:00Z', '2026-06-01T20:00:00Z'))],
      '01 unlogged on_call 3',
    ],
    [
      'overlap after work, and an hour of rest before it',
      [entry('a', span('2026-06-01T15:00:00Z', '2026-06-01T18:00:00Z'))],
      '01 unlogged on_call 1',
    ],
    ['another local day covers nothing', [entry('a', null, { hours: new Money(9), localDate: '2026-06-02' })], '01 unlogged on_call 4'],
  ]
  test.each(cases)('%s', (_, entries, expected) =>
    expect(
      summary({ engagements: [evening], entries }, 'time')
        .filter((line) => line.includes('unlogged'))
        .join(),
    ).toBe(expected),
  )

  test('a holiday has no working hours', () => {
    const people = [{ ...base.people[0]!, holidays: ['2026-06-01'] }]
    const entries = [entry('a', null, { hours: new Money(9) })]
    expect(summary({ engagements: [evening], entries, people }, 'time')).toContain('01 unlogged on_call 4')
  })

  test('the local day decides: 23:00 UTC in Berlin is the next day', () => {
    const night = { ...engagement('2026-06-01T23:00:00Z', '2026-06-02T00:30:00Z'), person: 'ada' }
    const overlapping = [entry('a', span('2026-06-01T23:30:00Z', '2026-06-02T00:00:00Z'))]
    expect(summary({ engagements: [night], entries: overlapping }, 'time').filter((line) => line.includes('unlogged'))).toEqual([
      '01 unlogged on_call 0.5',
      '02 unlogged on_call 0.5',
    ])
  })

  test('the earliest working time is covered first: what is left stands on the next UTC day', () => {
    // Los Angeles works 16:00–01:00 UTC; engaged 23:00–01:00, one hour logged on that local date.
    const people = [{ ...base.people[0]!, timezone: 'America/Los_Angeles', workdayEnd: '18:00' }]
    const engagements = [{ ...engagement('2026-06-01T23:00:00Z', '2026-06-02T01:00:00Z'), person: 'ada' }]
    const entries = [entry('a', null, { hours: new Money(1) })]
    expect(summary({ people, engagements, entries }, 'time').filter((line) => line.includes('unlogged'))).toEqual(['02 unlogged on_call 1'])
  })
})

test('26: overlapping entries count once, for the earlier start, then the lower id', () => {
  const entries = [
    entry('b', span('2026-06-01T09:00:00Z', '2026-06-01T12:00:00Z'), { layer: 'build' }),
    entry('c', span('2026-06-01T10:00:00Z', '2026-06-01T13:00:00Z'), { layer: 'operations' }),
    entry('a', span('2026-06-01T09:00:00Z', '2026-06-01T10:00:00Z'), { layer: 'security' }),
  ]
  expect(summary({ entries }, 'time')).toEqual(['01 logged security 1', '01 logged build 2', '01 logged operations 1'])
})

describe('28: rates', () => {
  const entries = [
    entry('a', span('2026-06-01T22:00:00Z', '2026-06-02T01:00:00Z'), { layer: 'build' }),
    entry('b', null, { hours: new Money('0.5') }),
  ]
  test('split at midnight UTC, date-only hours on their date, premium on all hours', () => {
    expect(summary({ entries }, 'cost')).toEqual([
      '01 logged build 2 240 EUR measured',
      '01 logged operations 0.5 60 EUR measured',
      '01 premium talent_premium 2.5 75 EUR measured',
      '02 logged build 1 120 EUR measured',
      '02 premium talent_premium 1 30 EUR measured',
    ])
  })
  test('the latest rate that is not after the UTC day', () => {
    const rates = [
      ...base.rates,
      { ...base.rates[0]!, from: '2026-06-02', currency: 'USD', standardPerYear: new Money(160_000), actualPerYear: null },
    ]
    expect(summary({ entries: entries.slice(0, 1), rates }, 'cost')).toEqual([
      '01 logged build 2 240 EUR measured',
      '01 premium talent_premium 2 60 EUR measured',
      '02 logged build 1 100 USD measured',
    ])
  })
  test('one rounding, half to even at 1e-12', () => {
    // One second at 1 a year of 1 hour: 1/3600 = 0.000277777777777…
    const rates = [{ ...base.rates[0]!, standardPerYear: new Money(1), hoursPerYear: new Money(1), actualPerYear: null }]
    const second = [entry('a', span('2026-06-01T10:00:00Z', '2026-06-01T10:00:01Z'))]
    expect(
      labourPostings({ ...base, rates, entries: second })
        .find((one) => one.measure === 'cost')!
        .amount!.toFixed(),
    ).toBe('0.000277777778')
  })
  test('without a rate, time is known and its price is not', () => {
    const stranger = { ...engagement('2026-06-01T10:00:00Z', '2026-06-01T11:00:00Z'), person: 'eve' }
    expect(summary({ engagements: [stranger] }, 'cost')).toEqual([])
    expect(summary({ engagements: [stranger] }, 'unpriced_time')).toEqual(['01 unlogged 1'])
  })
})

describe('29: standby', () => {
  const rate = {
    rotation: 'primary',
    from: '2026-01-01',
    currency: 'EUR',
    perHour: new Money(2),
    perShift: new Money(50),
    holidayFactor: new Money(2),
  }
  const shift = (from: string, to: string | null, rotation = 'primary') => ({
    person: 'ada',
    rotation,
    startsAt: at(from),
    endsAt: to === null ? null : at(to),
  })
  test('hours by UTC day with engaged ones, the shift on its first day', () => {
    const engagements = [{ ...engagement('2026-06-01T20:00:00Z', '2026-06-01T21:00:00Z'), person: 'ada' }]
    const shifts = [shift('2026-06-01T12:00:00Z', '2026-06-02T06:00:00Z')]
    const all = { engagements, shifts, standbyRates: [rate] }
    expect(summary(all, 'time').filter((line) => line.includes('standby'))).toEqual(['01 standby on_call 11', '02 standby on_call 6'])
    expect(summary(all, 'cost').filter((line) => line.includes('standby'))).toEqual([
      '01 standby on_call 12 74 EUR measured',
      '02 standby on_call 6 12 EUR measured',
    ])
  })
  test('a local holiday pays by its factor: 2 June in Berlin begins at 22:00 UTC', () => {
    const people = [{ ...base.people[0]!, holidays: ['2026-06-02'] }]
    const shifts = [shift('2026-06-01T12:00:00Z', '2026-06-02T06:00:00Z')]
    expect(summary({ people, shifts, standbyRates: [rate] }, 'cost')).toEqual([
      '01 standby on_call 12 78 EUR measured',
      '02 standby on_call 6 24 EUR measured',
    ])
  })
  test('the same rotation twice is one shift; touching shifts are two; another rotation pays as well', () => {
    const shifts = [
      shift('2026-06-01T00:00:00Z', '2026-06-01T08:00:00Z'),
      shift('2026-06-01T00:00:00Z', '2026-06-01T08:00:00Z'),
      shift('2026-06-01T08:00:00Z', '2026-06-01T12:00:00Z'),
      shift('2026-06-01T00:00:00Z', '2026-06-01T12:00:00Z', 'second'),
    ]
    const standbyRates = [rate, { ...rate, rotation: 'second', perHour: new Money(1), perShift: new Money(0) }]
    expect(summary({ shifts, standbyRates }, 'time')).toEqual(['01 standby on_call 12'])
    // 12 h × 2 + 2 shifts × 50 + 12 h × 1
    expect(summary({ shifts, standbyRates }, 'cost')).toEqual(['01 standby on_call 24 136 EUR measured'])
  })
  test('no further than now; no rate is listed', () => {
    const now = at('2026-06-01T06:00:00Z')
    expect(summary({ now, shifts: [shift('2026-06-01T00:00:00Z', null)] }, 'time')).toEqual(['01 standby on_call 6'])
    expect(summary({ now, shifts: [shift('2026-06-01T00:00:00Z', null)] }, 'unpriced_time')).toEqual(['01 standby/primary 6'])
  })
})
