import { describe, expect, test } from 'vitest'
import { instantOf, isWeekday, knownZone, localDay, workingHours } from '#lib/domain/labour/calendar.ts'
import { HOUR_MS } from '#lib/domain/time.ts'

const at = (text: string) => Date.parse(text)

describe('local days', () => {
  test.each([
    ['UTC', '2026-03-29', '2026-03-29T00:00:00Z', 24],
    ['Europe/Berlin', '2026-06-01', '2026-05-31T22:00:00Z', 24],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00Z', 23], // clocks go forward
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00Z', 25], // clocks go back
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00Z', 25],
    ['Asia/Kolkata', '2026-06-01', '2026-05-31T18:30:00Z', 24], // half an hour, no change of clocks
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00Z', 23.5], // changes by half an hour
    ['Pacific/Kiritimati', '2026-06-01', '2026-05-31T10:00:00Z', 24], // 14 hours ahead
    ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00Z', 23], // midnight itself is skipped
  ])('%s %s begins at %s and has %d hours', (zone, day, start, hours) => {
    const span = localDay(zone, day)
    expect(new Date(span.start).toISOString()).toBe(new Date(start).toISOString())
    expect((span.end - span.start) / HOUR_MS).toBe(hours)
  })

  test('a clock time that is shown twice is the first of them; one that is skipped moves on by as much', () => {
    expect(instantOf('Europe/Berlin', at('2026-10-25T02:30:00Z'))).toBe(at('2026-10-25T00:30:00Z'))
    expect(instantOf('Europe/Berlin', at('2026-03-29T02:30:00Z'))).toBe(at('2026-03-29T01:30:00Z'))
  })

  test('an unknown zone is UTC', () => {
    expect(knownZone('Europe/Atlantis')).toBe('UTC')
    expect(knownZone('Asia/Kolkata')).toBe('Asia/Kolkata')
  })
})

describe('working hours', () => {
  const berlin = { timezone: 'Europe/Berlin', workdayStart: '09:00', workdayEnd: '17:00' }
  test.each([
    ['a Monday', '2026-06-01', '2026-06-01T07:00:00Z', '2026-06-01T15:00:00Z'],
    ['the Friday before the change of clocks', '2026-10-23', '2026-10-23T07:00:00Z', '2026-10-23T15:00:00Z'],
    ['the Monday after it', '2026-10-26', '2026-10-26T08:00:00Z', '2026-10-26T16:00:00Z'],
  ])('%s', (_, day, start, end) => expect(workingHours(berlin, day)).toEqual({ start: at(start), end: at(end) }))

  test('weekends, and hours that are none, have no working time', () => {
    expect(['2026-06-05', '2026-06-06', '2026-06-07', '2026-06-08'].map(isWeekday)).toEqual([true, false, false, true])
    expect(workingHours(berlin, '2026-06-06')).toBeUndefined()
    expect(workingHours({ ...berlin, workdayStart: '17:00' }, '2026-06-01')).toBeUndefined()
    expect(workingHours({ ...berlin, workdayStart: 'nine' }, '2026-06-01')).toBeUndefined()
  })
})
