import { describe, expect, it } from 'vitest'
import { comparatorsSchema } from '#lib/domain/comparison/schema.ts'
import { projectionSchema } from '#lib/domain/projection/schema.ts'

const complaint = (result: { success: boolean; error?: { issues: { path: PropertyKey[]; message: string }[] } }) =>
  result.success ? 'accepted' : result.error!.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n')

describe('comparators.yaml', () => {
  const one = { name: 'frontier', kind: 'api', maps: [{ deployment: 'chat', provider: 'openai', model: 'gpt-4o' }] }
  it.each([
    ['RULES.md 32', { ...one, tokenizer_ratio: 1.1, output_ratio: '0.9' }, /^accepted$/],
    ['optional settings', { ...one, cache_parity: 'none', batch_share: 0.2, retries: 0.01, quality: 'equal' }, /^accepted$/],
    ['an unknown kind', { ...one, kind: 'magic' }, /only `api` is known/],
    ['an unknown key', { ...one, tokeniser_ratio: 1 }, /tokeniser_ratio/],
    ['no maps', { ...one, maps: [] }, /comparators\.0\.maps: maps no deployment/],
    ['a deployment twice', { ...one, maps: [...one.maps, ...one.maps] }, /maps: maps one deployment twice/],
    ['a ratio of zero', { ...one, tokenizer_ratio: 0 }, /tokenizer_ratio: must be above zero/],
    ['a ratio that is a word', { ...one, output_ratio: 'some' }, /output_ratio: must be a decimal number/],
  ])('%s', (_, comparator, expected) => {
    expect(complaint(comparatorsSchema.safeParse({ comparators: [comparator] }))).toMatch(expected)
  })
  it('refuses two of one name', () => {
    expect(complaint(comparatorsSchema.safeParse({ comparators: [one, one] }))).toMatch(/same name/)
  })
})

describe('projection.yaml', () => {
  const least = { currency: 'USD', start: '2026-01' }
  it.each([
    ['the least', {}, /^accepted$/],
    ['a total with its split', { demand: { tokens_per_month: 1e9, split: { prompt: 0.7, generation: 0.3 } } }, /^accepted$/],
    ['by class', { demand: { tokens_per_month: { prompt: 7e8, cache_read: 1e8, generation: 2e8 } } }, /^accepted$/],
    ['shares that do not sum', { demand: { tokens_per_month: 1, split: { prompt: 0.7 } } }, /demand\.split: the shares must sum to 1/],
    ['by class and split', { demand: { tokens_per_month: { prompt: 1 }, split: { prompt: 1 } } }, /by class already/],
    ['a month that is none', { start: '2026-13' }, /start: must be a month/],
    ['percent for a share', { risks: [{ name: 'late', probability: 30, impact: 1 }] }, /risks\.0\.probability: is a share/],
    [
      'two prices',
      { capacity: { price_per_gpu_hour: 2, cost_per_replica_month: 5 } },
      /cost_per_replica_month: give price_per_gpu_hour or/,
    ],
    ['a peak below the average', { demand: { tokens_per_month: 1, peak_to_average: 0.5 } }, /peak_to_average: a peak is at least/],
    ['an unknown key', { captial: {} }, /captial/],
    ['text for a number', { observability: { per_month: 'some' } }, /observability\.per_month: must be a number/],
  ])('%s', (_, more, expected) => {
    expect(complaint(projectionSchema.safeParse({ ...least, ...more }))).toMatch(expected)
  })
})
