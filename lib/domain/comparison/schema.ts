// comparators.yaml (RULES.md 32).
import { z } from 'zod'

const text = (what: string) =>
  z
    .string({ error: `${what} is missing: write its name` })
    .trim()
    .min(1, `${what} is empty`)
const DECIMAL = /^\d+(\.\d+)?$/
const ratio = z
  .union([z.number(), z.string()], { error: 'must be a decimal number above zero, such as 1.15' })
  .refine((value) => typeof value === 'number' || DECIMAL.test(value), { error: 'must be a decimal number, such as 1.15', abort: true })
  .refine((value) => Number(value) > 0, 'must be above zero: 1 means that it counts tokens as we do')
const share = z.number().min(0, 'is a share: 0 to 1').max(1, 'is a share: 0 to 1')

/** The same model hosted or an alternative one, for one deployment of ours. `provider` and `model` are the names in prices. */
const map = z.strictObject({
  deployment: text('the deployment'),
  provider: text('the provider'),
  model: text('the model'),
})

const comparator = z.strictObject({
  name: text('the comparator'),
  kind: z.enum(['api'], { error: 'only `api` is known so far' }),
  maps: z.array(map).min(1, 'maps no deployment: name at least one'),
  /** Its input tokens per one of ours. Absent: 1. */
  tokenizer_ratio: ratio.optional(),
  /** Its output tokens per one of ours. Absent: 1. */
  output_ratio: ratio.optional(),
  /** `equal` (or absent): it caches as the fleet did. `none`: it has no cache, so cached tokens are charged as prompt. */
  cache_parity: z.enum(['equal', 'none'], { error: 'is `equal` or `none`' }).optional(),
  /** Noted and shown beside the comparator; these do not change the API-equivalent, which prices what was really served. */
  batch_share: share.optional(),
  retries: share.optional(),
  quality: z.union([z.string(), z.number()]).optional(),
  /** Why the comparator may not be chosen at all, such as `data residency`: it is priced, but its verdict is `not eligible`. */
  not_eligible: text('the reason').optional(),
})

const once = (list: readonly string[]) => new Set(list).size === list.length

export const comparatorsSchema = z.strictObject({
  comparators: z
    .array(
      comparator.refine((c) => once(c.maps.map((m) => m.deployment)), {
        error: 'maps one deployment twice: a deployment has one alternative per comparator',
        path: ['maps'],
      }),
    )
    .refine((list) => once(list.map((c) => c.name)), 'two comparators have the same name'),
})
export type Comparators = z.infer<typeof comparatorsSchema>
