/** Where a complaint belongs: a file or source, and as exact as is known. */
export type ErrorPlace = { source?: string; file?: string; line?: number; column?: string }

/**
 * A failure that a user can act on: a stable code, the place, what is wrong and what to do.
 * `usage` failures (wrong command, wrong configuration) exit with 2 and answer 400; `refused` answers 422; `missing` 404; `forbidden` 403.
 */
export class Failure extends Error {
  readonly code: string
  readonly kind: 'usage' | 'refused' | 'missing' | 'forbidden' | 'unavailable'
  readonly place: ErrorPlace
  readonly remedy: string
  constructor(kind: Failure['kind'], code: string, message: string, more: { place?: ErrorPlace; remedy?: string; cause?: unknown } = {}) {
    super(message, { cause: more.cause })
    this.name = 'Failure'
    this.kind = kind
    this.code = code
    this.place = more.place ?? {}
    this.remedy = more.remedy ?? ''
  }

  /** One sentence with its place in front and the remedy behind. */
  override toString(): string {
    const { source, file, line, column } = this.place
    const where = [file ?? source, line, column].filter((x) => x !== undefined).join(':')
    return `${where ? `${where}: ` : ''}${this.message}${this.remedy ? ` — ${this.remedy}` : ''}`
  }
}

export const messageOf = (e: unknown): string => (e instanceof Failure ? e.toString() : e instanceof Error ? e.message : String(e))
