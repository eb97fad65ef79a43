// Which deployment a replica belongs to, and when: the most specific match decides.
import { globMatches } from '../rule.ts'
import { hostOf } from './node-lookup.ts'
import type { Labels } from './reading.ts'

/** Half-open in ms. Without labels a match asks for the deployment's own model. */
export type DeploymentMatch = {
  ordinal: number
  deployment: number
  model: string
  labels: Labels
  gpus: number[]
  from: number
  to: number
}
export type ReplicaLabels = { instance: string; model: string; engine: string; namespace: string; pod: string; labels: Labels }
export type DeploymentSpan = { deployment: number; gpus: number[]; from: number; to: number }

/** Every text that a label can be matched by: an instance also without its port, the engine by its kind or by its rank. */
function textsOf(replica: ReplicaLabels, label: string): string[] {
  const own = replica.labels[label] === undefined ? [] : [replica.labels[label]]
  switch (label) {
    case 'instance':
      return [replica.instance, hostOf(replica.instance), ...own]
    case 'model_name':
    case 'model':
      return [replica.model, ...own]
    case 'engine':
      return [replica.engine, ...own]
    case 'namespace':
    case 'pod':
      return replica[label] === '' ? own : [replica[label], ...own]
    default:
      return own
  }
}

const conditionsOf = (match: DeploymentMatch): [string, string][] => {
  const given = Object.entries(match.labels)
  return given.length > 0 ? given : [['model_name', match.model]]
}

const holds = (replica: ReplicaLabels, match: DeploymentMatch): boolean =>
  conditionsOf(match).every(([label, glob]) => textsOf(replica, label).some((text) => globMatches(glob, text)))

/** The spans in which the replica belongs to a deployment. Most conditions win; among equals the earlier match does. */
export function chooseDeployments(replica: ReplicaLabels, matches: readonly DeploymentMatch[]): DeploymentSpan[] {
  const fitting = matches
    .filter((match) => holds(replica, match))
    .sort((a, b) => conditionsOf(b).length - conditionsOf(a).length || a.ordinal - b.ordinal)
  const edges = [...new Set(fitting.flatMap((match) => [match.from, match.to]))].sort((a, b) => (a < b ? -1 : 1))
  const spans: DeploymentSpan[] = []
  for (const [i, from] of edges.entries()) {
    const to = edges[i + 1]
    const best = to === undefined ? undefined : fitting.find((match) => match.from <= from && match.to >= to)
    if (best === undefined || to === undefined) continue
    const last = spans[spans.length - 1]
    if (last && last.to === from && last.deployment === best.deployment && last.gpus.join() === best.gpus.join()) last.to = to
    else spans.push({ deployment: best.deployment, gpus: best.gpus, from, to })
  }
  return spans
}
