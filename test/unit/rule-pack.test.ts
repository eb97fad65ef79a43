import { expect, test } from 'vitest'
import { LAYERS } from '#lib/domain/layers.ts'
import { type LayerRule, parseMatch } from '#lib/domain/rule.ts'
import { DEFAULT_PACK, PACK_ORDINAL } from '#lib/domain/rules/pack.ts'
import { decideScope } from '#lib/domain/scope.ts'

const rulesOf = (
  list: readonly { ordinal: number; match: string; scope: LayerRule['scope']; layer: LayerRule['layer']; name?: string }[],
) => list.map(({ match, ...rule }): LayerRule => ({ ...rule, conditions: parseMatch(match) ?? [] }))
const PACK = rulesOf(DEFAULT_PACK)

type Line = {
  service: string
  category?: string
  resource?: string | null
  charge?: string
  more?: Record<string, string>
}
const lineOf = ({ service, category, resource = 'r-1', charge = 'Usage', more = {} }: Line) => ({
  chargeCategory: charge,
  chargeClass: null,
  commitmentId: null,
  commitmentStatus: null,
  serviceName: service,
  resourceId: resource,
  column: (name: string) => ({ ServiceName: service, ServiceCategory: category, ...more })[name],
})

// [line, layer or null where nothing is said, why]
const PLACES: [Line, string | null, string][] = [
  [{ service: 'Amazon Simple Storage Service' }, 'supporting', 'weights and images are stored'],
  [{ service: 'Elastic Load Balancing', category: 'Networking' }, 'supporting', ''],
  [{ service: 'Amazon Elastic Container Service for Kubernetes', category: 'Other' }, 'supporting', 'the cluster'],
  [{ service: 'AmazonCloudWatch', category: 'Management and Governance' }, 'observability', 'as bills spell it'],
  [{ service: 'Amazon Managed Service for Prometheus' }, 'observability', ''],
  [{ service: 'AWS Key Management Service' }, 'security', ''],
  [{ service: 'AWS Secrets Manager', category: 'Security' }, 'supporting', 'secrets run models; the service goes before its category'],
  [{ service: 'Amazon SageMaker' }, 'lifecycle', ''],
  [{ service: 'Amazon Elastic Compute Cloud - Compute', category: 'Compute' }, null, 'may be a GPU node without an alias'],
  [{ service: 'Amazon Elastic Compute Cloud', category: 'Storage' }, 'supporting', 'FOCUS: a disk'],
  [{ service: 'Amazon Elastic Compute Cloud', more: { 'product/productFamily': 'NAT Gateway' } }, 'supporting', 'a cost and usage report'],
  [{ service: 'Amazon Elastic Compute Cloud', more: { 'product/productFamily': 'Compute Instance' } }, null, ''],
  [{ service: 'Virtual Machines', category: 'Compute' }, null, 'Azure'],
  [{ service: 'Load Balancer', category: 'Networking' }, 'supporting', ''],
  [{ service: 'Azure Monitor', category: 'Management and Governance' }, 'observability', ''],
  [{ service: 'Log Analytics' }, 'observability', ''],
  [{ service: 'Key Vault', category: 'Security' }, 'supporting', ''],
  [{ service: 'Microsoft Defender for Cloud', category: 'Security' }, 'security', ''],
  [{ service: 'Azure Machine Learning', category: 'AI and Machine Learning' }, 'lifecycle', ''],
  [{ service: 'Azure Kubernetes Service', category: 'Compute' }, 'supporting', ''],
  [{ service: 'Compute Engine', more: { ChargeDescription: 'A2 Instance Core running in Americas' } }, null, 'Google'],
  [{ service: 'Compute Engine', more: { ChargeDescription: 'SSD backed PD Capacity' } }, 'supporting', ''],
  [{ service: 'Cloud Storage' }, 'supporting', ''],
  [{ service: 'Cloud Logging' }, 'observability', ''],
  [{ service: 'Cloud Key Management Service (KMS)' }, 'security', ''],
  [{ service: 'Vertex AI' }, 'lifecycle', ''],
  [{ service: 'Something New', category: 'Storage' }, 'supporting', 'by category alone'],
  [{ service: 'Something New', category: 'Management and Governance' }, 'observability', ''],
  [{ service: 'Something New', category: 'Identity' }, 'security', ''],
  [{ service: 'Something New', category: 'AI and Machine Learning' }, null, 'what it is for is the operator’s to say'],
  [{ service: 'Something New', category: 'Other' }, null, ''],
  [{ service: 'Something New' }, null, 'no category'],
]

test.each(PLACES)('%j belongs to %s %s', (line, layer) => {
  const { ruleOrdinal, ...decision } = decideScope(lineOf(line), [], PACK)
  expect(decision).toEqual({ scope: 'in', layer: null, ...(layer ? { otherwise: layer } : {}) })
  expect(ruleOrdinal !== null).toBe(layer !== null)
  expect(decideScope(lineOf({ ...line, charge: 'Purchase' }), [], PACK).layer).toBe(layer ?? 'unassigned')
})

test('the operator’s rules are asked first, and lend the pack their scope where they name no layer', () => {
  const rules = rulesOf([
    { ordinal: 1, match: 'ServiceName=Cloud Storage', scope: 'out', layer: '' },
    { ordinal: 2, match: 'ServiceName=Cloud Logging', scope: 'in', layer: 'operations' },
    { ordinal: 3, match: 'ServiceName=Cloud*', scope: 'share', layer: '' },
  ])
  expect(decideScope(lineOf({ service: 'Cloud Storage' }), rules, PACK)).toMatchObject({ scope: 'out', ruleOrdinal: 1 })
  expect(decideScope(lineOf({ service: 'Cloud Logging' }), rules, PACK)).toEqual({ scope: 'in', layer: 'operations', ruleOrdinal: 2 })
  expect(decideScope(lineOf({ service: 'Cloud DNS' }), rules, PACK)).toEqual({
    scope: 'share',
    layer: null,
    ruleOrdinal: 3,
    otherwise: 'supporting',
  })
})

test('support is shared, but what names a resource is that resource’s', () => {
  const support = (resource: string | null) => decideScope(lineOf({ service: 'Azure support plan', resource }), [], PACK)
  expect(support(null)).toMatchObject({ scope: 'share', otherwise: 'support' })
  expect(support('vm-1')).toEqual({ scope: 'in', layer: null, ruleOrdinal: null })
})

test('classes keep their layer', () => {
  expect(decideScope(lineOf({ service: 'Cloud Storage', charge: 'Tax' }), [], PACK)).toEqual({
    scope: 'share',
    layer: 'tax',
    ruleOrdinal: null,
  })
  expect(decideScope(lineOf({ service: 'Cloud Storage', charge: 'Credit' }), [], PACK).layer).toBe('credits')
})

test('rules have names of their own, ordinals of their own, and layers that exist', () => {
  expect(new Set(DEFAULT_PACK.map(({ name }) => name)).size).toBe(DEFAULT_PACK.length)
  expect(new Set(DEFAULT_PACK.map(({ match }) => match)).size).toBe(DEFAULT_PACK.length)
  expect(DEFAULT_PACK.map(({ ordinal }) => ordinal)).toEqual(DEFAULT_PACK.map((_, index) => PACK_ORDINAL + index))
  for (const { match, layer } of DEFAULT_PACK) {
    expect(parseMatch(match)?.length).toBeGreaterThan(0)
    expect(LAYERS).toContain(layer)
  }
})
