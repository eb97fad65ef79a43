import { describe, expect, it } from 'vitest'
import { breakEvenVolumes, flipsFrom } from '#lib/domain/comparison/break-even.ts'

const BILLION_A_MONTH = 1e9 / (730 * 3600)
/** A replica serves one billion tokens a month for 1,000; 500 are fixed. */
const model = { fixed: 500, perReplica: 1000, capacity: { tokens_per_second_per_gpu: BILLION_A_MONTH, redundancy: 1 }, peakToAverage: 1 }

describe('breakEvenVolumes, by hand', () => {
  it('wins, loses at the next step, wins again', () => {
    // 1,500 ÷ 1.6 = 0.9375 billion fits one replica; just above 1 billion two replicas cost 2,500 and 1.6 a million bring 1,600.
    const { crossings, beyond } = breakEvenVolumes(model, 1.6)
    expect(crossings.map((one) => [Number((one.tokens / 1e9).toFixed(4)), one.wins, one.step])).toEqual([
      [0.9375, 'self-hosted', false],
      [1, 'alternative', true],
      [1.5625, 'self-hosted', false],
      [2, 'alternative', true],
      [2.1875, 'self-hosted', false],
    ])
    expect(beyond).toBe('self-hosted') // from three billion on, 0.6 a million of gain outgrows the 500 and each step
  })
  it('never, when a full replica costs more per million than the price', () => {
    expect(breakEvenVolumes(model, 1)).toEqual({ crossings: [], beyond: 'alternative', perMillionAtFullLoad: expect.closeTo(1, 9) })
  })
})

describe('flipsFrom', () => {
  const brief = (price: number, now: { tokens: number; replicas: number }, more = {}) =>
    flipsFrom({ ...model, ...more }, now, price).map((flip) => `${flip.kind}: ${flip.feasible} ${flip.why}`)

  it.each([
    [
      'dearer: more tokens fit, fewer replicas would do',
      2,
      { tokens: 1e9, replicas: 3 },
      {},
      [
        'more tokens, same fleet: true 1.75 billion tokens a month on the same fleet, at 58 % load',
        'fewer GPUs, same tokens: true 1 instead of 3 replicas, at 100 % load',
        "price of the alternative: true the alternative's prices 75 % higher",
      ],
    ],
    [
      'dearer: neither can be',
      0.4,
      { tokens: 1e9, replicas: 1 },
      {},
      [
        'more tokens, same fleet: false infeasible: 3.75 billion tokens a month would be needed and the same fleet serves 1.00 billion tokens a month at most',
        'fewer GPUs, same tokens: false infeasible: what does not depend on GPUs already costs more than the alternative',
        "price of the alternative: true the alternative's prices 275 % higher",
      ],
    ],
    [
      'dearer: redundancy forbids',
      2,
      { tokens: 1e9, replicas: 3 },
      { capacity: { tokens_per_second_per_gpu: BILLION_A_MONTH, redundancy: 2 } },
      [
        'more tokens, same fleet: true 1.75 billion tokens a month on the same fleet, at 58 % load',
        'fewer GPUs, same tokens: false infeasible: 1 replicas are fewer than the 2 that redundancy asks for',
        "price of the alternative: true the alternative's prices 75 % higher",
      ],
    ],
    [
      'dearer: peaks forbid',
      2.4,
      { tokens: 1e9, replicas: 3 },
      { peakToAverage: 2.5 },
      [
        'more tokens, same fleet: false infeasible: 1.46 billion tokens a month would be needed and the same fleet serves 1.20 billion tokens a month at most',
        'fewer GPUs, same tokens: false infeasible: 1 replicas, but the peaks need 3',
        "price of the alternative: true the alternative's prices 46 % higher",
      ],
    ],
    [
      'dearer: no throughput is declared',
      2,
      { tokens: 1e9, replicas: 3 },
      { capacity: {} },
      [
        'more tokens, same fleet: null 1.75 billion tokens a month on the same fleet; no throughput is declared, so whether it can serve them is unknown',
        'fewer GPUs, same tokens: null 1 replicas; no throughput is declared, so whether they suffice is unknown',
        "price of the alternative: true the alternative's prices 75 % higher",
      ],
    ],
    [
      'cheaper',
      3,
      { tokens: 1e9, replicas: 1 },
      {},
      [
        'fewer tokens, same fleet: true 0.500 billion tokens a month on the same fleet: 50 % fewer than now',
        "price of the alternative: true the alternative's prices 50 % lower",
      ],
    ],
    ['nothing served', 3, { tokens: 0, replicas: 1 }, {}, []],
  ])('%s', (_, price, now, more, expected) => {
    expect(brief(price, now, more)).toEqual(expected)
  })
})
