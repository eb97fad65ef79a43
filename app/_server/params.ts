// What routes take from an address, checked before a service is called.
import { z } from 'zod'
import { isDay, parseInstant } from '#lib/domain/time.ts'
import type { ChangesParams } from '#lib/services/report/changes.ts'

const day = z.string('is missing').refine(isDay, 'is not a day: write YYYY-MM-DD').describe('UTC day, YYYY-MM-DD')
const basis = z.enum(['effective', 'billed']).default('effective').describe('which cost')
const instant = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, 'is not an instant: write ISO 8601, such as 2026-03-01T08:00:00Z')
  .describe('what was published at that moment')

/** `to` is exclusive; `by` names dimensions, separated by commas. */
export const reportParams = z
  .strictObject({
    from: day,
    to: day.describe('UTC day after the last, YYYY-MM-DD'),
    by: z.string().optional().describe('dimensions, separated by commas'),
    basis,
    as_of: instant.optional(),
  })
  .refine(({ from, to }) => from < to, { error: 'must be after from', path: ['to'] })

/** What was published after `since`, and by `as_of` where that is named. */
export const changesParams = z
  .strictObject({
    from: day,
    to: day.describe('UTC day after the last, YYYY-MM-DD'),
    since: z.string('is missing').pipe(instant).describe('the earlier moment'),
    as_of: instant.optional().describe('the later moment; now unless told'),
    by: z.string().optional().describe('dimensions, separated by commas'),
    basis,
  })
  .refine(({ from, to }) => from < to, { error: 'must be after from', path: ['to'] })

/** `owner` empty: nobody any more. */
export const exceptionOwner = z.strictObject({ kind: z.string(), subject: z.string(), owner: z.string() })

export const lineageParams = z.strictObject({
  cursor: z.string().optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe('source rows a page; 100 unless told'),
})

export type ReportParams = { from: string; to: string; by?: string[]; basis: 'effective' | 'billed'; asOf?: Date }

const listOf = (names: string | undefined) => names?.split(',').map((name) => name.trim())
const momentOf = (text: string | undefined) => (text === undefined ? undefined : new Date(parseInstant(text)!))

/** Throws ZodError, which becomes a 400 that names the parameter. */
export function readChangesParams(search: URLSearchParams): ChangesParams {
  const { from, to, by, basis: chosen, since, as_of } = changesParams.parse(Object.fromEntries(search))
  return { from, to, basis: chosen, by: listOf(by), asOf1: momentOf(since)!, asOf2: momentOf(as_of) }
}

/** Throws ZodError, which becomes a 400 that names the parameter. */
export function readReportParams(search: URLSearchParams): ReportParams {
  const { from, to, by, basis: chosen, as_of } = reportParams.parse(Object.fromEntries(search))
  const names = listOf(by)
  const at = momentOf(as_of)
  return { from, to, basis: chosen, ...(names ? { by: names } : {}), ...(at ? { asOf: at } : {}) }
}
