// What a credit of Google's is: part of the price of its row, or money that was given apart from it.
import type { Item } from './row.ts'

/** Google's types of price: committed and sustained use, negotiated and spending-based discounts, resellers' margins, free tiers. */
const RATE = /_DISCOUNT(?:_DOLLAR_BASE)?$|^DISCOUNT$|^SUBSCRIPTION_BENEFIT$|^RESELLER_MARGIN$|^FREE_TIER$|^FEE_UTILIZATION_OFFSET$/
/** Exports of before 2020 name credits without a type. */
const RATE_NAME = /committed|sustained|discount|free tier|subscription/i
const GIVEN_NAME = /promo|trial|grant/i

/** Promotions, trials and what has no type that we know stand on lines of their own. */
export function isRateCredit(credit: Item): boolean {
  const type = credit.type ?? ''
  if (type !== '') return RATE.test(type)
  const name = credit.name ?? ''
  return RATE_NAME.test(name) && !GIVEN_NAME.test(name)
}

/** The fee of a spend-based commitment less this offset is what nothing used of it. */
export const isFeeOffset = (credit: Item): boolean => credit.type === 'FEE_UTILIZATION_OFFSET'

/** Fees of commitments: `Commitment v1: Gpu in Americas for 1 Year`, `Commitment - dollar based v1: …`. */
export const isCommitmentFee = (skuName: string): boolean => /^commitment\b/i.test(skuName)
