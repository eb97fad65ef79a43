// Who asks, and with what: the only door from a request to the services.
import { forbidden } from 'next/navigation'
import { headers } from 'next/headers'
import { Failure } from '#lib/errors.ts'
import { type Actor, LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { type ServiceContext, serviceContext } from '#lib/services/context.ts'

export type Asked = { actor: Actor; context: ServiceContext }

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/**
 * While there are no accounts, only requests addressed to loopback are served, and as administrator. A foreign name that resolves to
 * 127.0.0.1 (DNS rebinding) carries that name in Host and is refused. Throws `forbidden`.
 */
export function actorOf(host: string | null): Actor {
  if (host !== null && LOOPBACK.test(host)) return LOCAL_ADMINISTRATOR
  throw new Failure('forbidden', 'not_loopback', `requests to ${host ?? 'no host'} are not served while there are no accounts`, {
    remedy: 'open http://127.0.0.1 on the machine itself, or through an SSH tunnel',
  })
}

export async function asked(request: Request): Promise<Asked> {
  const actor = actorOf(request.headers.get('host'))
  return { actor, context: await serviceContext() }
}

/** The same for a page: answers 403 with app/forbidden.tsx. */
export async function askedByPage(): Promise<Asked> {
  const host = (await headers()).get('host')
  if (host === null || !LOOPBACK.test(host)) forbidden()
  return { actor: actorOf(host), context: await serviceContext() }
}
