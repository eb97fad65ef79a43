// The only place that looks at the environment.
import path from 'node:path'

/** Where everything Denominator keeps lies: embedded database, landing store, spool. `DENOMINATOR_DATA`, default `./data`. */
export const dataDir = (): string => path.resolve(/*turbopackIgnore: true*/ process.env.DENOMINATOR_DATA || 'data')

/** The configuration file. `DENOMINATOR_CONFIG`, default `./denominator.yaml`. */
export const configFile = (): string => path.resolve(/*turbopackIgnore: true*/ process.env.DENOMINATOR_CONFIG || 'denominator.yaml')

/** The user's own PostgreSQL; undefined means the embedded one. */
export const databaseUrl = (): string | undefined => process.env.DATABASE_URL || undefined

export const host = (): string => process.env.HOST || '127.0.0.1'
export const port = (): number => Number(process.env.PORT || 3000)
export const logLevel = (): string => process.env.LOG_LEVEL || 'info'

/** A secret or setting named by `${NAME}` in the configuration. */
export const variable = (name: string): string | undefined => process.env[name]
