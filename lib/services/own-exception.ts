import { Failure } from '#lib/errors.ts'
import { transaction } from '#lib/store/transaction.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'
import { EXCEPTION_KINDS } from './report/exceptions.ts'

const MAX_LENGTH = 100

/** `owner` empty: nobody any more. */
export type ExceptionOwner = { kind: string; subject: string; owner: string }

/** Says who looks after an exception, which keeps its owner as long as it is there; audited. Throws `usage` for no kind, or too long a name. */
export async function ownException(
  actor: Actor,
  { db, now }: ServiceContext,
  { kind, subject, owner }: ExceptionOwner,
): Promise<ExceptionOwner> {
  authorise(actor, 'write')
  const name = owner.trim()
  if (!(EXCEPTION_KINDS as readonly string[]).includes(kind) || subject === '')
    throw new Failure('usage', 'bad_exception', `there is no exception \`${kind}\` of \`${subject}\``, {
      remedy: 'take kind and subject of a row of the exceptions report',
    })
  if (name.length > MAX_LENGTH)
    throw new Failure('usage', 'bad_owner', `an owner has at most ${MAX_LENGTH} letters`, { remedy: 'write a name or a team' })
  await transaction(db.pool, async (client) => {
    const { rowCount } =
      name === ''
        ? await client.query('DELETE FROM exception_owner WHERE kind = $1 AND subject = $2', [kind, subject])
        : await client.query(
            `INSERT INTO exception_owner (kind, subject, owner, set_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kind, subject) DO UPDATE SET owner = excluded.owner, set_at = excluded.set_at WHERE exception_owner.owner <> excluded.owner`,
            [kind, subject, name, now],
          )
    if (rowCount === 0) return
    await client.query('INSERT INTO audit_log (at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5)', [
      now,
      actor.name,
      'own_exception',
      `${kind} ${subject}`,
      JSON.stringify({ owner: name === '' ? null : name }),
    ])
  })
  return { kind, subject, owner: name }
}
