// Which bill lines other rules would place elsewhere: every current bill is read again from the landing store, under both.
import { hash } from 'node:crypto'
import type pg from 'pg'
import type { BillLine } from '#lib/domain/bill.ts'
import { decideScope } from '#lib/domain/scope.ts'
import { dayOf, monthOf } from '#lib/domain/time.ts'
import type { Row } from '#lib/ingest/contract.ts'
import { replacementKey } from '#lib/ingest/bills/draft.ts'
import { ExcludedDays } from '#lib/ingest/bills/excluded.ts'
import { Ordinals } from '#lib/ingest/bills/ordinals.ts'
import { BILL_LINE_COLUMNS, billLineRow, decisionText, rowFrame, storedTexts } from '#lib/ingest/bills/rows.ts'
import type { BillRules } from '#lib/ingest/bills/rules.ts'
import { copyCell, copyText } from '#lib/store/copy.ts'
import type { ServiceContext } from '../context.ts'
import { type BillFiles, type CollectorFor, type CurrentDelivery, currentDeliveries, isLanded, openLanded } from '../landed.ts'

/** Money of lines ruled out, of one batch, under the new rules; `moved`: lines enter or leave it. */
export type ExcludedBatch = { sourceId: number; key: string; account: string; days: ExcludedDays; moved: boolean }
export type Moves = { excluded: ExcludedBatch[]; expired: CurrentDelivery[] }

const WAS = ['was_scope', 'was_layer', 'was_otherwise'] as const
const COLUMNS = [...BILL_LINE_COLUMNS, ...WAS]

/** rule_move: the lines that move, as they would be stored (scope `out` included), and how they are placed now. */
const RULE_MOVE = `CREATE TEMPORARY TABLE rule_move (LIKE bill_line, ${WAS.map((column) => `${column} text`).join(', ')}) ON COMMIT DROP`

type Reading = { sourceId: number; file: string; exported: string | undefined; keys: ReadonlySet<string> }

/** Reads one delivery's lines; gives COPY text of those that move. */
class DeliveryMoves {
  readonly batches = new Map<string, ExcludedBatch>()
  private readonly ordinals = new Ordinals()
  private readonly now: BillRules
  private readonly next: BillRules
  private readonly of: Reading

  constructor(of: Reading, now: BillRules, next: BillRules) {
    this.of = of
    this.now = now
    this.next = next
  }

  /** Undefined where the line's batch is not this delivery's any more. */
  private batch(account: string, period: string): ExcludedBatch | undefined {
    const { sourceId, exported, keys } = this.of
    const key = replacementKey({ account, period, exported })
    if (!keys.has(key)) return undefined
    let batch = this.batches.get(key)
    if (!batch) {
      batch = { sourceId, key, account, days: new ExcludedDays(), moved: false }
      this.batches.set(key, batch)
    }
    return batch
  }

  text({ fact: line, line: number, part }: Row<BillLine>): string {
    const period = monthOf(dayOf(line.billingPeriod.start))
    const batch = this.batch(line.billingAccount, period)
    if (!batch) return ''
    const was = decideScope(line, this.now.rules, this.now.pack)
    const is = decideScope(line, this.next.rules, this.next.pack)
    const stored = line.stored ?? storedTexts(line)
    if (is.scope === 'out') batch.days.add(line, line.fileBilled === undefined ? stored : { ...stored, billed: line.fileBilled }, part)
    if (was.scope === is.scope && was.layer === is.layer && was.otherwise === is.otherwise) return ''
    if (was.scope === 'out' || is.scope === 'out') batch.moved = true
    const key = hash('sha256', line.canonical)
    // Equal rows all move, so counting those that move counts them as an import would.
    const before = this.ordinals.next(Number.parseInt(key.slice(0, 8), 16), Number.parseInt(key.slice(8, 16), 16))
    const frame = rowFrame(period, this.of.sourceId, '0', batch.key, line.billingAccount)
    const ordinal = part ? -1 - before : before
    const row = billLineRow(frame, line, stored, `\\\\x${key}`, ordinal, decisionText(is), `${this.of.file}\t${number}`)
    return `${row}\t${was.scope}\t${copyCell(was.layer)}\t${copyCell(was.otherwise)}\n`
  }
}

/** Fills rule_move in the caller's transaction. Bills whose file is gone, or of unknown kind, are `expired`: nothing of them moves. */
export async function readMoves(
  client: pg.ClientBase,
  context: ServiceContext,
  collectorFor: CollectorFor,
  now: BillRules,
  next: BillRules,
): Promise<Moves> {
  await client.query(RULE_MOVE)
  const moves: Moves = { excluded: [], expired: [] }
  if (now.sha256 === next.sha256) return moves
  for (const delivery of await currentDeliveries(client)) {
    const collector = collectorFor(delivery.kind)
    if (collector?.facts !== 'bills' || !(await isLanded(context, delivery))) {
      moves.expired.push(delivery)
      continue
    }
    const { source, file, reading } = await openLanded(context, collector as BillFiles, delivery)
    const of = { sourceId: source.sourceId, file: copyCell(file.name), exported: reading.export?.name, keys: new Set(delivery.keys) }
    const reader = new DeliveryMoves(of, now, next)
    await copyText(client, 'rule_move', COLUMNS, textsOf(reading.portions, reader))
    moves.excluded.push(...[...reader.batches.values()].filter(({ moved }) => moved))
  }
  await client.query('CREATE INDEX ON rule_move (content_key)')
  await client.query('ANALYZE rule_move')
  return moves
}

async function* textsOf(portions: AsyncIterable<{ rows: Row<BillLine>[] }>, reader: DeliveryMoves): AsyncGenerator<string> {
  for await (const { rows } of portions) {
    const text = rows.map((row) => reader.text(row)).join('')
    if (text !== '') yield text
  }
}
