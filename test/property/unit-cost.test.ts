import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unitCost } from '#lib/domain/comparison/unit-cost.ts'
import { TOKEN_CLASSES } from '#lib/domain/layers.ts'
import { Money, sumMoney } from '#lib/domain/money.ts'

const count = fc.integer({ min: 0, max: 1e9 }).map((n) => new Money(n))
const tokens = fc.record({ prompt: count, cache_read: count, cache_write: count, generation: count })
const seconds = fc.option(fc.record({ prefill: count, decode: count }))
const cents = fc.integer({ min: -1e9, max: 1e12 }).map((n) => new Money(n).div(100))

describe('unitCost', () => {
  it('has classes that sum to the cost, and gives none of it to a class that was not served', () => {
    fc.assert(
      fc.property(cents, tokens, seconds, (amount, served, measured) => {
        const cost = unitCost(amount, served, measured)
        if (!cost) return expect(sumMoney(Object.values(served)).isZero()).toBe(true)
        expect(sumMoney(Object.values(cost.byClass)).eq(amount)).toBe(true)
        for (const name of TOKEN_CLASSES)
          if (served[name].isZero()) {
            expect(cost.byClass[name].abs().lte('1e-9')).toBe(true)
            expect(cost.perMillion[name]).toBeNull()
          }
      }),
      { seed: 3 },
    )
  })

  it.each([
    // 100 for 60 s of prefill over 400,000 + 0.1 × 2,000,000 weighted tokens, and 40 s of decode over 100,000
    ['request-seconds', { prefill: 60, decode: 40 }, { prompt: '40', cache_read: '20', cache_write: '0', generation: '40' }, '400'],
    ['token counts', null, { prompt: '16', cache_read: '80', cache_write: '0', generation: '4' }, '40'],
    ['token counts', { prefill: 0, decode: 0 }, { prompt: '16', cache_read: '80', cache_write: '0', generation: '4' }, '40'],
  ])('splits by %s', (method, measured, byClass, generationPerMillion) => {
    const served = { prompt: new Money(400_000), cache_read: new Money(2_000_000), generation: new Money(100_000) }
    const cost = unitCost(new Money(100), served, measured && { prefill: new Money(measured.prefill), decode: new Money(measured.decode) })!
    expect(cost.method).toBe(method)
    expect(Object.fromEntries(Object.entries(cost.byClass).map(([name, value]) => [name, value.toFixed()]))).toEqual(byClass)
    expect(cost.perMillion.generation?.toFixed()).toBe(generationPerMillion)
    expect(cost.all?.toFixed()).toBe('40')
  })
})
