// One batch while its file is being read: the lines of one billing account and period, counted and summed.
import type { BillLine, StoredTexts } from '#lib/domain/bill.ts'
import { Money } from '#lib/domain/money.ts'
import type { Day } from '#lib/domain/time.ts'
import type { MoneyCounts, RejectShown, RowCounts } from '../batch.ts'
import { MAX_REJECTS_SHOWN } from '../batch.ts'
import type { Reject } from '../contract.ts'
import { ExactSum } from '../exact-sum.ts'
import { BatchContent } from './content.ts'
import { DaySet, ExcludedDays } from './excluded.ts'
import { type RowFrame, rowFrame } from './rows.ts'
import type { StoredBatch } from './stored.ts'

const PARTS = ['read', 'accepted', 'quarantined', 'excluded'] as const
type Part = (typeof PARTS)[number]
type Sums = Record<'billed' | 'effective', Record<Part, ExactSum>>

const newSums = (): Sums => {
  const column = () => ({ read: new ExactSum(), accepted: new ExactSum(), quarantined: new ExactSum(), excluded: new ExactSum() })
  return { billed: column(), effective: column() }
}

/** Money whose currency could not be read: ISO 4217's code for none. */
const NO_CURRENCY = 'XXX'

export type DraftKey = { account: string; period: Day; exported?: string | undefined }
/** How a bill's part of a delivery is named that it replaces (RULES.md 23). */
export const replacementKey = ({ account, period, exported }: DraftKey): string =>
  `${period.slice(0, 7)} ${account}${exported ? ` #${exported}` : ''}`

export class BatchDraft {
  readonly key: string
  readonly account: string
  readonly period: Day
  readonly seq: string
  /** What is current under this key, if anything. */
  readonly current: StoredBatch | undefined
  /** Rows go straight into bill_line: there is nothing to compare them with. */
  readonly direct: boolean
  readonly frame: RowFrame
  readonly rows: RowCounts = { read: 0, accepted: 0, quarantined: 0, excluded: 0 }
  /** Lines that are stored: a row may state more than one charge. */
  lines = 0
  readonly content = new BatchContent()
  readonly excluded = new ExcludedDays()
  readonly days = new DaySet()
  readonly rejects: RejectShown[] = []
  unreadable = 0
  invoiced = true
  periodEnd = 0
  lastFact = 0
  private readonly sums = new Map<string, Sums>()
  /** By currency: what the ledger takes as billed, of lines that say what their file billed. */
  private readonly ledger = new Map<string, ExactSum>()

  constructor(key: DraftKey, sourceId: number, seq: string, current: StoredBatch | undefined, direct: boolean) {
    this.key = replacementKey(key)
    this.account = key.account
    this.period = key.period
    this.seq = seq
    this.current = current
    this.direct = direct
    this.frame = rowFrame(key.period, sourceId, seq, this.key, key.account)
  }

  private sumsOf(currency: string): Sums {
    let sums = this.sums.get(currency)
    if (!sums) {
      sums = newSums()
      this.sums.set(currency, sums)
    }
    return sums
  }

  /** Counts a line as it came, before anything is decided about it. */
  read(line: BillLine, stored: StoredTexts, part = false): void {
    if (!part) this.rows.read++
    this.countLine(line, stored, 'read')
    if (line.invoiceId === null) this.invoiced = false
    if (line.billingPeriod.end > this.periodEnd) this.periodEnd = line.billingPeriod.end
  }

  accept(line: BillLine, stored: StoredTexts, part = false): void {
    if (!part) this.rows.accepted++
    this.lines++
    this.countLine(line, stored, 'accepted')
    this.days.add(line.charge.start, line.charge.end)
    if (line.charge.end > this.lastFact) this.lastFact = line.charge.end
  }

  exclude(line: BillLine, stored: StoredTexts, part = false): void {
    if (!part) this.rows.excluded++
    this.countLine(line, stored, 'excluded')
    this.excluded.add(line, line.fileBilled === undefined ? stored : { ...stored, billed: line.fileBilled }, part)
    this.days.add(line.charge.start, line.charge.end)
  }

  quarantine(reject: Reject): void {
    this.rows.read++
    this.rows.quarantined++
    const { billed = null, effective = null, line, column, value, reason } = reject
    const currency = reject.currency || NO_CURRENCY
    for (const part of ['read', 'quarantined'] as const) this.count(currency, { billed, effective }, part)
    if (billed === null || column === 'EffectiveCost') this.unreadable++
    if (this.rejects.length < MAX_REJECTS_SHOWN) this.rejects.push({ line, column, value, reason })
  }

  /** Money of an import is what its file says; what the ledger takes of it is kept beside. */
  private countLine(line: BillLine, stored: StoredTexts, part: Part): void {
    const { currency, fileBilled } = line
    if (fileBilled === undefined) {
      this.count(currency, stored, part)
      return
    }
    this.count(currency, { billed: fileBilled, effective: stored.effective }, part)
    if (part !== 'accepted') return
    let sum = this.ledger.get(currency)
    if (!sum) this.ledger.set(currency, (sum = new ExactSum()))
    sum.add(stored.billed)
  }

  private count(currency: string, amounts: { billed: string | null; effective: string | null }, part: Part): void {
    const sums = this.sumsOf(currency)
    if (amounts.billed !== null) sums.billed[part].add(amounts.billed)
    if (amounts.effective !== null) sums.effective[part].add(amounts.effective)
  }

  money(): MoneyCounts[] {
    return [...this.sums.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([currency, sums]) =>
        (['billed', 'effective'] as const).map((column) => {
          const texts = Object.fromEntries(PARTS.map((part) => [part, sums[column][part].toString()])) as Record<Part, string>
          const ledger = column === 'billed' ? this.ledger.get(currency)?.toString() : undefined
          return { currency, column, ...texts, ...(ledger !== undefined && ledger !== texts.accepted ? { ledger } : {}) }
        }),
      )
  }

  /** Throws when a row or an amount went missing on its way: that would be a fault of ours, and nothing may be written. */
  assertConserved(): void {
    const { read, accepted, quarantined, excluded } = this.rows
    const rows = read === accepted + quarantined + excluded
    const money = this.money().every((m) => new Money(m.accepted).plus(m.quarantined).plus(m.excluded).equals(m.read))
    if (!rows || !money)
      throw new Error(`conservation is broken in ${this.key}: ${JSON.stringify({ rows: this.rows, money: this.money() })}`)
  }
}
