import fs from 'node:fs'
import path from 'node:path'
import { variable } from '#lib/env.ts'
import { Failure } from '#lib/errors.ts'

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g
const USER_IN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@/i

const isFileReference = (value: unknown): value is { file: string } =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 1 && typeof (value as { file?: unknown }).file === 'string'

/** The value of one `${NAME}`. */
function secretOf(name: string, at: { file: string; line?: number }): string {
  const found = variable(name)
  if (found === undefined || found === '')
    throw new Failure('usage', 'secret_missing', `the environment variable ${name} is not set`, {
      place: at,
      remedy: `set ${name}, or name another variable`,
    })
  return found
}

/**
 * `${NAME}` (also within a text) and `{ file: path }` replaced by what they name; throws `usage` at `line` when that is missing, and for a
 * password in an address, which would be shown wherever the address is.
 */
export function resolveSecrets(value: unknown, at: { file: string; line?: number; folder: string }): unknown {
  if (typeof value === 'string') {
    if (USER_IN_URL.test(value))
      throw new Failure('usage', 'password_in_url', 'an address holds a user or password', {
        place: at,
        remedy: 'take it out of the address and name it as a setting of the source (`token`, `username` and `password`), as ${NAME}',
      })
    return value.replace(REFERENCE, (_, name: string) => secretOf(name, at))
  }
  if (isFileReference(value)) {
    try {
      return fs.readFileSync(path.resolve(at.folder, value.file), 'utf8').trim()
    } catch (cause) {
      throw new Failure('usage', 'secret_missing', `the secret file ${value.file} cannot be read`, {
        place: at,
        remedy: 'create it, or correct its path',
        cause,
      })
    }
  }
  if (Array.isArray(value)) return value.map((item) => resolveSecrets(item, at))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveSecrets(item, at)]))
  return value
}

const SECRET_KEYS = /token|secret|password|key|authorization/i

/** The settings as they may be stored and shown: references stay, literal secrets go. */
export function withoutSecrets(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return SECRET_KEYS.test(key) && value.replace(REFERENCE, '').trim() === value.trim() ? '(hidden)' : value
  if (isFileReference(value)) return value
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, key))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, name)]))
  return value
}
