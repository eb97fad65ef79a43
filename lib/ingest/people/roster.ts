import type pg from 'pg'
import type { PersonRef } from '#lib/domain/people.ts'

/** Names a person as the roster does; whoever is not in it keeps the source's id. */
export type Roster = (ref: PersonRef) => string

type RosterRow = { person: string; extra: Record<string, unknown> }

/** By the person's id, name or e-mail, and by anything else that the roster says of somebody; case does not matter. */
export async function readRoster(client: pg.ClientBase): Promise<Roster> {
  const { rows } = await client.query<RosterRow>('SELECT person, extra FROM person ORDER BY person')
  const byText = new Map<string, string>()
  const learn = (text: unknown, person: string) => {
    const key = typeof text === 'string' ? text.trim().toLowerCase() : ''
    if (key && !byText.has(key)) byText.set(key, person)
  }
  // A person's own id goes before what is said of others.
  for (const { person } of rows) learn(person, person)
  for (const { person, extra } of rows) for (const value of Object.values(extra)) learn(value, person)
  return ({ id, name, email }) => {
    for (const text of [id, name, email]) {
      const found = text ? byText.get(text.trim().toLowerCase()) : undefined
      if (found !== undefined) return found
    }
    return id
  }
}
