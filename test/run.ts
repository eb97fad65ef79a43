// `npm test`: every check of the project, one after the other, and one closing line `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { debianPostgresIsThere, startDebianPostgres } from '#test/support/debian-postgres.ts'

const root = path.resolve(import.meta.dirname, '..')
const bin = (name: string) => path.join(root, 'node_modules/.bin', name)
const results = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-results-'))
const total = { passed: 0, failed: 0, skipped: 0 }
type Tally = typeof total

function execute(command: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
    child.on('error', () => resolve(127))
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

const add = (tally: Tally) => {
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += tally[key]
}

/** One check that passes or fails as a whole. */
async function check(name: string, command: string, args: string[]): Promise<boolean> {
  console.log(`\n── ${name}`)
  const ok = (await execute(command, args)) === 0
  add({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 })
  if (!ok) console.log(`${name}: FAILED`)
  return ok
}

/** A runner that writes its own tally; one that dies without a tally counts as a failure. */
async function suite(name: string, run: () => Promise<number>, read: () => Tally): Promise<void> {
  console.log(`\n── ${name}`)
  const code = await run()
  let tally: Tally
  try {
    tally = read()
  } catch {
    tally = { passed: 0, failed: 1, skipped: 0 }
  }
  if (code !== 0 && tally.failed === 0) tally.failed = 1
  add(tally)
}

function readVitest(file: string): Tally {
  const report = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    numPassedTests: number
    numFailedTests: number
    numPendingTests: number
    numFailedTestSuites: number
  }
  const failed = report.numFailedTests || report.numFailedTestSuites
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests }
}

/** Vitest over the test files whose path contains one of `filters` (all without any). */
function vitest(name: string, filters: string[], env: Record<string, string> = {}): Promise<void> {
  const file = path.join(results, `vitest-${name.replaceAll(/\W+/g, '-')}.json`)
  const args = [
    'run',
    '--config',
    'test/vitest.config.ts',
    ...filters,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]
  return suite(
    name,
    () => execute(bin('vitest'), args, env),
    () => readVitest(file),
  )
}

const ON_POSTGRES_15 = ['test/store/', ...['bills-step', 'capacity', 'equivalent', 'labour'].map((name) => `test/property/${name}.test.ts`)]
/** Tests of other servers than the store's. */
const NOT_ON_POSTGRES_15 = ['test/store/embedded.test.ts', 'test/store/prometheus*.test.ts', 'test/store/engines.test.ts']

/** The store and what computes in it once more, on the oldest PostgreSQL that is supported. */
async function onPostgres15(): Promise<void> {
  const name = 'store and property tests on PostgreSQL 15'
  if (!debianPostgresIsThere()) {
    const why = `Debian's PostgreSQL 15 is not installed (install the package \`postgresql-15\`)`
    total[process.env.CI ? 'failed' : 'skipped'] += 1
    console.log(`\n── ${name}\n${name}: ${process.env.CI ? 'FAILED' : 'skipped'}, ${why}`)
    return
  }
  const server = await startDebianPostgres()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      server.stop()
      process.exit(1)
    })
  try {
    await vitest(name, [...ON_POSTGRES_15, ...NOT_ON_POSTGRES_15.flatMap((file) => ['--exclude', file])], { TEST_DATABASE_URL: server.url })
  } finally {
    server.stop()
  }
}

const playwrightFile = path.join(results, 'playwright.json')
function readPlaywright(): Tally {
  const { stats } = JSON.parse(fs.readFileSync(playwrightFile, 'utf8')) as {
    stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  }
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped }
}

const SYSTEM_BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The system's browser, else Playwright's own download. */
function browserIsThere(): boolean {
  if (process.env.CHROMIUM_PATH || SYSTEM_BROWSERS.some((file) => fs.existsSync(file))) return true
  return spawnSync(bin('playwright'), ['install', 'chromium'], { cwd: root, stdio: 'inherit', timeout: 300_000 }).status === 0
}

await check('types', bin('tsc'), ['--noEmit'])
await check('lint and import boundaries', bin('oxlint'), ['--type-aware'])
await check('lint and formatting', bin('biome'), ['ci', '--error-on-warnings', '--colors=off', '--max-diagnostics=60'])
await vitest('unit, property, store, conformance and fleet tests', [])
await onPostgres15()
if (await check('build', process.execPath, ['collectors/supervisor/build.ts'])) {
  if (browserIsThere())
    await suite(
      'browser',
      () =>
        execute(bin('playwright'), ['test', '-c', 'test/playwright.config.ts', '--reporter=list,json'], {
          PLAYWRIGHT_JSON_OUTPUT_NAME: playwrightFile,
        }),
      readPlaywright,
    )
  else if (process.env.CI) {
    console.log('browser: FAILED, no Chromium found and none could be downloaded')
    total.failed += 1
  } else {
    console.log('browser: skipped, no Chromium found and none could be downloaded (install the package `chromium`, or set CHROMIUM_PATH)')
    total.skipped += 1
  }
}
fs.rmSync(results, { recursive: true, force: true })
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`)
process.exit(total.failed === 0 ? 0 : 1)
