// Importing a FOCUS file against PostgreSQL's own COPY of the very rows that end up stored: same table, same indexes, same server.
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { to as copyTo } from 'pg-copy-streams'
import { focus } from '#collectors/bills/focus/index.ts'
import { databaseUrl } from '#lib/env.ts'
import { BILL_LINE_COLUMNS } from '#lib/ingest/bills/rows.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { importFile } from '#lib/services/import.ts'
import { copyText } from '#lib/store/copy.ts'
import { openStore } from '#lib/store/open.ts'
import { type Db, openDb } from '#lib/store/pool.ts'
import { transaction } from '#lib/store/transaction.ts'
import { type BenchResult, median } from './bench.ts'
import { writeFocusCsv } from './focus-csv.ts'

const RUNS = 5
const TABLES = 'bill_line, bill_excluded_day, batch, delivery, quarantine, dirty_day'

type Sums = { rows: string; billed: string; effective: string; keys: string }
type Bench = { db: Db; dir: string; csv: string; text: string; sourceId: number }

/** Ours stores a batch and a delivery as well; what is compared is what both must agree on: the lines. */
async function sums(db: Db): Promise<Sums> {
  const { rows } = await db.pool.query<Sums>(
    `SELECT count(*) AS rows, sum(billed)::text AS billed, sum(effective)::text AS effective,
            md5(string_agg(md5(content_key), '' ORDER BY content_key, ordinal)) AS keys FROM bill_line`,
  )
  return rows[0]!
}

/** Both start from empty tables and a checkpoint, so that neither pays for what the other wrote. */
async function clear({ db, dir }: Bench): Promise<void> {
  await db.pool.query(`TRUNCATE ${TABLES}`)
  await db.pool.query('CHECKPOINT')
  await rm(path.join(dir, 'landing'), { recursive: true, force: true })
  await mkdir(path.join(dir, 'scratch'), { recursive: true })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const ours = ({ db, dir, csv, sourceId }: Bench) => {
  const context: ServiceContext = { db, now: new Date('2026-07-02'), currency: 'USD', timezone: 'UTC', dataDir: dir }
  const source = { sourceId, name: 'bench', kind: 'focus', settings: {} }
  return importFile(LOCAL_ADMINISTRATOR, context, focus, source, { path: csv })
}

const peer = ({ db, text }: Bench) =>
  transaction(db.pool, (client) => copyText(client, 'bill_line', BILL_LINE_COLUMNS, createReadStream(text, { highWaterMark: 1 << 18 })))

/** The stored rows in COPY's text format: what the peer is given ready-made. */
async function prepareText(bench: Bench): Promise<void> {
  const client = await bench.db.pool.connect()
  try {
    const source = client.query(copyTo(`COPY (SELECT ${BILL_LINE_COLUMNS.join(', ')} FROM bill_line ORDER BY line) TO STDOUT`))
    await pipeline(source, createWriteStream(bench.text))
  } finally {
    client.release()
  }
}

async function measure(bench: Bench, count: number): Promise<Pick<BenchResult, 'ours' | 'peer'>> {
  await clear(bench)
  await ours(bench)
  const expected = await sums(bench.db)
  if (Number(expected.rows) !== count) throw new Error(`ours stored ${expected.rows} of ${count} rows`)
  await prepareText(bench)
  const times = { ours: [] as number[], peer: [] as number[] }
  for (let run = 0; run < RUNS; run++) {
    for (const [name, work] of [
      ['ours', ours],
      ['peer', peer],
    ] as const) {
      await clear(bench)
      times[name].push(await timed(() => work(bench)))
      const answer = await sums(bench.db)
      if (JSON.stringify(answer) !== JSON.stringify(expected))
        throw new Error(`${name} answers ${JSON.stringify(answer)}, not ${JSON.stringify(expected)}`)
    }
  }
  return { ours: median(times.ours), peer: median(times.peer) }
}

/** FOCUS import against COPY: milliseconds for 200,000 rows (50,000 quick), every row in scope. */
export async function focusImport({ quick }: { quick: boolean }): Promise<BenchResult> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'denominator-bench-'))
  const store = await openStore({ url: databaseUrl(), dataDir: dir, sharedWaitMs: 0 })
  const db = openDb(store.url)
  try {
    const count = quick ? 50_000 : 200_000
    const csv = path.join(dir, 'focus.csv')
    await writeFocusCsv(csv, count)
    const { sourceId } = await db.prisma.source.create({ data: { name: 'bench', kind: 'focus' } })
    const figures = await measure({ db, dir, csv, text: path.join(dir, 'rows.txt'), sourceId }, count)
    const { rows } = await db.pool.query<{ server_version: string }>('SHOW server_version')
    const ratio = figures.ours / figures.peer
    return {
      name: 'focus-import',
      unit: `ms for ${count} rows`,
      ours: Math.round(figures.ours),
      peer: Math.round(figures.peer),
      peerName: 'COPY of the same stored columns',
      ratio: Number(ratio.toFixed(3)),
      goal: '<= 1.5',
      holds: ratio <= 1.5,
      runs: RUNS,
      versions: { node: process.versions.node, postgresql: rows[0]!.server_version },
    }
  } finally {
    await db.close()
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
