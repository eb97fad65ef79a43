import type { Layer } from '#lib/domain/layers.ts'

/** Layers that exist in the economic view only, from assumptions. */
export const ECONOMIC_LAYERS = ['opportunity', 'attrition', 'risk_reserve', 'exit'] as const
export type EconomicLayer = (typeof ECONOMIC_LAYERS)[number]

/** An amount by layer; a layer that is absent is not part of the plan. */
export type Amounts<L extends string = Layer> = Partial<Record<L, number>>

export const totalOf = (amounts: Amounts<string>): number => Object.values(amounts).reduce<number>((sum, amount) => sum + (amount ?? 0), 0)

/** Adds `share` × `more` to `amounts`. */
export function addAmounts<L extends string>(amounts: Amounts<L>, more: Amounts<L>, share = 1): Amounts<L> {
  const sum = { ...amounts }
  for (const layer of Object.keys(more) as L[]) sum[layer] = (sum[layer] ?? 0) + (more[layer] ?? 0) * share
  return sum
}
