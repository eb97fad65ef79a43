// The ledger against the truth of what was simulated: every total, to the last digit.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOCAL_ADMINISTRATOR as me } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import { reportBurden } from '#lib/services/report/burden.ts'
import type { Db } from '#lib/store/pool.ts'
import { freshDatabase } from '#test/support/database.ts'
import { type Loader, openLoader, windowsOf } from './load.ts'
import { measured, measuredCapacity, measuredMoney, measuredTokens } from './measured.ts'
import { type Delivery, deliveriesOf, standing } from './sim/bills.ts'
import { fxOf, pricesOf, ratesOf } from './sim/config-files.ts'
import { type ForkedSimulator, forkSimulator } from './sim/forked.ts'
import { makeStaff } from './sim/people.ts'
import { type FleetOptions, makeFleet } from './sim/shape.ts'
import { DAY, dayText, HOUR, type Span } from './sim/time.ts'
import { capacityTruth } from './truth/capacity.ts'
import { burdenTruth, labourTruth } from './truth/labour.ts'
import { moneyTruth } from './truth/money.ts'
import { equivalentTruth, tokenTruth } from './truth/tokens.ts'
import { differences, type Totals } from './truth/totals.ts'

// A Friday; three weeks before it a month ends.
const OPTIONS: FleetOptions = { end: Date.UTC(2026, 5, 12), days: 21, seed: 2026 }

/** One database and one simulator of the same fleet. */
class Bench {
  readonly fleet
  readonly staff
  readonly deliveries: Delivery[]
  readonly period: { from: string; to: string }
  db!: Db
  simulator!: ForkedSimulator
  loader!: Loader
  readonly #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-fleet-'))
  readonly #options: FleetOptions
  constructor(options: FleetOptions) {
    this.#options = options
    this.fleet = makeFleet(options)
    this.staff = makeStaff(this.fleet)
    this.deliveries = deliveriesOf(this.fleet)
    this.period = { from: dayText(this.fleet.start), to: dayText(this.fleet.today) }
  }

  async open(): Promise<void> {
    this.db = await freshDatabase()
    this.simulator = await forkSimulator({ ...this.#options, refuseEvery: 12 })
    await this.reopen()
  }

  /** As another process would find it: nothing is remembered but what is stored. */
  async reopen(): Promise<void> {
    const { fleet, staff, db } = this
    this.loader = await openLoader({
      db,
      folder: path.join(this.#folder, 'fleet'),
      dataDir: this.#folder,
      fleet,
      staff,
      addresses: this.simulator.addresses,
    })
  }

  scrape(span: Span, hours: number): Promise<void> {
    return this.loader.scrape(this.simulator.setWindow, windowsOf(span, hours))
  }

  /** The truth once these deliveries stand. */
  truth(deliveries: readonly Delivery[]): Totals {
    const { fleet, staff } = this
    const [lines, fx] = [standing(deliveries), fxOf(fleet)]
    const tokens = tokenTruth(fleet, fleet.today)
    return moneyTruth(lines, fx, fleet.start, fleet.today)
      .merge(capacityTruth(fleet, lines, fx, fleet.today))
      .merge(labourTruth({ staff, rates: ratesOf(fleet), fx, from: fleet.start, to: fleet.today, now: fleet.end }))
      .merge(equivalentTruth(fleet, pricesOf(fleet), tokens))
      .merge(tokens)
  }

  async close(): Promise<void> {
    await this.simulator.close()
    await this.db.close()
    fs.rmSync(this.#folder, { recursive: true, force: true })
  }
}

describe('a fleet of three weeks', () => {
  const bench = new Bench(OPTIONS)
  const { deliveries, fleet, staff, period } = bench
  let beforeLate: Date

  beforeAll(async () => {
    await bench.open()
    // telemetry interrupted in the middle of an hour and taken up again by another process
    const middle = fleet.start + 9 * DAY + 7 * HOUR + 23 * 60_000
    await bench.scrape({ from: fleet.start, to: middle }, 24)
    await bench.reopen()
    await bench.scrape({ from: middle, to: fleet.end }, 18)
    await bench.loader.pager()
    await bench.loader.timesheet()
    for (const delivery of deliveries) if (!delivery.late) await bench.loader.bill(delivery)
    await bench.loader.reconcile()
    beforeLate = new Date()
    await new Promise((resolve) => setTimeout(resolve, 5))
    for (const delivery of deliveries) if (delivery.late) await bench.loader.bill(delivery)
    await bench.loader.reconcile()
  }, 400_000)
  afterAll(() => bench.close())

  it('has every total of the truth, to the last digit', async () => {
    const truth = bench.truth(deliveries)
    expect(truth.cells.size).toBeGreaterThan(1500)
    expect(differences(truth, await measured(bench.loader.context, period))).toEqual([])
  })

  it('counts incidents as they were simulated', async () => {
    const truth = burdenTruth({ staff, from: fleet.start, to: fleet.today })
    const { incidents, neverAcknowledged, autoResolved, mttaSeconds, mttrSeconds } = await reportBurden(me, bench.loader.context, period)
    expect({ incidents, neverAcknowledged, autoResolved }).toEqual({
      incidents: truth.incidents,
      neverAcknowledged: truth.neverAcknowledged,
      autoResolved: truth.autoResolved,
    })
    expect(mttaSeconds).toBeCloseTo(truth.mttaSeconds.toNumber(), 6)
    expect(mttrSeconds).toBeCloseTo(truth.mttrSeconds.toNumber(), 6)
  })

  it('breaks no invariant', async () => {
    expect((await check(me, bench.loader.context)).violations).toEqual([])
  })

  it('still says what it said before the late and the restated bill', async () => {
    const truth = bench.truth(deliveries.filter((one) => !one.late))
    expect(differences(truth, await measured(bench.loader.context, { ...period, asOf: beforeLate }))).toEqual([])
  })

  it('changes nothing when everything is delivered again', async () => {
    const { rows: before } = await bench.db.pool.query('SELECT count(*)::int AS n FROM ledger_entry')
    await bench.scrape({ from: fleet.start, to: fleet.start + 2 * DAY }, 24)
    await bench.loader.pager()
    await bench.loader.timesheet()
    for (const delivery of deliveries.slice(-2)) await bench.loader.bill(delivery)
    await bench.loader.reconcile()
    const { rows: after } = await bench.db.pool.query('SELECT count(*)::int AS n FROM ledger_entry')
    expect(after).toEqual(before)
  })

  it('does not match once one bill line is dropped', async () => {
    const [last] = deliveries.slice(-1)
    const dropped = last!.lines.findIndex((line) => line.node === 'fra-h100-1')
    await bench.loader.bill({ ...last!, lines: last!.lines.filter((_, index) => index !== dropped) })
    await bench.loader.reconcile()
    const truth = bench.truth(deliveries)
    const found = differences(
      truth,
      (await measuredMoney(bench.loader.context, period)).merge(await measuredCapacity(bench.loader.context, period)),
    )
    const day = dayText(last!.lines[dropped]!.from)
    expect(found.map((one) => one.key)).toEqual(expect.arrayContaining([`cost/effective/${day}/gpu_compute`, `unpaid/${day}`]))
  })
})

describe('a fleet of four days', () => {
  const bench = new Bench({ ...OPTIONS, days: 4 })
  const { deliveries, fleet, period } = bench
  beforeAll(() => bench.open())
  afterAll(() => bench.close())

  it('does not match once one hour of scrapes is dropped', async () => {
    const hour = fleet.start + DAY + 11 * HOUR
    await bench.scrape({ from: fleet.start, to: hour }, 24)
    await bench.scrape({ from: hour + HOUR, to: fleet.end }, 24)
    for (const delivery of deliveries) await bench.loader.bill(delivery)
    await bench.loader.reconcile()
    const truth = bench.truth(deliveries)
    const found = (await measuredCapacity(bench.loader.context, period)).merge(await measuredTokens(bench.loader.context, period))
    const keys = differences(truth, found).map((one) => one.key)
    expect(keys).toContain(`minutes/${dayText(hour)}/dark`)
    expect(keys).toContain(`minutes/${dayText(hour)}/serving`)
    // counters count on through a gap: tokens of the hour are not lost, and no day but this one differs
    expect(keys.filter((key) => key.startsWith('tokens/'))).toEqual([])
    expect(keys.filter((key) => key.startsWith('minutes/') && !key.includes(dayText(hour)))).toEqual([])
  })
})
