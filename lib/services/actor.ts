import { Failure } from '#lib/errors.ts'

export type Role = 'viewer' | 'analyst' | 'on_call_lead' | 'operator' | 'administrator' | 'auditor'
/** Who asks. Every service takes one; authorisation lives in services and nowhere else. */
export type Actor = { name: string; role: Role }

/** Loopback and the command line are administrator until accounts exist. */
export const LOCAL_ADMINISTRATOR: Actor = { name: 'local', role: 'administrator' }

export type Permission = 'read' | 'read_persons' | 'write' | 'administer'
const GRANTS: Record<Role, readonly Permission[]> = {
  viewer: ['read'],
  analyst: ['read', 'write'],
  on_call_lead: ['read', 'read_persons'],
  operator: ['read', 'write'],
  administrator: ['read', 'read_persons', 'write', 'administer'],
  auditor: ['read', 'read_persons'],
}

/** Throws `forbidden` unless the actor's role grants the permission. */
export function authorise(actor: Actor, permission: Permission): void {
  if (!GRANTS[actor.role].includes(permission))
    throw new Failure('forbidden', 'not_allowed', `${actor.name} (${actor.role}) may not ${permission.replace('_', ' ')}`)
}
