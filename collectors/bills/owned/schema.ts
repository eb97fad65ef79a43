// Owned hardware (RULES.md, Owned). Scalars come as texts, so that no amount passes through a binary number.
import { z } from 'zod'
import { LAYERS } from '#lib/domain/layers.ts'
import { parseAmount } from '#lib/domain/money.ts'
import { isDay } from '#lib/domain/time.ts'

export const ownedSettings = z.strictObject({
  /** A file or a folder. */
  path: z.string().optional(),
})
export type OwnedSettings = z.infer<typeof ownedSettings>

/** A decimal number of at least zero, exact. */
const amount = z.string('is missing').transform((text, context) => {
  const value = parseAmount(text)
  if (value && !value.isNegative()) return value
  context.addIssue({ code: 'custom', message: `\`${text}\` is not an amount; write for example 250000.00` })
  return z.NEVER
})
const name = z.string('is missing').trim().min(1, 'is empty')
const day = z.string('is missing').refine(isDay, 'not a day of the calendar; write YYYY-MM-DD')
const months = z
  .string('is missing')
  .regex(/^\d{1,4}$/, 'not a number of months')
  .transform(Number)
  .refine((count) => count >= 1 && count <= 1200, 'not between 1 and 1200 months')

const monthly = z.strictObject({
  what: name,
  /** Of each calendar month in service. */
  amount,
  layer: z.enum(LAYERS, `not a layer; use one of ${LAYERS.join(', ')}`),
})

const asset = z
  .strictObject({
    node: name,
    price: amount,
    salvage: amount,
    currency: z.string('is missing').regex(/^[A-Z]{3}$/, 'not a currency code of three capital letters'),
    in_service: day.refine((text) => text >= '2000-01-01' && text < '2100-01-01', 'not between the years 2000 and 2100'),
    months,
    monthly: z.array(monthly).default([]),
  })
  .refine(({ price, salvage }) => salvage.lessThanOrEqualTo(price), { error: 'more than the price', path: ['salvage'] })

export const ownedSchema = z.strictObject({ assets: z.array(asset).min(1, 'is empty').max(10_000, 'more than 10,000 assets') })
export type Asset = z.infer<typeof asset>
