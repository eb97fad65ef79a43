// The same way through real processes: `denominator collect`, `import`, `reconcile`, `report`, `check` on the simulated fleet.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase } from '#test/support/database.ts'
import { deliveriesOf, standing } from './sim/bills.ts'
import { fxOf, ratesOf, writeConfig } from './sim/config-files.ts'
import { exact } from './sim/decimal.ts'
import { writeDelivery } from './sim/focus-file.ts'
import { makeStaff } from './sim/people.ts'
import { makeFleet } from './sim/shape.ts'
import { type Simulator, startSimulator } from './sim/simulator.ts'
import { DAY, dayText, midnight } from './sim/time.ts'
import { capacityTruth } from './truth/capacity.ts'
import { labourTruth } from './truth/labour.ts'
import { moneyTruth } from './truth/money.ts'
import { differences, Totals } from './truth/totals.ts'

// The commands ask the system's clock, so the history ends today.
const OPTIONS = { end: midnight(Date.now()), days: 4 }

const root = path.resolve(import.meta.dirname, '../..')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-cli-'))
let db: Awaited<ReturnType<typeof freshDatabase>>
let simulator: Simulator

type Done = { code: number | null; out: string; err: string }

async function denominator(args: string[], feed?: (child: ChildProcess) => void): Promise<Done> {
  const env = {
    ...process.env,
    DATABASE_URL: db.url,
    DENOMINATOR_DATA: folder,
    DENOMINATOR_CONFIG: path.join(folder, 'denominator.yaml'),
  }
  const child = spawn(process.execPath, [path.join(root, 'collectors/denominator.mjs'), ...args], { cwd: folder, env })
  feed?.(child)
  if (!feed) child.stdin.end()
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('close', resolve)))
  return { code, out, err }
}

/** Runs it, expects success, and reads its one JSON document. */
async function json<T>(...args: string[]): Promise<T> {
  const done = await denominator([...args, '--json'])
  expect(done, done.err).toMatchObject({ code: 0 })
  return JSON.parse(done.out) as T
}

beforeAll(async () => {
  db = await freshDatabase()
  simulator = await startSimulator({ ...OPTIONS, refuseEvery: 9 })
  writeConfig(folder, simulator.fleet, simulator.staff, simulator.addresses)
})
afterAll(async () => {
  await simulator.close()
  await db.close()
  fs.rmSync(folder, { recursive: true, force: true })
})

describe('the command line', () => {
  const fleet = makeFleet(OPTIONS)
  const period = ['--from', dayText(fleet.start), '--to', dayText(fleet.today)]
  const deliveries = deliveriesOf(fleet)

  it('loads the fleet by collect and import', async () => {
    for (let from = fleet.start; from < fleet.end; from += 2 * DAY) {
      simulator.setClock({ window: { from, to: from + 2 * DAY } })
      expect(await denominator(['collect', '--source', 'fleet'])).toMatchObject({ code: 0 })
    }
    expect(
      await denominator(['collect', '--source', 'pager', '--from', dayText(fleet.start - DAY), '--to', dayText(fleet.end)]),
    ).toMatchObject({ code: 0 })
    expect(await denominator(['import', path.join(folder, 'time.csv'), '--source', 'timesheet'])).toMatchObject({ code: 0 })
    for (const delivery of deliveries) {
      const file = await writeDelivery(path.join(folder, 'bills'), delivery)
      const [batch] = await json<{ rows: { read: number }; unchanged: boolean }[]>('import', file, '--source', delivery.source)
      expect(batch).toMatchObject({ rows: { read: delivery.lines.length }, unchanged: false })
      const [again] = await json<{ unchanged: boolean }[]>('import', file, '--source', delivery.source)
      expect(again).toMatchObject({ unchanged: true })
    }
    await json('reconcile')
  }, 300_000)

  it('reports the truth by layer and by state', async () => {
    const found = new Totals()
    for (const basis of ['billed', 'effective']) {
      const { rows } = await json<{ rows: Record<string, string>[] }>('report', 'tco', ...period, '--by', 'day,layer', '--basis', basis)
      for (const row of rows) found.add(`cost/${basis}/${row.day}/${row.layer}`, exact(row.amount!))
    }
    const capacity = await json<{ rows: Record<string, string>[] }>('report', 'capacity', ...period, '--by', 'day')
    for (const row of capacity.rows) found.add(`minutes/${row.day}/${row.state}`, exact(row.gpuMinutes!))
    const [lines, fx, staff] = [standing(deliveries), fxOf(fleet), makeStaff(fleet)]
    const truth = new Totals()
    const whole = moneyTruth(lines, fx, fleet.start, fleet.today)
      .merge(capacityTruth(fleet, lines, fx, fleet.today))
      .merge(labourTruth({ staff, rates: ratesOf(fleet), fx, from: fleet.start, to: fleet.today, now: Date.now() }))
    for (const [key, value] of whole.cells) if (/^(cost|minutes)\//.test(key)) truth.add(key, value)
    expect(differences(truth, found)).toEqual([])
  }, 120_000)

  it('finds every invariant intact', async () => {
    expect((await json<{ violations: unknown[] }>('check')).violations).toEqual([])
  }, 60_000)

  it('ends with 2 where the usage is wrong and with 1 where every target is down', async () => {
    expect(await denominator(['report', 'tco'])).toMatchObject({ code: 2, out: '' })
    simulator.setClock({ window: { from: fleet.start, to: fleet.start } })
    const down = await denominator(['collect', '--source', 'fleet'])
    expect(down.code).toBe(1)
    expect(down.err).toContain('503')
  }, 60_000)
})
