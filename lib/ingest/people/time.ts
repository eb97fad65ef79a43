import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { ulid } from '#lib/domain/id.ts'
import type { TimeEntry } from '#lib/domain/people.ts'
import type { LayerRule } from '#lib/domain/rule.ts'
import { type ImportOptions, type ImportResult, type ImportSource, MAX_REJECTS_SHOWN } from '#lib/ingest/batch.ts'
import type { FileReading, Reject, Row } from '#lib/ingest/contract.ts'
import { type Cell, copyRows } from '#lib/store/copy.ts'
import type { Db } from '#lib/store/pool.ts'
import { transaction } from '#lib/store/transaction.ts'
import { markTouched } from './days.ts'
import { type Roster, readRoster } from './roster.ts'
import { timeRules, timeScope } from './scope.ts'
import {
  type VersionedTable,
  contentKey,
  difference,
  insertBatch,
  instant,
  lockSource,
  stage,
  textArray,
  writeVersions,
} from './versions.ts'

const TIME_ENTRY: VersionedTable = {
  name: 'time_entry',
  keys: ['source_id', 'entry_id'],
  columns: (
    'source_id,entry_id,content_key,person,local_date,hours,starts_at,ends_at,project,issue,tags,activity,note,extra,' +
    'scope,layer,rule_ordinal,file,line'
  ).split(','),
}
/** Entries are upserted by id: nothing that a delivery leaves out is gone. */
const NEVER_ABSENT = 'false'
const KEY = 'entries'

/** Scope and place are no content: the same entry from another file, or under other rules, is the same version. */
function rowOf(sourceId: number, { fact, file, line }: Row<TimeEntry>, roster: Roster, rules: readonly LayerRule[]): Cell[] {
  const person = roster(fact.person)
  const extra = person === fact.person.id ? fact.extra : { ...fact.extra, 'person as delivered': fact.person.id }
  const content: Cell[] = [
    person,
    fact.localDate,
    fact.hours?.toFixed() ?? null,
    instant(fact.interval?.start ?? null),
    instant(fact.interval?.end ?? null),
    fact.project,
    fact.issue,
    textArray(fact.tags),
    fact.activity,
    fact.note,
    JSON.stringify(extra),
  ]
  const { scope, layer, ruleOrdinal } = timeScope(rules, fact.column)
  return [sourceId, fact.id, contentKey([fact.id, ...content]), ...content, scope, layer, ruleOrdinal, file, line]
}

type Tally = { read: number; rejects: Reject[] }

/** The rows to stage, as they are read; an id that comes twice is taken once and complained about after that. */
async function* rowsToStage(
  reading: FileReading<TimeEntry>,
  tally: Tally,
  toCells: (row: Row<TimeEntry>) => Cell[],
): AsyncGenerator<readonly Cell[]> {
  const lines = new Map<string, number>()
  for await (const { rows, rejects } of reading.portions) {
    tally.read += rows.length + rejects.length
    tally.rejects.push(...rejects)
    for (const row of rows) {
      const { id } = row.fact
      const before = lines.get(id)
      if (before === undefined) {
        lines.set(id, row.line)
        yield toCells(row)
      } else tally.rejects.push({ file: row.file, line: row.line, column: 'id', value: id, reason: `is already on line ${before}` })
    }
  }
}

type Current = { batch_id: string; version: number; content_sha256: string }

async function latestBatch(client: pg.ClientBase, sourceId: number): Promise<Current | undefined> {
  const { rows } = await client.query<Current>(
    'SELECT batch_id, version, content_sha256 FROM batch WHERE source_id = $1 AND replacement_key = $2 ORDER BY seq DESC LIMIT 1',
    [sourceId, KEY],
  )
  return rows[0]
}

/** The file's complaints replace those of its earlier delivery. */
async function quarantine(
  client: pg.ClientBase,
  sourceId: number,
  seq: string,
  fileName: string,
  rejects: readonly Reject[],
): Promise<void> {
  await client.query('UPDATE quarantine SET to_seq = $1 WHERE source_id = $2 AND file = $3 AND to_seq IS NULL', [seq, sourceId, fileName])
  await copyRows(
    client,
    'quarantine',
    ['batch_seq', 'source_id', 'file', 'line', 'column_name', 'value', 'reason'],
    rejects.map((one) => [seq, sourceId, one.file, one.line, one.column, one.value, one.reason]),
  )
}

/** A delivery as it stands in the landing store; its row in `delivery` is the caller's. `fileName` is what the rows' places say. */
export type TimeDelivery = { deliveryId: string; fileName: string; sha256: string }

/**
 * Takes one file of time entries in a transaction of its own: upserts by id, decides the fleet's scope, quarantines bad rows and marks
 * the days of labour. Every row that could be read is `accepted`, the fleet's or not: entries out of scope are kept for a change of
 * rules. When all of it was current already, nothing is written and `unchanged` says so. Errors of the reading roll everything back.
 */
export async function writeTimeEntries(
  context: { db: Db; now: Date },
  source: Omit<ImportSource, 'settings'>,
  delivery: TimeDelivery,
  reading: FileReading<TimeEntry>,
  _options: ImportOptions = {},
): Promise<ImportResult> {
  const { sourceId } = source
  return transaction(context.db.pool, async (client) => {
    await lockSource(client, sourceId)
    const roster = await readRoster(client)
    const rules = await timeRules(client)
    const tally: Tally = { read: 0, rejects: [] }
    const accepted = await stage(
      client,
      TIME_ENTRY,
      rowsToStage(reading, tally, (row) => rowOf(sourceId, row, roster, rules)),
    )
    const rows = { read: tally.read, accepted, quarantined: tally.rejects.length, excluded: 0 }
    const { added } = await difference(client, TIME_ENTRY, NEVER_ABSENT, [])
    const latest = await latestBatch(client, sourceId)
    const known = latest && added === 0 && (rows.quarantined === 0 || latest.content_sha256 === delivery.sha256)
    const batch = known
      ? { id: latest.batch_id, version: latest.version }
      : await writeBatch(client, context.now, source, delivery, reading, rows, tally)
    return {
      batch: batch.id,
      source: source.name,
      kind: source.kind,
      dialect: reading.dialect,
      period: null,
      account: null,
      version: batch.version,
      unchanged: Boolean(known),
      status: 'final',
      rows,
      money: [],
      unreadable: 0,
      rejects: tally.rejects.slice(0, MAX_REJECTS_SHOWN).map(({ line, column, value, reason }) => ({ line, column, value, reason })),
      message: known ? 'the same entries were current already' : await ruledOut(client, sourceId),
    }
  })
}

/** Entries that no rule takes into the fleet's work cost nothing there: somebody should know. */
async function ruledOut(client: pg.ClientBase, sourceId: number): Promise<string | null> {
  const { rows } = await client.query(
    "SELECT count(*)::int AS n FROM time_entry WHERE source_id = $1 AND to_seq IS NULL AND scope = 'out' AND rule_ordinal IS NULL",
    [sourceId],
  )
  return rows[0].n === 0
    ? null
    : `${rows[0].n} entries are matched by no rule and count as no work for the fleet: add a rule such as time.project=…,in,operations to layers.csv`
}

async function writeBatch(
  client: pg.ClientBase,
  now: Date,
  { sourceId, kind }: Omit<ImportSource, 'settings'>,
  delivery: TimeDelivery,
  { dialect }: FileReading<TimeEntry>,
  rows: ImportResult['rows'],
  { rejects }: Tally,
): Promise<{ id: string; version: number }> {
  const id = ulid(now.getTime(), randomBytes(16))
  const { seq, version } = await insertBatch(client, {
    batchId: id,
    sourceId,
    deliveryId: delivery.deliveryId,
    kind,
    dialect,
    replacementKey: KEY,
    arrivedAt: now,
    contentSha256: delivery.sha256,
    rows,
    cause: 'import',
  })
  await writeVersions(client, TIME_ENTRY, seq, NEVER_ABSENT, [])
  await quarantine(client, sourceId, seq, delivery.fileName, rejects)
  await markTouched(client, ['time_entry'], seq, sourceId, now, `import ${id}`)
  return { id, version }
}
