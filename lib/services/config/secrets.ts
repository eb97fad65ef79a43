import fs from 'node:fs'
import path from 'node:path'
import { variable } from '#lib/env.ts'
import { Failure } from '#lib/errors.ts'

const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/

const isFileReference = (value: unknown): value is { file: string } =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 1 && typeof (value as { file?: unknown }).file === 'string'

/** `${NAME}` and `{ file: path }` replaced by what they name; throws `usage` at `line` when that is missing. */
export function resolveSecrets(value: unknown, at: { file: string; line?: number; folder: string }): unknown {
  if (typeof value === 'string') {
    const name = REFERENCE.exec(value)?.[1]
    if (!name) return value
    const found = variable(name)
    if (found === undefined || found === '')
      throw new Failure('usage', 'secret_missing', `the environment variable ${name} is not set`, {
        place: at,
        remedy: `set ${name}, or name another variable`,
      })
    return found
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
  if (typeof value === 'string') return SECRET_KEYS.test(key) && !REFERENCE.test(value) ? '(hidden)' : value
  if (isFileReference(value)) return value
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, key))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, name)]))
  return value
}
