import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { addDays } from '#lib/domain/time.ts'
import { reconcile } from '#lib/reconcile/engine.ts'
import { openStore } from '#lib/store/open.ts'
import { type Db, openDb } from '#lib/store/pool.ts'
import { type BenchResult, median } from './bench.ts'
import { FLEET_FROM, fillFleet } from './fleet-facts.ts'
import { ledgerAnswer, peerAnswer } from './reconcile-peer.ts'

const DAYS = 30
const TO = addDays(FLEET_FROM, DAYS)
// With 200 GPUs the fixed cost of a run outweighs the rows: the goals are those of 10,000.
const GOALS = { full: { month: 1.5, day: 1 / 20 }, quick: { month: 6, day: 1 } }

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const post = (db: Db, from: string, to: string) =>
  reconcile(db, { from, to, now: new Date('2026-08-01T00:00:00Z'), currency: 'USD', timezone: 'UTC', steps: ['bills', 'capacity'] })

/** Every run posts into an empty ledger, so that it writes what a first month writes. */
async function clear({ pool }: Db): Promise<void> {
  await pool.query('TRUNCATE ledger_day, ledger_month, ledger_entry, ledger_key, run, node_day, node_day_cost')
  await pool.query('CHECKPOINT')
}

async function compareAnswers(db: Db): Promise<void> {
  const [ours, peer] = [await ledgerAnswer(db), await peerAnswer(db, FLEET_FROM, TO)]
  const differs = ours.findIndex((row, index) => JSON.stringify(row) !== JSON.stringify(peer[index]))
  if (ours.length === 0 || ours.length !== peer.length || differs >= 0)
    throw new Error(`answers differ: ${JSON.stringify(ours[differs])} and ${JSON.stringify(peer[differs])}`)
}

/** A bill of one day that says something else: every line of it a cent dearer. */
async function restate({ pool }: Db, day: string): Promise<void> {
  await pool.query(
    'UPDATE bill_line SET billed = billed + 0.01, effective = effective + 0.01 WHERE charge_start >= $1 AND charge_start < $2',
    [`${day}T00:00:00Z`, `${addDays(day, 1)}T00:00:00Z`],
  )
  await pool.query('VACUUM ANALYZE bill_line')
}

async function measure(db: Db, runs: number) {
  const times = { month: [] as number[], peer: [] as number[], day: [] as number[] }
  await clear(db)
  await post(db, FLEET_FROM, TO)
  await compareAnswers(db)
  for (let run = 0; run < runs; run++) {
    await clear(db)
    times.month.push(await timed(() => post(db, FLEET_FROM, TO)))
    times.peer.push(await timed(() => peerAnswer(db, FLEET_FROM, TO)))
    const day = addDays(FLEET_FROM, 10 + run)
    await restate(db, day)
    times.day.push(await timed(() => post(db, day, addDays(day, 1))))
  }
  await compareAnswers(db)
  return { month: median(times.month), peer: median(times.peer), day: median(times.day) }
}

/**
 * A month of GPU-hours and hourly bill lines through the steps bills and capacity, beside one hand-written statement of the same join on the
 * same server; and one restated day of it beside the month. 200 GPUs quick, else 10,000: 7.2 million GPU-hours, 0.9 million bill lines.
 */
export async function reconcileMonth({ quick }: { quick: boolean }): Promise<BenchResult[]> {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-bench-'))
  fs.chmodSync(dataDir, 0o711)
  const store = await openStore({ dataDir, sharedWaitMs: 0 })
  const db = openDb(store.url)
  try {
    const gpus = quick ? 200 : 10_000
    await fillFleet(db, { nodes: gpus / 8, days: DAYS, serving: false })
    const runs = quick ? 5 : 3
    const goals = quick ? GOALS.quick : GOALS.full
    const { month, peer, day } = await measure(db, runs)
    const { rows } = await db.pool.query<{ server_version: string }>('SHOW server_version')
    const common = { unit: `ms for ${gpus} GPUs`, runs, versions: { node: process.versions.node, postgresql: rows[0]!.server_version } }
    const line = (name: string, ours: number, other: number, peerName: string, limit: number): BenchResult => ({
      name,
      ...common,
      ours: Math.round(ours),
      peer: Math.round(other),
      peerName,
      ratio: Number((ours / other).toFixed(3)),
      goal: `<= ${limit}`,
      holds: ours / other <= limit,
    })
    return [
      line('reconcile-month', month, peer, 'one hand-written SQL statement', goals.month),
      line('reconcile-day', day, month, 'the month', goals.day),
    ]
  } finally {
    await db.close()
    await store.close()
    fs.rmSync(dataDir, { recursive: true, force: true })
  }
}
