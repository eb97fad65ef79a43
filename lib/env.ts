// The only place that looks at the environment.
import path from 'node:path'
import { Failure } from '#lib/errors.ts'

/** Where everything Denominator keeps lies: embedded database, landing store, spool. `DENOMINATOR_DATA`, default `./data`. */
export const dataDir = (): string => path.resolve(/*turbopackIgnore: true*/ process.env.DENOMINATOR_DATA || 'data')

/** The configuration file. `DENOMINATOR_CONFIG`, default `./denominator.yaml`. */
export const configFile = (): string => path.resolve(/*turbopackIgnore: true*/ process.env.DENOMINATOR_CONFIG || 'denominator.yaml')

/** Whether the operator named a configuration file, so that a missing one is a mistake. */
export const configIsNamed = (): boolean => Boolean(process.env.DENOMINATOR_CONFIG)

/** The user's own PostgreSQL; undefined means the embedded one. */
export const databaseUrl = (): string | undefined => process.env.DATABASE_URL || undefined

export const host = (): string => process.env.HOST || '127.0.0.1'

/** Throws `usage` when PORT is no port. */
export function port(): number {
  const value = Number(process.env.PORT || 3000)
  if (!Number.isInteger(value) || value < 1 || value > 65535)
    throw new Failure('usage', 'bad_port', `PORT \`${process.env.PORT}\` is not a port`, { remedy: 'set PORT to a number from 1 to 65535' })
  return value
}
export const logLevel = (): string => process.env.LOG_LEVEL || 'info'

/** A secret or setting named by `${NAME}` in the configuration. */
export const variable = (name: string): string | undefined => process.env[name]
