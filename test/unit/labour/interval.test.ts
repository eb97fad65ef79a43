import { describe, expect, test } from 'vitest'
import { intersect, lengthMs, onDay, subtract, takeFirst, union } from '#lib/domain/labour/interval.ts'
import { HOUR_MS } from '#lib/domain/time.ts'

const set = (...pairs: [number, number][]) => pairs.map(([start, end]) => ({ start, end }))

describe('algebra of intervals', () => {
  test.each([
    ['overlapping become one', set([0, 5], [3, 8]), set([0, 8])],
    ['touching become one', set([0, 5], [5, 8]), set([0, 8])],
    ['apart stay apart, sorted', set([6, 8], [0, 5]), set([0, 5], [6, 8])],
    ['one inside another', set([0, 9], [2, 3]), set([0, 9])],
    ['empty and backward ones vanish', set([4, 4], [9, 2]), set()],
  ])('union: %s', (_, given, expected) => expect(union(given)).toEqual(expected))

  test.each([
    ['a hole in the middle', set([0, 10]), set([3, 5]), set([0, 3], [5, 10])],
    ['a hole over the edge', set([0, 10]), set([8, 15]), set([0, 8])],
    ['holes that leave nothing', set([0, 10]), set([0, 4], [4, 10]), set()],
    ['holes elsewhere', set([0, 10]), set([20, 30]), set([0, 10])],
    ['one hole across two', set([0, 5], [7, 10]), set([4, 8]), set([0, 4], [8, 10])],
  ])('subtract: %s', (_, a, b, expected) => expect(subtract(a, b)).toEqual(expected))

  test('intersect keeps what both hold, and nothing where they touch', () => {
    expect(intersect(set([0, 10], [20, 30]), set([5, 22], [30, 40]))).toEqual(set([5, 10], [20, 22]))
  })

  test('takeFirst cuts inside an interval and drops the rest', () => {
    expect(takeFirst(set([0, 4], [10, 20], [30, 40]), 7)).toEqual(set([0, 4], [10, 13]))
    expect(takeFirst(set([0, 4]), 0)).toEqual([])
  })

  test('a UTC day holds its part of an interval', () => {
    const start = Date.parse('2026-06-01T22:00:00Z')
    const night = set([start, start + 5 * HOUR_MS])
    expect(lengthMs(onDay(night, '2026-06-01'))).toBe(2 * HOUR_MS)
    expect(lengthMs(onDay(night, '2026-06-02'))).toBe(3 * HOUR_MS)
    expect(lengthMs(onDay(night, '2026-06-03'))).toBe(0)
  })
})
