// What remains once a bill has been read: compare each batch with what is current, and write what differs.
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { ulid } from '#lib/domain/id.ts'
import { DAY_MS, dayOf } from '#lib/domain/time.ts'
import { copyText } from '#lib/store/copy.ts'
import { markDirty } from '#lib/store/dirty.ts'
import type { BatchStatus, ImportResult } from '../batch.ts'
import { recordDelivery } from '../delivery.ts'
import type { Spool } from '../spool.ts'
import type { BatchDraft } from './draft.ts'
import type { BillImport } from './job.ts'
import { applyDifference, type DaySpan, daysOfKey, lossOf, replaceExcluded, stageRows } from './replace.ts'
import type { BillRules } from './rules.ts'
import { type StoredBatch, unchangedResult } from './stored.ts'

/** A bill without invoice numbers is final once its period has been over for this long. */
const SETTLED_MS = 10 * DAY_MS
const QUARANTINE_COLUMNS = ['batch_seq', 'source_id', 'file', 'line', 'column_name', 'value', 'reason', 'currency', 'billed', 'effective']

type Verdict = { draft: BatchDraft; fate: 'unchanged' | 'waiting' | 'applied'; loss: string | null }

function judge(draft: BatchDraft, job: BillImport): Verdict {
  if (draft.current && draft.current.contentSha256 === draft.content.sha256()) return { draft, fate: 'unchanged', loss: null }
  const loss = job.again || job.options.confirm ? null : lossOf(draft)
  return { draft, fate: loss === null ? 'applied' : 'waiting', loss }
}

function statusOf(draft: BatchDraft, { now, reading }: BillImport): BatchStatus {
  const invoiced = draft.invoiced && draft.rows.accepted + draft.rows.excluded > 0
  const settled = !reading.closesByInvoice && now.getTime() > draft.periodEnd + SETTLED_MS
  return invoiced || settled ? 'final' : 'provisional'
}

/** Writes one file's batches, in the transaction that read it. */
export async function finish(
  client: pg.ClientBase,
  job: BillImport,
  rules: BillRules,
  stored: readonly StoredBatch[],
  drafts: readonly BatchDraft[],
  staged: Spool,
  quarantined: Spool,
): Promise<ImportResult[]> {
  for (const draft of drafts) draft.assertConserved()
  const verdicts = drafts.filter((draft) => !job.again || job.again.keys.has(draft.key)).map((draft) => judge(draft, job))
  const applied = verdicts.filter(({ fate }) => fate === 'applied').map(({ draft }) => draft)
  let deliveryId = job.again?.deliveryId ?? null
  if (verdicts.some(({ fate }) => fate !== 'unchanged') || job.again) {
    // A re-reading may mean only some of the batches that the delivery once made: what it held stays recorded.
    const detail = { reading: job.readingDigest(rules), keys: drafts.map(({ key }) => key), period: job.options.period ?? null }
    deliveryId = await recordDelivery(client, { ...job, deliveryId, sourceId: job.source.sourceId, detail })
  }
  if (applied.some(({ current }) => current)) await stageRows(client, staged)
  if (applied.length > 0) await writeQuarantine(client, applied, quarantined)
  const results: ImportResult[] = []
  for (const { draft, fate, loss } of verdicts) {
    if (fate === 'unchanged') results.push(await unchangedResult(client, job.source, draft.current!))
    else if (fate === 'waiting') results.push(await wait(client, job, draft, stored, deliveryId, loss!))
    else results.push(await apply(client, job, draft, deliveryId))
  }
  return results
}

async function writeQuarantine(client: pg.ClientBase, applied: readonly BatchDraft[], quarantined: Spool): Promise<void> {
  if (quarantined.rows === 0) return
  const columns = QUARANTINE_COLUMNS.join(', ')
  await client.query(`CREATE TEMPORARY TABLE quarantine_next ON COMMIT DROP AS SELECT ${columns} FROM quarantine WITH NO DATA`)
  await copyText(client, 'quarantine_next', QUARANTINE_COLUMNS, quarantined.read())
  await client.query(
    `INSERT INTO quarantine (${columns}) SELECT ${columns} FROM quarantine_next WHERE batch_seq = ANY ($1::bigint[]) ORDER BY line`,
    [applied.map(({ seq }) => seq)],
  )
}

async function insertBatch(
  client: pg.ClientBase,
  job: BillImport,
  draft: BatchDraft,
  deliveryId: string | null,
  status: BatchStatus,
): Promise<ImportResult> {
  const batchId = ulid(job.now.getTime(), randomBytes(16))
  const version = (draft.current?.version ?? 0) + 1
  const { rows } = draft
  const money = draft.money()
  await client.query(
    `INSERT INTO batch (seq, batch_id, source_id, delivery_id, kind, dialect, replacement_key, billing_account, period, version, status,
       assembled_at, arrived_at, content_sha256, rows_read, rows_accepted, rows_quarantined, rows_excluded, money, cause)
     VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$12,$13,$14,$15,$16,$17,$18,$19)`,
    [
      draft.seq,
      batchId,
      job.source.sourceId,
      deliveryId,
      job.source.kind,
      job.reading.dialect,
      draft.key,
      draft.account,
      draft.period,
      version,
      status,
      job.now,
      draft.content.sha256(),
      rows.read,
      rows.accepted,
      rows.quarantined,
      rows.excluded,
      JSON.stringify(money),
      job.again ? 'rules' : 'import',
    ],
  )
  return {
    batch: batchId,
    source: job.source.name,
    kind: job.source.kind,
    dialect: job.reading.dialect,
    period: draft.period.slice(0, 7),
    account: draft.account,
    version,
    unchanged: false,
    status,
    rows,
    money,
    unreadable: draft.unreadable,
    rejects: draft.rejects,
    message: null,
  }
}

async function wait(
  client: pg.ClientBase,
  job: BillImport,
  draft: BatchDraft,
  stored: readonly StoredBatch[],
  deliveryId: string | null,
  loss: string,
): Promise<ImportResult> {
  const message = `the replacement of ${draft.period.slice(0, 7)} would lose ${loss}, so it waits: import the file again with --yes to apply it`
  const known = stored.find(
    ({ key, status, contentSha256 }) => key === draft.key && status === 'waiting' && contentSha256 === draft.content.sha256(),
  )
  if (!known) return { ...(await insertBatch(client, job, draft, deliveryId, 'waiting')), message }
  return { ...(await unchangedResult(client, job.source, known)), rejects: draft.rejects, unchanged: false, message }
}

async function apply(client: pg.ClientBase, job: BillImport, draft: BatchDraft, deliveryId: string | null): Promise<ImportResult> {
  const { sourceId } = job.source
  const status = statusOf(draft, job)
  const superseded = [sourceId, draft.key]
  await client.query(
    "UPDATE batch SET status = 'superseded' WHERE source_id = $1 AND replacement_key = $2 AND status <> 'superseded'",
    superseded,
  )
  await client.query(
    `UPDATE quarantine q SET to_seq = $3 FROM batch b
     WHERE b.seq = q.batch_seq AND b.source_id = $1 AND b.replacement_key = $2 AND q.to_seq IS NULL AND q.batch_seq <> $3`,
    [...superseded, draft.seq],
  )
  const result = await insertBatch(client, job, draft, deliveryId, status)
  const spans: DaySpan[] = draft.current ? await applyDifference(client, sourceId, draft) : []
  spans.push(...(await replaceExcluded(client, sourceId, draft)))
  if (draft.current && draft.current.status !== status) spans.push(...(await daysOfKey(client, sourceId, draft.key)))
  await client.query('UPDATE source SET last_fact_at = greatest(last_fact_at, $2) WHERE source_id = $1', [
    sourceId,
    new Date(draft.lastFact),
  ])
  await markBillDays(client, draft, spans, `${job.again ? 'rules' : 'import'} ${result.batch}`)
  return result
}

/** The days after a line's end are capacity's too: how a line there is read depends on whether one stands before it (RULES.md 12). */
async function markBillDays(client: pg.ClientBase, draft: BatchDraft, spans: readonly DaySpan[], cause: string): Promise<void> {
  const days = new Set<number>()
  const after = new Set<number>()
  const all = draft.current ? spans : [...draft.days.spans(), ...spans]
  for (const span of all) {
    for (let day = span.first; day < span.after; day++) days.add(day)
    after.add(span.after)
  }
  const text = (set: Set<number>) => [...set].map((day) => dayOf(day * DAY_MS))
  await markDirty(client, ['bills', 'capacity'], text(days), cause)
  await markDirty(client, ['capacity'], text(after.difference(days)), cause)
}
