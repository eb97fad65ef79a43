// Bills of every dialect come in here: rows are keyed, put in or out of scope, and replace what their account and period said before.
import { hash, randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type pg from 'pg'
import type { BillLine } from '#lib/domain/bill.ts'
import { type Decision, decideScope } from '#lib/domain/scope.ts'
import { type Day, dayOf, monthOf } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { copyCell, copyText } from '#lib/store/copy.ts'
import { transaction } from '#lib/store/transaction.ts'
import type { ImportResult } from '../batch.ts'
import type { Portion, Reject, Row } from '../contract.ts'
import { Spool } from '../spool.ts'
import { BatchDraft, type DraftKey, replacementKey } from './draft.ts'
import { finish } from './finish.ts'
import type { BillImport } from './job.ts'
import { Ordinals } from './ordinals.ts'
import { ensureBillPartitions } from './partitions.ts'
import { BILL_LINE_COLUMNS, billLineRow, decisionName, decisionText, sameDecision, storedTexts } from './rows.ts'
import { type BillRules, billRules } from './rules.ts'
import { type StoredBatch, storedBatches } from './stored.ts'
import { refuseTwins } from './twins.ts'

const BILLS_LOCK = 7271
/** Rejects before the first row that says to which bill they belong. */
const MAX_HOMELESS = 10_000

/** Reads a bill into facts: one result an (account, period), everything in one transaction. */
export async function importBills(job: BillImport): Promise<ImportResult[]> {
  const scratch = path.join(job.scratchDir, `bill-${randomBytes(8).toString('hex')}`)
  const staged = new Spool(scratch, 'lines')
  const quarantined = new Spool(scratch, 'quarantine')
  try {
    return await transaction(job.pool, async (client) => {
      // One import of a source at a time: versions are numbered and compared under this lock.
      await client.query('SELECT pg_advisory_xact_lock($1, $2)', [BILLS_LOCK, job.source.sourceId])
      const rules = await billRules(client)
      const stored = await storedBatches(client, job.source.sourceId)
      const reader = new BillReader(job, rules, stored, staged, quarantined)
      await reader.readAll(client)
      await refuseTwins(client, job, reader.drafts())
      return finish(client, job, rules, stored, reader.drafts(), staged, quarantined)
    })
  } finally {
    await staged.dispose()
    await quarantined.dispose()
    await rm(scratch, { recursive: true, force: true })
  }
}

/** `name` identifies it within a batch's content, `text` is COPY's. */
type Decided = Decision & { name: string; text: string }

class BillReader {
  private readonly job: BillImport
  private readonly rules: BillRules
  private readonly staged: Spool
  private readonly quarantined: Spool
  private readonly current: Map<string, StoredBatch>
  private readonly byKey = new Map<string, BatchDraft>()
  private readonly partitions = new Set<Day>()
  private readonly ordinals = new Ordinals()
  private readonly file: string
  private homeless: Reject[] = []
  private decided: Decided | undefined
  /** The draft of the row before: rows of one bill come together. */
  private last: { account: string; start: number; draft: BatchDraft } | undefined

  constructor(job: BillImport, rules: BillRules, stored: readonly StoredBatch[], staged: Spool, quarantined: Spool) {
    this.job = job
    this.rules = rules
    this.staged = staged
    this.quarantined = quarantined
    this.current = new Map(stored.filter(({ status }) => status !== 'waiting').map((batch) => [batch.key, batch]))
    this.file = copyCell(job.file.name)
  }

  drafts(): BatchDraft[] {
    return [...this.byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /**
   * Rows of keys that are new go straight into bill_line; rows of keys that exist are set aside, to be compared. COPY sees only the
   * partitions that were there when it began, so a period that turns up later begins another COPY.
   */
  async readAll(client: pg.ClientBase): Promise<void> {
    const portions = this.job.reading.portions[Symbol.asyncIterator]()
    let copied = 0
    try {
      let next = await portions.next()
      while (!next.done) {
        await this.makePartitions(next.value)
        const run = { next: next as IteratorResult<Portion<BillLine>> }
        copied += await copyText(client, 'bill_line', BILL_LINE_COLUMNS, this.texts(portions, run))
        next = run.next
      }
    } finally {
      await portions.return?.()
    }
    await this.settleHomeless()
    const expected = this.drafts().reduce((sum, draft) => sum + (draft.direct ? draft.lines : 0), 0)
    if (copied !== expected) throw new Error(`bill_line took ${copied} rows of ${expected}`)
  }

  /** COPY text until the file ends or a portion lacks a partition; `run.next` is then what comes after. */
  private async *texts(
    portions: AsyncIterator<Portion<BillLine>>,
    run: { next: IteratorResult<Portion<BillLine>> },
  ): AsyncGenerator<string> {
    while (!run.next.done && !this.lacksPartition(run.next.value)) {
      const text = await this.take(run.next.value)
      if (text !== '') yield text
      run.next = await portions.next()
    }
  }

  private lacksPartition(portion: Portion<BillLine>): boolean {
    let last = Number.NaN
    for (const { fact } of portion.rows) {
      if (fact.billingPeriod.start === last) continue
      last = fact.billingPeriod.start
      if (!this.partitions.has(periodOf(last))) return true
    }
    return false
  }

  private async makePartitions(portion: Portion<BillLine>): Promise<void> {
    const periods = new Set(portion.rows.map(({ fact }) => fact.billingPeriod.start))
    const months = [...periods].map(periodOf)
    const wanted = this.job.options.period
    const other = months.find((month) => wanted && month.slice(0, 7) !== wanted)
    if (other)
      throw new Failure('refused', 'wrong_period', `the file holds the billing period ${other.slice(0, 7)}, not ${wanted}`, {
        place: { source: this.job.source.name, file: this.job.file.name },
        remedy: 'leave --period out, or deliver the file of that period',
      })
    await ensureBillPartitions(this.job.pool, months)
    for (const month of months) this.partitions.add(month)
  }

  /** Takes in a portion; returns the COPY text of rows that go straight into bill_line. */
  private async take({ rows, rejects }: Portion<BillLine>): Promise<string> {
    const direct: string[] = []
    for (const row of rows) {
      const { billingAccount: account, billingPeriod } = row.fact
      let { last } = this
      if (!last || last.start !== billingPeriod.start || last.account !== account) {
        const draft = await this.draft({ account, period: periodOf(billingPeriod.start) })
        last = { account: draft.account, start: billingPeriod.start, draft }
        this.last = last
      }
      const copied = this.addRow(last.draft, row)
      if (copied === null) continue
      if (last.draft.direct) direct.push(copied)
      else this.staged.add(`${copied}\n`)
    }
    for (const reject of rejects) await this.addReject(reject)
    await this.staged.flush()
    await this.quarantined.flush()
    if (direct.length === 0) return ''
    direct.push('')
    return direct.join('\n')
  }

  private addRow(draft: BatchDraft, { fact: line, line: number, part }: Row<BillLine>): string | null {
    const stored = line.stored ?? storedTexts(line)
    draft.read(line, stored, part)
    const contentKey = hash('sha256', line.canonical)
    const decision = this.decide(line)
    draft.content.add(decision.name, contentKey)
    if (decision.scope === 'out') {
      draft.exclude(line, stored, part)
      return null
    }
    draft.accept(line, stored, part)
    const before = this.ordinals.next(Number.parseInt(contentKey.slice(0, 8), 16), Number.parseInt(contentKey.slice(8, 16), 16))
    // Below zero: a line beside its row's own, so that rows can be counted again from what is stored.
    const ordinal = part ? -1 - before : before
    return billLineRow(draft.frame, line, stored, `\\\\x${contentKey}`, ordinal, decision.text, `${this.file}\t${number}`)
  }

  /** The decision and how it is written: few differ, so the one before is kept. */
  private decide(line: BillLine): Decided {
    const decision = decideScope(line, this.rules.rules, this.rules.pack)
    const { decided } = this
    if (decided && sameDecision(decided, decision)) return decided
    this.decided = { ...decision, name: decisionName(decision), text: decisionText(decision) }
    return this.decided
  }

  private async draft({ account: named, period }: Omit<DraftKey, 'exported'>): Promise<BatchDraft> {
    const key = { account: named, period, exported: this.job.reading.export?.name }
    const name = replacementKey(key)
    let draft = this.byKey.get(name)
    if (!draft) {
      // A sequence is not part of a transaction, so another connection may ask it while COPY occupies this one.
      const { rows } = await this.job.pool.query<{ seq: string }>("SELECT nextval(pg_get_serial_sequence('batch', 'seq')) AS seq")
      const account = Buffer.from(key.account).toString()
      const current = this.current.get(name)
      const direct = !current && (this.job.again?.keys.has(name) ?? true)
      draft = new BatchDraft({ ...key, account }, this.job.source.sourceId, rows[0]!.seq, current, direct)
      this.byKey.set(draft.key, draft)
    }
    return draft
  }

  /** A row that cannot be read belongs to the bill that it names, else to that of the rows before it. */
  private async addReject(reject: Reject): Promise<void> {
    const { billingAccount: account, billingPeriod: period } = reject
    const named = account !== undefined && account !== null && period ? await this.draft({ account, period: monthOf(period) }) : undefined
    const draft = named ?? this.last?.draft
    if (draft) return this.quarantine(draft, reject)
    this.homeless.push(reject)
    if (this.homeless.length > MAX_HOMELESS) throw this.unreadable(`none of the first ${MAX_HOMELESS} rows can be read`)
  }

  private quarantine(draft: BatchDraft, reject: Reject): void {
    draft.quarantine(reject)
    draft.content.add('quarantined', hash('sha256', JSON.stringify([reject.column, reject.value, reject.reason])))
    const { file, line, column, value, reason, currency, billed, effective } = reject
    const cells = [draft.seq, this.job.source.sourceId, file, line, column, value, reason, currency, billed, effective]
    this.quarantined.add(`${cells.map(copyCell).join('\t')}\n`)
  }

  private async settleHomeless(): Promise<void> {
    const draft = this.drafts()[0]
    const first = this.homeless[0]
    if (!draft && first) throw this.unreadable(`no row of the file can be read; line ${first.line}: ${first.reason}`)
    if (!draft)
      throw new Failure('refused', 'no_rows', 'the file holds no rows', {
        place: { source: this.job.source.name, file: this.job.file.name },
        remedy: 'check that the export was complete',
      })
    for (const reject of this.homeless) this.quarantine(draft, reject)
    this.homeless = []
  }

  private unreadable(message: string): Failure {
    return new Failure('refused', 'no_readable_row', message, {
      place: { source: this.job.source.name, file: this.job.file.name, line: this.homeless[0]?.line },
      remedy: 'check that the file is what the source is declared to be',
    })
  }
}

const periods = new Map<number, Day>()

/** The month of a billing period: the UTC month of its start. */
function periodOf(start: number): Day {
  let day = periods.get(start)
  if (!day) {
    if (periods.size > 10_000) periods.clear()
    day = monthOf(dayOf(start))
    periods.set(start, day)
  }
  return day
}
