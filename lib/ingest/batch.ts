// What an import answers: one result a batch (CONTRACT.md, `import --json`).

export type BatchStatus = 'provisional' | 'final' | 'waiting'
export type RowCounts = { read: number; accepted: number; quarantined: number; excluded: number }
/** Texts with every digit; read = accepted + quarantined + excluded. */
export type MoneyCounts = {
  currency: string
  column: 'billed' | 'effective'
  read: string
  accepted: string
  quarantined: string
  excluded: string
  /** What the ledger takes of `accepted`, where that is not the file's own sum (RULES.md 16). */
  ledger?: string
}
export type RejectShown = { line: number; column: string | null; value: string | null; reason: string }

export type ImportResult = {
  batch: string
  source: string
  kind: string
  dialect: string
  /** YYYY-MM of a bill; null where facts have no period. */
  period: string | null
  account: string | null
  version: number
  unchanged: boolean
  status: BatchStatus
  rows: RowCounts
  money: MoneyCounts[]
  /** Quarantined rows of which an amount could not be read, so that it is missing from `money`. */
  unreadable: number
  /** The first hundred. */
  rejects: RejectShown[]
  message: string | null
}

export const MAX_REJECTS_SHOWN = 100

export type ImportSource = { sourceId: number; name: string; kind: string; settings: unknown }
/** `confirm`: replace even where more than a fifth would be lost. */
export type ImportOptions = {
  period?: string
  confirm?: boolean
  /** The file was found lying in a folder: bytes that a later delivery has replaced do not come back. */
  found?: boolean
}
