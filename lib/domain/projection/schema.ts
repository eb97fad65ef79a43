// projection.yaml (DESIGN.md section 7): the plan that the fleet is measured against. Estimates, so numbers and not money.
//
// Whatever is ABSENT is not part of the plan: it costs nothing in it, and the projection lists it as unplanned. There are no defaults but
// the neutral ones named here. Amounts are in `currency`; rates and shares are fractions (0.25 is 25 %).
import { z } from 'zod'
import { TOKEN_CLASSES } from '#lib/domain/layers.ts'

const amount = z.number({ error: 'must be a number' }).min(0, 'must not be negative')
const positive = z.number({ error: 'must be a number' }).positive('must be above zero')
const share = z.number({ error: 'must be a number' }).min(0, 'is a share: 0 to 1').max(1, 'is a share: write 0.25 for 25 %')
const fraction = z.number({ error: 'must be a number' }).gt(-1, 'must be above -1 (which is -100 %)')
const whole = z.int({ error: 'must be a whole number' }).min(0, 'must not be negative')
const month = z.string({ error: 'must be a month, YYYY-MM' }).regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month, YYYY-MM')

const classes = z.strictObject(
  Object.fromEntries(TOKEN_CLASSES.map((name) => [name, amount.optional()])) as Record<
    (typeof TOKEN_CLASSES)[number],
    z.ZodOptional<typeof amount>
  >,
)

const demand = z
  .strictObject({
    /** Tokens of an average month (730 h) when serving begins: one total, or by class. */
    tokens_per_month: z.union([amount, classes], {
      error: 'must be a number of tokens, or numbers by prompt, cache_read, cache_write, generation',
    }),
    /** How a total divides into classes; shares that sum to 1. Absent: the plan knows the total only. */
    split: classes.optional(),
    /** Compound growth a month. Absent: demand stays level. */
    growth_per_month: fraction.optional(),
    /** Peak ÷ average token rate. Absent: the plan has no peaks (1). */
    peak_to_average: z.number().min(1, 'a peak is at least the average: 1 or more').optional(),
  })
  .refine((d) => !d.split || Math.abs(Object.values(d.split).reduce((sum, part) => sum + (part ?? 0), 0) - 1) < 1e-6, {
    error: 'the shares must sum to 1',
    path: ['split'],
  })
  .refine((d) => !d.split || typeof d.tokens_per_month === 'number', { error: 'tokens are given by class already', path: ['split'] })

const capacity = z
  .strictObject({
    /** Kind of GPU, for display. */
    gpu: z.string().optional(),
    price_per_gpu_hour: amount.optional(),
    /** Instead of a price by GPU-hour: what one replica costs a month. */
    cost_per_replica_month: amount.optional(),
    /** Absent: 1. */
    gpus_per_replica: positive.optional(),
    /** Throughput of one GPU at the latency objective, all token classes. Absent: the fleet is `redundancy` replicas at any volume. */
    tokens_per_second_per_gpu: positive.optional(),
    /** Share of that throughput that peaks may use. Absent: all of it (1). */
    load_ceiling: share.refine((value) => value > 0, 'must be above zero').optional(),
    /** The least number of replicas. Absent: as many as the peak needs. */
    redundancy: whole.optional(),
  })
  .refine((c) => c.price_per_gpu_hour === undefined || c.cost_per_replica_month === undefined, {
    error: 'give price_per_gpu_hour or cost_per_replica_month, not both',
    path: ['cost_per_replica_month'],
  })

const build = z.strictObject({
  engineers: amount,
  /** The work, from the first month of the plan. */
  months: positive,
  /** Standard loaded cost of one engineer a year. */
  rate_per_year: amount,
  /** Written off in equal parts from go-live. Absent: counted in the months in which it is spent. */
  amortise_months: whole.min(1, 'must be at least 1').optional(),
})

const risk = z.strictObject({
  name: z.string().min(1),
  /** That it happens within the plan. */
  probability: share,
  /** What it costs when it does. */
  impact: amount,
  /** When. Absent: its reserve is spread evenly over the plan. */
  month: month.optional(),
})

/** What was promised before anyone looked closely: GPUs at a high utilisation, a quick build, nothing else. */
const naive = z.strictObject({
  /** Average share of the throughput in use; no peaks, no redundancy. Absent: the GPUs of the honest plan. */
  utilisation: share.refine((value) => value > 0, 'must be above zero').optional(),
  /** Weeks of `build.engineers` at their rate. Absent: the honest build. */
  build_weeks: positive.optional(),
  /** Operations that the naive plan admits. Absent: none. */
  operations_fte: amount.optional(),
})

export const projectionSchema = z.strictObject({
  currency: z.string({ error: 'must be a currency, such as USD' }).regex(/^[A-Z]{3}$/, 'must be three letters, such as USD'),
  /** First month of the 36. */
  start: month,
  /** Month in which serving begins; GPUs and supporting infrastructure are paid from `start`. Absent: the first month. */
  go_live: month.optional(),
  demand: demand.optional(),
  capacity: capacity.optional(),
  build: build.optional(),
  /** From go-live on. */
  run: z
    .strictObject({
      operations_fte: amount.optional(),
      /** Share of one engineer that on-call takes. */
      on_call_share: amount.optional(),
      rate_per_year: amount,
    })
    .optional(),
  /** Load balancing, storage, network, cluster: a share of GPU cost, an amount a month, or both. */
  supporting: z.strictObject({ share_of_gpu: amount.optional(), per_month: amount.optional() }).optional(),
  observability: z.strictObject({ per_month: amount }).optional(),
  /** From go-live on, spread evenly. */
  model_updates: z.strictObject({ per_year: amount, cost: amount }).optional(),
  /** Security and compliance, from go-live on. */
  security: z.strictObject({ per_quarter: amount }).optional(),
  /** What the people really hired cost above the standard rate, as a share of it. */
  talent_premium: z.strictObject({ share: amount }).optional(),
  /** Economic: hours × max(0, alternative value − loaded rate), from go-live on. */
  opportunity: z.strictObject({ hours_per_month: amount, alternative_value_per_hour: amount, loaded_rate_per_hour: amount }).optional(),
  /** Economic: probability a year that one of the engineers leaves, times what replacing one costs. */
  attrition: z.strictObject({ engineers: amount, probability_per_year: share, replacement_cost: amount }).optional(),
  /** Economic: leaving self-hosting within the plan. */
  exit: z.strictObject({ cost: amount, probability: share }).optional(),
  /** Compound change a year, from the first month on. Absent: prices stay. */
  price_trends: z.strictObject({ gpu: fraction.optional(), labour: fraction.optional(), api: fraction.optional() }).optional(),
  discount_rate_per_year: fraction.optional(),
  risks: z.array(risk).optional(),
  naive: naive.optional(),
})
export type ProjectionDocument = z.infer<typeof projectionSchema>
