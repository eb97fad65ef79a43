import { expect, test } from 'vitest'
import { chooseDeployments, type DeploymentMatch } from '#lib/domain/telemetry/deployment-match.ts'
import { type Alias, hostOf, NodeLookup } from '#lib/domain/telemetry/node-lookup.ts'

const always = { from: -Infinity, to: Infinity }
const alias = (kind: string, name: string, node: number, span: { from: number; to: number } = always): Alias => ({
  kind,
  alias: name,
  node,
  ...span,
})
const names = (over: object = {}) => ({ gpuUuid: 'GPU-a', instance: '10.0.0.1:9400', hostname: 'n1', kubernetesNode: null, ...over })

const ORDER: [why: string, aliases: Alias[], node: number | string][] = [
  ['the GPU itself first', [alias('hostname', 'n1', 5), alias('scrape_instance', '10.0.0.1:9400', 4), alias('gpu_uuid', 'gpu-A', 3)], 3],
  [
    'then the instance with its port',
    [alias('hostname', 'n1', 5), alias('scrape_instance', '10.0.0.1', 6), alias('scrape_instance', '10.0.0.1:9400', 4)],
    4,
  ],
  ['or its host alone', [alias('hostname', 'n1', 5), alias('scrape_instance', '10.0.0.1', 6)], 6],
  ['then the host name', [alias('kubernetes_node', 'n1', 7), alias('hostname', 'N1', 5)], 5],
  ['then the Kubernetes node', [alias('hostname', '10.0.0.1', 8), alias('kubernetes_node', 'n1', 7)], 7],
  ['then the host of the instance', [alias('hostname', '10.0.0.1', 8)], 8],
  ['no alias, but a node of that name', [], 9],
]
test.each(ORDER)('%s', (_, aliases, node) => {
  expect(new NodeLookup(aliases, new Map([['n1', 9]])).resolve(names(), 0).node).toBe(node)
})

test('an unknown machine is called by its host name, else by the host of its instance', () => {
  const lookup = new NodeLookup([], new Map())
  expect(lookup.resolve(names(), 0).node).toBe('n1')
  expect(lookup.resolve(names({ hostname: null }), 0).node).toBe('10.0.0.1')
  expect(['a:1', '[::1]:9400', 'a.b', '1.2.3.4:80'].map(hostOf)).toEqual(['a', '::1', 'a.b', '1.2.3.4'])
})

test('names are reused: an alias counts in its span, and the answer says how long it holds', () => {
  const lookup = new NodeLookup(
    [alias('hostname', 'n1', 1, { from: -Infinity, to: 100 }), alias('hostname', 'n1', 2, { from: 200, to: Infinity })],
    new Map(),
  )
  expect(lookup.resolve(names(), 50)).toEqual({ node: 1, from: -Infinity, to: 100 })
  expect(lookup.resolve(names(), 100)).toEqual({ node: 'n1', from: 100, to: 200 })
  expect(lookup.resolve(names(), 200)).toEqual({ node: 2, from: 200, to: Infinity })
})

const replica = {
  instance: '10.0.0.1:8000',
  model: 'llama-70b',
  engine: 'vllm',
  namespace: 'llm',
  pod: 'p-0',
  labels: { engine: '0', job: 'vllm' },
}
let ordinal = 0
const match = (deployment: number, labels: Record<string, string>, more: Partial<DeploymentMatch> = {}): DeploymentMatch => ({
  ordinal: ordinal++,
  deployment,
  model: 'llama-70b',
  labels,
  gpus: [],
  ...always,
  ...more,
})
const chosen = (...matches: DeploymentMatch[]) =>
  chooseDeployments(replica, matches).map(({ deployment, from, to }) => [deployment, from, to])

test.each([
  ['no labels: the deployment’s own model', {}, true],
  ['another model', { model_name: 'qwen*' }, false],
  ['globs', { model_name: 'llama-*', pod: 'p-*' }, true],
  ['the instance with and without port', { instance: '10.0.0.1' }, true],
  ['the engine by its kind', { engine: 'vllm' }, true],
  ['the engine by its rank', { engine: '0' }, true],
  ['any other label', { job: 'vllm', namespace: 'llm' }, true],
  ['a label that is not there', { zone: '*' }, false],
])('%s', (_, labels, matches) => {
  expect(chosen(match(1, labels as Record<string, string>))).toEqual(matches ? [[1, -Infinity, Infinity]] : [])
})

test('most conditions win, in their span; among equals the earlier', () => {
  expect(chosen(match(1, {}), match(2, { job: 'vllm' }))).toEqual([[1, -Infinity, Infinity]])
  expect(chosen(match(1, { job: 'vllm' }), match(2, { job: 'vllm', pod: 'p-0' }, { from: 10, to: 20 }))).toEqual([
    [1, -Infinity, 10],
    [2, 10, 20],
    [1, 20, Infinity],
  ])
  expect(chosen(match(1, {}, { to: 10 }), match(1, {}, { from: 10, to: 20 }))).toEqual([[1, -Infinity, 20]])
})
