import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import autocannon from 'autocannon'
import { addDays, dayOf } from '#lib/domain/time.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { serviceContext } from '#lib/services/context.ts'
import type { Overview } from '#lib/services/overview/types.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { openStore } from '#lib/store/open.ts'
import { type Db, openDb } from '#lib/store/pool.ts'
import { type BenchResult, median } from './bench.ts'
import { fillLedger } from './ledger-history.ts'
import { startBuilt } from './web-server.ts'

const GOAL = 0.35
const DAYS = 184

async function rate(url: string, seconds: number): Promise<number> {
  const result = await autocannon({ url, connections: 8, duration: seconds })
  if (result.non2xx + result.errors + result.timeouts > 0) throw new Error(`${url}: ${result.non2xx + result.errors} requests failed`)
  return result.requests.average
}

/** The overview has to be right before it may be fast: its total is that of `report tco`. */
async function compareAnswers(db: Db, url: string, from: string, to: string): Promise<void> {
  const page = (await (await fetch(url)).json()) as Overview
  const report = await reportTco(LOCAL_ADMINISTRATOR, await serviceContext(db), { from, to })
  if (page.totals.actual !== report.totals.accounting || Number(page.totals.actual) === 0)
    throw new Error(`overview says ${page.totals.actual}, report tco ${report.totals.accounting}`)
}

async function measure(db: Db, databaseUrl: string, quick: boolean): Promise<BenchResult> {
  const to = dayOf(Date.now())
  const from = addDays(to, -DAYS)
  await fillLedger(db, from, to)
  const server = await startBuilt(databaseUrl)
  try {
    const [overviewUrl, emptyUrl] = [`${server.url}/api/v1/overview?from=${from}&to=${to}`, `${server.url}/healthz`]
    await compareAnswers(db, overviewUrl, from, to)
    const [runs, seconds] = quick ? [3, 2] : [5, 5]
    const ours: number[] = []
    const peer: number[] = []
    await Promise.all([rate(overviewUrl, 2), rate(emptyUrl, 2)])
    for (let run = 0; run < runs; run++) {
      ours.push(await rate(overviewUrl, seconds))
      peer.push(await rate(emptyUrl, seconds))
    }
    const ratio = median(ours) / median(peer)
    const versions = { node: process.version, next: nextVersion() }
    const figures = { ours: median(ours), peer: median(peer), ratio: Math.round(ratio * 1000) / 1000 }
    return {
      name: 'overview',
      unit: 'requests/s',
      ...figures,
      peerName: 'empty Next route',
      goal: `>= ${GOAL}`,
      holds: ratio >= GOAL,
      runs,
      versions,
    }
  } finally {
    await server.stop()
  }
}

const nextVersion = (): string => {
  const file = path.join(import.meta.dirname, '../../node_modules/next/package.json')
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version
}

/** Requests a second of the overview's data over half a year of ledger, beside an empty route of the same server. */
export async function overview({ quick }: { quick: boolean }): Promise<BenchResult> {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-bench-'))
  fs.chmodSync(dataDir, 0o711)
  const store = await openStore({ dataDir, sharedWaitMs: 0 })
  const db = openDb(store.url, 4)
  try {
    return await measure(db, store.url, quick)
  } finally {
    await db.close()
    await store.close()
    fs.rmSync(dataDir, { recursive: true, force: true })
  }
}
