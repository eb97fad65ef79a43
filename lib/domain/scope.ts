// Which layer and scope a bill line gets: its class decides the layer first, then the rules (RULES.md 17 to 19).
import type { BillLine } from './bill.ts'
import type { Layer, Scope } from './layers.ts'
import { firstMatch, globMatches, type LayerRule } from './rule.ts'

/** `layer` null: Usage that no rule names; reconcile decides by the node. `ruleOrdinal` null: no rule matched. */
export type Decision = { scope: Scope; layer: Layer | null; ruleOrdinal: number | null }

type Classed = Pick<
  BillLine,
  'chargeCategory' | 'chargeClass' | 'commitmentId' | 'commitmentStatus' | 'serviceName' | 'resourceId' | 'column' | 'given'
>

/** The layer that a line's class gives it, whatever the rules say; undefined where its class says nothing. */
export function classLayer(line: Classed): Layer | undefined {
  const correction = line.chargeClass === 'Correction'
  if (line.chargeCategory === 'Tax') return 'tax'
  if (line.chargeCategory === 'Credit') return correction ? 'refunds' : 'credits'
  if (correction) return 'corrections'
  if (line.chargeCategory === 'Purchase' && line.commitmentId !== null) return 'commitment_purchase'
  if (line.commitmentStatus === 'Unused') return 'unused_commitment'
  return undefined
}

const SHARED: ReadonlySet<Layer> = new Set(['tax', 'commitment_purchase', 'unused_commitment'])

const isSupport = (line: Classed): boolean =>
  line.resourceId === null && line.serviceName !== null && globMatches('*Support*', line.serviceName)

/** Rules must be those of bills, in their order. */
export function decideScope(line: Classed, rules: readonly LayerRule[]): Decision {
  if (line.given?.accepted) return { scope: 'in', layer: line.given.layer, ruleOrdinal: null }
  const given = line.given?.layer ?? classLayer(line)
  const rule = rules.length === 0 ? undefined : firstMatch(rules, (name) => line.column(name))
  const usage = line.chargeCategory === 'Usage'
  if (rule) {
    const layer = given ?? (rule.layer === '' ? (usage ? null : 'unassigned') : rule.layer)
    return { scope: rule.scope, layer, ruleOrdinal: rule.ordinal }
  }
  if (given) return { scope: SHARED.has(given) ? 'share' : 'in', layer: given, ruleOrdinal: null }
  if (isSupport(line)) return { scope: 'share', layer: 'support', ruleOrdinal: null }
  return { scope: 'in', layer: usage ? null : 'unassigned', ruleOrdinal: null }
}

/** A line whose effective cost stands in the denominator of a day's share: Usage, neither unused commitment nor correction (RULES.md 20). */
export const countsInShare = (line: Classed): boolean => line.chargeCategory === 'Usage' && classLayer(line) === undefined
