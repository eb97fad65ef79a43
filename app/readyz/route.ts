import { log } from '#lib/log.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { serviceContext } from '#lib/services/context.ts'
import { health } from '#lib/services/health.ts'

/** 200 when the database answers and has the tables of this build, else 503. Says nothing of the fleet, so it may be asked by anyone. */
export async function GET(): Promise<Response> {
  try {
    await health(LOCAL_ADMINISTRATOR, await serviceContext())
    return new Response('ready\n', { headers: { 'cache-control': 'no-store' } })
  } catch (error) {
    log.warn({ err: error }, 'not ready')
    return new Response('not ready\n', { status: 503, headers: { 'cache-control': 'no-store' } })
  }
}
export const dynamic = 'force-dynamic'
