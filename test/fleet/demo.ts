// `npm run demo`: a simulated fleet with six months of history, loaded through the real collectors, then watched live.
import fs from 'node:fs'
import path from 'node:path'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import { messageOf } from '#lib/errors.ts'
import { openStore } from '#lib/store/open.ts'
import { openDb } from '#lib/store/pool.ts'
import { type Loader, openLoader, windowsOf } from './load.ts'
import { progressTo } from './progress.ts'
import { deliveriesOf } from './sim/bills.ts'
import { type ForkedSimulator, forkSimulator } from './sim/forked.ts'
import { makeStaff } from './sim/people.ts'
import { type Fleet, makeFleet } from './sim/shape.ts'
import { FOR_MONTHS } from './sim/text.ts'
import { DAY, dayText, MINUTE } from './sim/time.ts'

const HISTORY_DAYS = Number(process.env.DEMO_DAYS || 183)
/** Bills and incidents end where the history was made: a history older than this is made anew. */
const STALE_MS = 4 * DAY
const BASE_PORT = Number(process.env.DEMO_PORTS || 19_400)
const WINDOW_HOURS = 24

/** What a later start needs to know about the history in the folder. */
type State = { end: number; days: number; basePort: number; scrapedTo: number; loaded: boolean }

const say = (line: string) => void process.stderr.write(`${line}\n`)
const floorMinute = (ms: number): number => Math.floor(ms / MINUTE) * MINUTE

const dataDir = path.resolve(process.env.DENOMINATOR_DATA || 'demo-data')
const stateFile = path.join(dataDir, 'demo.json')
const save = (state: State) => fs.writeFileSync(stateFile, JSON.stringify(state))

function stateOf(now: number): State {
  const fresh: State = { end: floorMinute(now), days: HISTORY_DAYS, basePort: BASE_PORT, scrapedTo: 0, loaded: false }
  if (!fs.existsSync(stateFile)) {
    if (fs.existsSync(dataDir) && fs.readdirSync(dataDir).length > 0)
      throw new Error(`${dataDir} holds something else: name an empty folder in DENOMINATOR_DATA`)
    return fresh
  }
  const known = JSON.parse(fs.readFileSync(stateFile, 'utf8')) as State
  if (now - known.end < STALE_MS && known.days === HISTORY_DAYS && known.basePort === BASE_PORT) return known
  say('the history is too old or of another shape: making it anew')
  fs.rmSync(dataDir, { recursive: true })
  return fresh
}

let stopping = false
process.on('SIGINT', () => {
  stopping = true
})
process.on('SIGTERM', () => {
  stopping = true
})

async function loadTelemetry(loader: Loader, simulator: ForkedSimulator, state: State, fleet: Fleet): Promise<void> {
  const from = Math.max(fleet.start, state.scrapedTo)
  for (let to = floorMinute(Date.now()); to - Math.max(from, state.scrapedTo) >= MINUTE && !stopping; to = floorMinute(Date.now())) {
    const progress = progressTo('telemetry', to - Math.max(from, state.scrapedTo))
    let done = 0
    const rest = windowsOf({ from: Math.max(from, state.scrapedTo), to }, WINDOW_HOURS)
    await loader.scrape(simulator.setWindow, untilStopped(rest), (window) => {
      save(Object.assign(state, { scrapedTo: window.to }))
      progress((done += window.to - window.from), dayText(window.from))
    })
    // Loading took time: the minutes that went by meanwhile are loaded, too, unless they are few.
    if (Date.now() - to < 2 * MINUTE) break
  }
}

function* untilStopped<T>(items: Iterable<T>): Generator<T> {
  for (const item of items) {
    if (stopping) return
    yield item
  }
}

async function loadRecords(loader: Loader, fleet: Fleet): Promise<void> {
  say('incidents, shifts, time entries …')
  await loader.timesheet()
  await loader.pager()
  const deliveries = deliveriesOf(fleet)
  say(`bills: ${deliveries.length} deliveries, one late, one restated …`)
  const [first, late] = [deliveries.filter((one) => !one.late), deliveries.filter((one) => one.late)]
  for (const delivery of first) await loader.bill(delivery)
  say('reconciling …')
  await loader.reconcile()
  for (const delivery of late) await loader.bill(delivery)
}

async function load(state: State, simulator: ForkedSimulator, fleet: Fleet): Promise<void> {
  const store = await openStore({ dataDir })
  const db = openDb(store.url)
  try {
    const began = Date.now()
    const loader = await openLoader({
      db,
      folder: path.join(dataDir, 'fleet'),
      dataDir,
      fleet,
      staff: makeStaff(fleet),
      addresses: simulator.addresses,
    })
    await loadTelemetry(loader, simulator, state, fleet)
    if (stopping) return
    if (!state.loaded) await loadRecords(loader, fleet)
    await loader.reconcile(new Date())
    if (!state.loaded) {
      const { violations } = await check(LOCAL_ADMINISTRATOR, loader.context)
      say(violations.length === 0 ? 'every invariant holds' : `${violations.length} invariants are broken: run \`npx denominator check\``)
      save(Object.assign(state, { loaded: true }))
    }
    say(`loaded in ${((Date.now() - began) / 1000).toFixed(0)} s`)
  } finally {
    await db.close()
    await store.close()
  }
}

function guide(address: string): void {
  say(`
  The demo fleet is live at ${address}

  ${address}/          is self-hosting paying off? the verdict, its evidence, cost by layer, capacity by state
  ${address}/sources   what is read, how fresh it is, what failed
  Any amount opens to the rows it came from. Ctrl-C stops everything; the next start goes on from here.
`)
}

async function main(): Promise<number> {
  // The demo never touches the user's own database or configuration.
  process.env.DENOMINATOR_DATA = dataDir
  process.env.DENOMINATOR_CONFIG = path.join(dataDir, 'fleet/denominator.yaml')
  delete process.env.DATABASE_URL
  const state = stateOf(Date.now())
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  save(state)
  const options = { end: state.end, days: state.days, basePort: state.basePort, steps: FOR_MONTHS }
  const simulator = await forkSimulator(options).catch((error: unknown) => {
    throw new Error(`${messageOf(error)}: is the demo running already? Else choose other ports with DEMO_PORTS`)
  })
  try {
    say(`a simulated fleet of ${makeFleet(options).nodes.length} nodes answers on 127.0.0.1, from port ${state.basePort} on`)
    await load(state, simulator, makeFleet(options))
    if (stopping) return 0
    await simulator.goLive()
    const { start } = await import('#collectors/supervisor/start.ts')
    return await start({ dev: false, onReady: guide })
  } finally {
    save(Object.assign(state, { scrapedTo: Math.max(state.scrapedTo, state.loaded ? floorMinute(Date.now()) : 0) }))
    await simulator.close()
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(`demo: ${messageOf(error)}`)
    process.exit(1)
  },
)
