import { collectSource } from '#collectors/collect.ts'
import { systemClock } from '#lib/clock.ts'
import { messageOf } from '#lib/errors.ts'
import { finishJob, type Job, takeJob } from '#lib/store/jobs.ts'
import type { OpenSession } from '../cli/session.ts'

/** Runs every job that is due, one after the other. */
export async function runJobs(session: OpenSession, signal: AbortSignal): Promise<void> {
  const { pool } = session.db
  for (let job = await takeJob(pool); job && !signal.aborted; job = await takeJob(pool)) {
    try {
      await finishJob(pool, job, { result: await run(session, job) })
    } catch (error) {
      await finishJob(pool, job, { error: messageOf(error) })
    }
  }
}

async function run(session: OpenSession, job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'collect':
      return collectSource({ ...session.context, now: systemClock() }, session.source(String(job.payload.source)), {})
    default:
      throw new Error(`job ${job.jobId}: kind ${job.kind} is unknown to this build`)
  }
}
