import type pg from 'pg'
import { chooseDeployments, type DeploymentMatch, type ReplicaLabels } from '#lib/domain/telemetry/deployment-match.ts'
import { markAllDirty } from '#lib/store/dirty.ts'
import { transaction } from '#lib/store/transaction.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

/** Decides anew whose replica each one is, from deployment_match. Returns how many spans changed. */
export async function mapReplicas(actor: Actor, context: ServiceContext): Promise<{ changed: number }> {
  authorise(actor, 'write')
  return { changed: await transaction(context.db.pool, mapReplicasIn) }
}

type Span = { replica: string; deployment: number; gpus: number[]; from: number; to: number }
const spanKey = ({ replica, deployment, gpus, from, to }: Span): string => [replica, deployment, gpus.join(' '), from, to].join('|')
const instant = (ms: number): string => (ms === -Infinity ? '-infinity' : ms === Infinity ? 'infinity' : new Date(ms).toISOString())

/** The same in a transaction that is already open: where replicas appear they are mapped before anyone sees them. */
export async function mapReplicasIn(client: pg.PoolClient): Promise<number> {
  await client.query('LOCK TABLE replica_deployment IN SHARE ROW EXCLUSIVE MODE')
  const wanted = await spansWanted(client)
  const { rows } = await client.query<{ replica: string; deployment: number; gpus: number[]; from: string; to: string }>(
    `SELECT replica_id AS replica, deployment_id AS deployment, gpus, extract(epoch FROM valid_from)::text AS "from",
            extract(epoch FROM valid_to)::text AS "to" FROM replica_deployment`,
  )
  const stored = new Set(rows.map((row) => spanKey({ ...row, from: ms(row.from), to: ms(row.to) })))
  const keys = new Set(wanted.map(spanKey))
  const changed = wanted.filter((span) => !stored.has(spanKey(span))).length + [...stored].filter((key) => !keys.has(key)).length
  if (changed === 0) return 0
  await client.query('DELETE FROM replica_deployment')
  for (const { replica, deployment, gpus, from, to } of wanted)
    await client.query(
      'INSERT INTO replica_deployment (replica_id, deployment_id, gpus, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5)',
      [replica, deployment, gpus, instant(from), instant(to)],
    )
  await markAllDirty(client, ['capacity', 'tokens', 'equivalent'], 'deployments of replicas')
  return changed
}

const ms = (seconds: string): number =>
  seconds === 'Infinity' ? Infinity : seconds === '-Infinity' ? -Infinity : Math.round(Number(seconds) * 1000)

async function spansWanted(client: pg.PoolClient): Promise<Span[]> {
  const matches = await client.query<{
    match_id: number
    deployment_id: number
    model: string
    labels: Record<string, string>
    gpus: number[]
    valid_from: Date | null
    valid_to: Date | null
  }>(
    `SELECT match_id, m.deployment_id, d.model, labels, gpus, valid_from, valid_to
     FROM deployment_match m JOIN deployment d USING (deployment_id) ORDER BY match_id`,
  )
  const list: DeploymentMatch[] = matches.rows.map((row) => ({
    ordinal: row.match_id,
    deployment: row.deployment_id,
    model: row.model,
    labels: row.labels,
    gpus: row.gpus ?? [],
    from: row.valid_from?.getTime() ?? -Infinity,
    to: row.valid_to?.getTime() ?? Infinity,
  }))
  const replicas = await client.query<ReplicaLabels & { replica_id: string }>(
    `SELECT replica_id, instance, model_name AS model, engine, coalesce(namespace, '') AS namespace, coalesce(pod, '') AS pod, labels
     FROM replica ORDER BY replica_id`,
  )
  return replicas.rows.flatMap((row) => chooseDeployments(row, list).map((span) => ({ replica: row.replica_id, ...span })))
}
