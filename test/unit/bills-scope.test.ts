import { expect, test } from 'vitest'
import { countsInShare, decideScope } from '#lib/domain/scope.ts'
import { type LayerRule, parseMatch } from '#lib/domain/rule.ts'

type Line = {
  category?: string
  chargeClass?: string
  commitment?: string
  status?: string
  service?: string
  resource?: string | null
  tags?: Record<string, string>
}

const lineOf = ({ category = 'Usage', chargeClass, commitment, status, service = 'Compute', resource = 'i-1', tags = {} }: Line) => ({
  chargeCategory: category,
  chargeClass: chargeClass ?? null,
  commitmentId: commitment ?? null,
  commitmentStatus: status ?? null,
  serviceName: service,
  resourceId: resource,
  column: (name: string) => (name.startsWith('tag:') ? tags[name.slice(4)] : name === 'ServiceName' ? service : undefined),
})

const rule = (ordinal: number, match: string, scope: LayerRule['scope'], layer: LayerRule['layer']): LayerRule => ({
  ordinal,
  conditions: parseMatch(match) ?? [],
  scope,
  layer,
})

const RULES = [
  rule(1, 'ServiceName=Data*', 'out', ''),
  rule(2, 'ServiceName=Compute;tag:team=ml', 'in', 'lifecycle'),
  rule(3, 'tag:team=*', 'share', 'supporting'),
  rule(4, 'ServiceName=Free', 'in', ''),
]

// [line, rules?, scope, layer, rule, why]
const TABLE: [Line, boolean, string, string | null, number | null, string][] = [
  [{}, false, 'in', null, null, 'usage: the node decides'],
  [{ category: 'Tax' }, false, 'share', 'tax', null, 'tax follows use'],
  [{ category: 'Tax', chargeClass: 'Correction' }, false, 'share', 'tax', null, 'a corrected tax is tax'],
  [{ category: 'Credit' }, false, 'in', 'credits', null, ''],
  [{ category: 'Credit', chargeClass: 'Correction' }, false, 'in', 'refunds', null, ''],
  [{ chargeClass: 'Correction' }, false, 'in', 'corrections', null, 'corrected usage'],
  [{ category: 'Purchase', commitment: 'sp-1' }, false, 'share', 'commitment_purchase', null, ''],
  [{ category: 'Purchase' }, false, 'in', 'unassigned', null, 'a purchase of something else'],
  [{ status: 'Unused', commitment: 'sp-1' }, false, 'share', 'unused_commitment', null, ''],
  [{ status: 'Used', commitment: 'sp-1' }, false, 'in', null, null, 'covered usage is usage'],
  [{ category: 'Adjustment' }, false, 'in', 'unassigned', null, ''],
  [{ service: 'AWS Support (Business)', resource: null }, false, 'share', 'support', null, 'account-level support'],
  [{ service: 'AWS Support (Business)', resource: 'r' }, false, 'in', null, null, 'support of one resource is a matter for a rule'],
  [{ service: 'Database' }, true, 'out', null, 1, 'ruled out'],
  [{ service: 'Database', category: 'Tax' }, true, 'out', 'tax', 1, 'a rule puts even tax out'],
  [{ tags: { team: 'ml' } }, true, 'in', 'lifecycle', 2, 'the first match wins, and pairs are AND'],
  [{ tags: { team: 'web' } }, true, 'share', 'supporting', 3, ''],
  [{ tags: { team: 'web' }, category: 'Credit' }, true, 'share', 'credits', 3, 'the class keeps its layer, the rule its scope'],
  [{ tags: { team: 'ml' }, status: 'Unused' }, true, 'in', 'unused_commitment', 2, 'declared fleet-only'],
  [{ service: 'Free' }, true, 'in', null, 4, 'usage in scope without a layer: the node decides'],
  [{ service: 'Free', category: 'Adjustment' }, true, 'in', 'unassigned', 4, ''],
  [{}, true, 'in', null, null, 'no rule matches'],
]

test.each(TABLE)('%j (rules: %s) is %s, %s, by rule %s: %s', (line, ruled, scope, layer, ruleOrdinal) => {
  expect(decideScope(lineOf(line), ruled ? RULES : [])).toEqual({ scope, layer, ruleOrdinal })
})

test.each([
  [{}, true],
  [{ status: 'Used' }, true],
  [{ status: 'Unused' }, false],
  [{ chargeClass: 'Correction' }, false],
  [{ category: 'Tax' }, false],
  [{ category: 'Credit' }, false],
] as [Line, boolean][])('%j counts in the denominator of shares: %s', (line, counts) => {
  expect(countsInShare(lineOf(line))).toBe(counts)
})
