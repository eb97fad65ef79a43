// Which layer and scope a bill line gets: its class decides the layer first, then the rules (RULES.md 17 to 19).
import type { BillLine } from './bill.ts'
import type { Layer, Scope } from './layers.ts'
import { firstMatch, globMatches, type LayerRule } from './rule.ts'

/**
 * `layer` null: Usage that no rule names; reconcile decides by the node, and where there is none `otherwise` (of a rule pack) is its
 * layer. `ruleOrdinal` null: no rule matched.
 */
export type Decision = { scope: Scope; layer: Layer | null; ruleOrdinal: number | null; otherwise?: Layer }

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

/** What a pack says about a line that nobody else has placed: usage only where no known node stands behind it. */
function packed(line: Classed, pack: readonly LayerRule[]): { rule: LayerRule; layer: Layer | null; otherwise?: Layer } | undefined {
  const rule = pack.length === 0 ? undefined : firstMatch(pack, (name) => line.column(name))
  if (!rule || rule.layer === '') return undefined
  return line.chargeCategory === 'Usage' ? { rule, layer: null, otherwise: rule.layer } : { rule, layer: rule.layer }
}

/** Rules must be those of bills, in their order; those of a pack are asked last. */
export function decideScope(line: Classed, rules: readonly LayerRule[], pack: readonly LayerRule[] = []): Decision {
  if (line.given?.accepted) return { scope: 'in', layer: line.given.layer, ruleOrdinal: null }
  const given = line.given?.layer ?? classLayer(line)
  const rule = rules.length === 0 ? undefined : firstMatch(rules, (name) => line.column(name))
  const open = line.chargeCategory === 'Usage' ? null : 'unassigned'
  if (rule) {
    const { scope, ordinal: ruleOrdinal } = rule
    if (given || rule.layer !== '') return { scope, layer: given ?? (rule.layer || open), ruleOrdinal }
    const { rule: _, ...layers } = packed(line, pack) ?? { rule: null, layer: open }
    return { scope, ruleOrdinal, ...layers }
  }
  if (given) return { scope: SHARED.has(given) ? 'share' : 'in', layer: given, ruleOrdinal: null }
  if (isSupport(line)) return { scope: 'share', layer: 'support', ruleOrdinal: null }
  const found = packed(line, pack)
  // A share is of what belongs to the account; a line that names a resource is that resource's.
  if (!found || (found.rule.scope === 'share' && line.resourceId !== null)) return { scope: 'in', layer: open, ruleOrdinal: null }
  const { rule: by, ...layers } = found
  return { scope: by.scope, ruleOrdinal: by.ordinal, ...layers }
}

/** A line whose effective cost stands in the denominator of a day's share: Usage, neither unused commitment nor correction (RULES.md 20). */
export const countsInShare = (line: Classed): boolean => line.chargeCategory === 'Usage' && classLayer(line) === undefined
