// From a scrape to its text. Data and health are separate: a failed collection has no GPU series, and says so.
import type { Clock } from '#lib/clock.ts'
import type { Run } from './command.ts'
import { type Family, PREFIX, publish, render } from './metrics.ts'
import { type Collection, CollectionFailure, collect, type Driver, discover } from './query.ts'

export type Exporter = { scrape: () => Promise<string> }

/** Below Prometheus' usual ten seconds, so that a driver that hangs is a reported failure and not a scrape that timed out. */
export const COLLECT_MS_MAX = 9_000

type Health = { failures: number; rejectedRows: number; rejectedValues: Map<string, number>; said: string | null }

/** `say` gets a line when collections begin to fail (again when the reason changes) and when they succeed again. */
export function smiExporter(run: Run, clock: Clock, say: (line: string) => void, collectMsMax = COLLECT_MS_MAX): Exporter {
  const health: Health = { failures: 0, rejectedRows: 0, rejectedValues: new Map(), said: null }
  let driver: Driver | null = null
  let running: Promise<string> | null = null

  const attempt = async (deadlineMs: () => number): Promise<Collection | CollectionFailure> => {
    try {
      driver ??= await discover(run, deadlineMs)
      return await collect(run, driver, deadlineMs)
    } catch (error) {
      // A driver that was replaced under us may know other fields.
      driver = null
      if (error instanceof CollectionFailure) return error
      throw error
    }
  }

  const scrapeOnce = async (): Promise<string> => {
    const start = clock().getTime()
    const deadlineMs = () => Math.max(1, start + collectMsMax - clock().getTime())
    const result = await attempt(deadlineMs)
    tell(health, result, say)
    const seconds = Math.max(0, clock().getTime() - start) / 1000
    if (result instanceof CollectionFailure) {
      health.failures++
      return render(healthFamilies(health, result.exitCode, seconds, null))
    }
    const { families, rejected } = publish(result)
    health.rejectedRows += result.rejects.length
    for (const field of rejected) health.rejectedValues.set(field, (health.rejectedValues.get(field) ?? 0) + 1)
    return render([...families, ...healthFamilies(health, 0, seconds, result)])
  }

  return {
    // Scrapes that come while one is running get its answer; none later does.
    scrape: () => (running ??= scrapeOnce().finally(() => (running = null))),
  }
}

function tell(health: Health, result: Collection | CollectionFailure, say: (line: string) => void): void {
  const line = result instanceof CollectionFailure ? result.message : null
  if (line !== null && line !== health.said) say(`collection failed: ${line}`)
  if (line === null && health.said !== null) say('collection succeeded again')
  health.said = line
}

function healthFamilies(health: Health, exitCode: number, seconds: number, collection: Collection | null): Family[] {
  const one = (name: string, help: string, value: number): Family => ({
    name: `${PREFIX}${name}`,
    help,
    labels: [],
    samples: [{ labels: {}, value }],
  })
  const families = [
    one('command_exit_code', 'Exit code of the most recent nvidia-smi run; -1 when it could not be run to its end', exitCode),
    one('failed_scrapes_total', 'Number of failed collections', health.failures),
    one('last_collect_success', 'Whether the most recent collection succeeded (1) or not (0)', collection ? 1 : 0),
    one('collect_duration_seconds', 'How long the most recent collection took', seconds),
    one('rejected_rows_total', 'Number of GPU rows that could not be used: no or repeated UUID, wrong width', health.rejectedRows),
    {
      name: `${PREFIX}rejected_values_total`,
      help: 'Number of values that cannot be and were left out, by field',
      labels: ['field'],
      samples: [...health.rejectedValues].map(([field, value]) => ({ labels: { field }, value })),
    },
  ]
  const success = (what: string, parts: unknown) =>
    one(`${what}_last_collect_success`, 'Whether the most recent collection of that part succeeded (1) or not (0)', parts ? 1 : 0)
  if (collection) families.push(success('compute_apps', collection.apps), success('mig', collection.mig))
  return families
}
