import { parsePeriod, type Period } from '#app/_queries/period.ts'
import { Failure } from '#lib/errors.ts'

export type Search = Promise<Record<string, string | string[] | undefined>>

/** What a person typed into the address is answered, not thrown at. */
export function asTyped<T>(read: () => T): T | Failure {
  try {
    return read()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

export const readPeriod = (params: Awaited<Search>, today: string): Period | Failure => asTyped(() => parsePeriod(params, today))
