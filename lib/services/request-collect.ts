import { Failure } from '#lib/errors.ts'
import { addJob } from '#lib/store/jobs.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

/** Leaves a job for the collectors: one pull of the source, soon. Returns the job's id. */
export async function requestCollect(actor: Actor, context: ServiceContext, params: { source: string }): Promise<{ job: string }> {
  authorise(actor, 'write')
  const { rowCount } = await context.db.pool.query('SELECT 1 FROM source WHERE name = $1 AND declared', [params.source])
  if (!rowCount)
    throw new Failure('missing', 'source_unknown', `there is no source \`${params.source}\``, {
      remedy: 'take a name from the list of sources',
    })
  return { job: await addJob(context.db.pool, 'collect', { source: params.source }) }
}
