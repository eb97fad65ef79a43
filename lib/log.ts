import pino from 'pino'
import { logLevel } from '#lib/env.ts'

/** Diagnostics go to standard error: standard output belongs to results. */
export const log = pino({ level: logLevel(), base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2))
