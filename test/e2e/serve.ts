// `node test/e2e/serve.ts [days]`: a simulated fleet of some days, loaded through the product's own ways, behind the real server (what
// `npm start` starts). Prints one line of JSON when it can be asked, and takes everything down on SIGTERM.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { openStore } from '#lib/store/open.ts'
import { openDb } from '#lib/store/pool.ts'
import { freePort } from '#test/bench/web-server.ts'
import { openLoader, windowsOf } from '#test/fleet/load.ts'
import { deliveriesOf } from '#test/fleet/sim/bills.ts'
import { focusCsv, writeDelivery } from '#test/fleet/sim/focus-file.ts'
import { type ForkedSimulator, forkSimulator } from '#test/fleet/sim/forked.ts'
import { makeStaff } from '#test/fleet/sim/people.ts'
import { type Fleet, makeFleet } from '#test/fleet/sim/shape.ts'
import type { Stage } from './stage.ts'

const root = path.resolve(import.meta.dirname, '../..')
const [MINUTE, DAY] = [60_000, 86_400_000]
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

async function load(fleet: Fleet, { addresses, setWindow }: ForkedSimulator, folder: string, dataDir: string): Promise<void> {
  const staff = makeStaff(fleet)
  const store = await openStore({ dataDir, sharedWaitMs: 0 })
  const db = openDb(store.url)
  try {
    const loader = await openLoader({ db, folder, dataDir, fleet, staff, addresses })
    await loader.scrape(setWindow, windowsOf({ from: fleet.start, to: fleet.end }, 24))
    for (const delivery of deliveriesOf(fleet)) await loader.bill(delivery)
    await loader.pager()
    await loader.timesheet()
    await loader.reconcile()
  } finally {
    await db.close()
    await store.close()
  }
}

/** The newest bill of the cloud, delivered again with an amount in it that is none: line 7 has to be refused and shown. */
async function spoiledBill(fleet: Fleet, folder: string): Promise<string> {
  const delivery = deliveriesOf(fleet).findLast((one) => one.source === 'cloud')!
  const [header = '', ...rows] = focusCsv(delivery.lines).trimEnd().split('\n')
  const column = header.split(',').indexOf('BilledCost')
  const cells = rows[5]!.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
  rows[5] = cells.with(column, '"12,5"').join(',')
  const file = await writeDelivery(path.join(folder, 'bills'), delivery)
  const text = `${[header, ...rows].join('\n')}\n`
  fs.writeFileSync(file, file.endsWith('.gz') ? gzipSync(text) : text)
  return file
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
    if (ready) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`the server ended with ${child.exitCode}`)
}

async function command(env: NodeJS.ProcessEnv, ...args: string[]): Promise<void> {
  const child = spawn(process.execPath, ['collectors/main.ts', ...args], { cwd: root, env, stdio: ['ignore', 2, 2] })
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`denominator ${args[0]} ended with ${code}`)
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-e2e-'))
fs.chmodSync(folder, 0o711)
const dataDir = path.join(folder, 'data')
const end = Math.floor(Date.now() / MINUTE) * MINUTE
const options = { end, days: Number(process.argv[2] ?? 12) }
const fleet = makeFleet(options)
const simulator = await forkSimulator(options)
await load(fleet, simulator, folder, dataDir)
await simulator.goLive()

const port = Number(process.env.PORT) || (await freePort())
const env = {
  ...process.env,
  DENOMINATOR_CONFIG: path.join(folder, 'denominator.yaml'),
  DENOMINATOR_DATA: dataDir,
  PORT: String(port),
  LOG_LEVEL: 'warn',
}
const child = spawn(process.execPath, ['collectors/main.ts', 'start'], { cwd: root, env, stdio: ['ignore', 2, 2] })
process.on('SIGTERM', async () => {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
  await simulator.close()
  fs.rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})
const url = `http://127.0.0.1:${port}`
await untilReady(url, child)
await command(env, 'import', await spoiledBill(fleet, folder), '--source', 'cloud')
await command(env, 'reconcile')
const stage: Stage = { url, folder, dataDir, from: dayText(fleet.start + DAY), to: dayText(end - 3 * DAY) }
process.stdout.write(`${JSON.stringify(stage)}\n`)
