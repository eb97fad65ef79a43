// Runs the steps over dirty days. One transaction a step and span; a crash leaves days dirty, and posting them again appends nothing.
import type pg from 'pg'
import { addDays, type Day, dayStart } from '#lib/domain/time.ts'
import { CAUSES } from '#lib/store/dirty.ts'
import type { Db } from '#lib/store/pool.ts'
import { daysToDo } from './ledger/days.ts'
import { ensureMonths } from './ledger/partitions.ts'
import { postDifferences } from './ledger/post.ts'
import { CREATE_LEDGER_NEXT, type Step, type StepContext, type StepName } from './step.ts'
import { ALL_STEPS } from './steps.ts'

const SPAN_DAYS = 31
const LOCK_CLASS = 7271
/** Held for the last moments of a run, so that `committed_at` follows the order of commits. */
const COMMIT_LOCK = [7272, 0]

export type ReconcileOptions = StepContext & {
  /** The days named, whether dirty or not: [from, to). Without either, the dirty days. */
  from?: Day
  to?: Day
  steps?: readonly StepName[]
  /** Why, for the run's record; the causes of the dirty days are added. */
  cause?: Record<string, unknown>
}
/** `days`: day-and-step pairs recomputed; `runs`: those that changed something; `entries`: differences appended to the journal. */
export type ReconcileResult = { runs: number; days: number; entries: number }

/** Consecutive groups of sorted days that fit in a span. */
export function spansOf(days: readonly Day[]): Day[][] {
  const spans: Day[][] = []
  for (const day of days) {
    const last = spans.at(-1)
    if (last && dayStart(day) < dayStart(addDays(last[0]!, SPAN_DAYS))) last.push(day)
    else spans.push([day])
  }
  return spans
}

/** Recomputes days whole and appends what changed. Days that a batch makes dirty meanwhile stay dirty for the next call. */
export async function reconcile(db: Pick<Db, 'pool'>, options: ReconcileOptions): Promise<ReconcileResult> {
  const result: ReconcileResult = { runs: 0, days: 0, entries: 0 }
  for (const step of ALL_STEPS) {
    if (options.steps && !options.steps.includes(step.name)) continue
    for (const days of spansOf(await daysToDo(db.pool, step.name, options))) {
      const entries = await postSpan(db.pool, step, days, options)
      result.days += days.length
      result.entries += entries
      if (entries > 0) result.runs++
    }
  }
  return result
}

/**
 * Lock, then snapshot: a session lock on the step comes first, and only then a REPEATABLE READ transaction opens, so that it sees
 * everything that whoever held the lock before committed. Versions are read in that same snapshot: a batch that
 * commits later has bumped the version past the one recorded, and the day stays dirty.
 */
async function postSpan(pool: pg.Pool, step: Step, days: readonly Day[], options: ReconcileOptions): Promise<number> {
  await ensureMonths(pool, 'ledger_entry', days)
  if (step.name === 'capacity') for (const table of ['node_day', 'node_day_cost'] as const) await ensureMonths(pool, table, days)
  const client = await pool.connect()
  let broken = false
  try {
    await client.query('SELECT pg_advisory_lock($1, hashtext($2))', [LOCK_CLASS, step.name])
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      const read = await readVersions(client, step.name, days)
      const entries = await computeSpan(client, step, days, options, read)
      await client.query('COMMIT')
      await recordDone(client, step.name, read)
      return entries
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      await client.query('SELECT pg_advisory_unlock($1, hashtext($2))', [LOCK_CLASS, step.name])
    }
  } catch (error) {
    broken = true
    throw error
  } finally {
    client.release(broken)
  }
}

type Version = { day: Day; version: string; cause: string }

async function readVersions(client: pg.ClientBase, step: StepName, days: readonly Day[]): Promise<Version[]> {
  const { rows } = await client.query<Version>(
    "SELECT day, version, CASE WHEN version > done THEN cause ELSE '' END AS cause FROM dirty_day WHERE step = $1 AND day = ANY ($2) ORDER BY day",
    [step, days],
  )
  return rows
}

/** After the commit, because a row that a batch has bumped since the snapshot could not be updated inside it. */
async function recordDone(client: pg.ClientBase, step: StepName, read: readonly Version[]): Promise<void> {
  await client.query(
    `WITH seen AS (SELECT * FROM unnest($2::date[], $3::bigint[]) AS t(day, version)),
          locked AS (SELECT d.day, s.version FROM dirty_day d JOIN seen s USING (day) WHERE d.step = $1 ORDER BY d.day FOR UPDATE OF d)
     UPDATE dirty_day d SET done = l.version FROM locked l WHERE d.step = $1 AND d.day = l.day AND d.done < l.version`,
    [step, read.map((row) => row.day), read.map((row) => row.version)],
  )
}

async function computeSpan(
  client: pg.ClientBase,
  step: Step,
  days: readonly Day[],
  options: ReconcileOptions,
  read: Version[],
): Promise<number> {
  const span = { from: days[0]!, to: addDays(days.at(-1)!, 1) }
  await client.query("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL default_statistics_target = 20")
  await client.query(CREATE_LEDGER_NEXT)
  await client.query('INSERT INTO ledger_days SELECT unnest($1::date[])', [days])
  await step.post(client, span, { now: options.now, currency: options.currency, timezone: options.timezone })
  const nextRunId = async () => {
    const { rows } = await client.query<{ id: string }>("SELECT nextval(pg_get_serial_sequence('run', 'run_id')) AS id")
    return rows[0]!.id
  }
  const { entries, runId } = await postDifferences(client, step.name, options.currency, nextRunId)
  if (runId === null) return 0
  const named = read.filter((row) => row.cause !== '')
  const causes = [...new Set(named.flatMap((row) => row.cause.split(CAUSES)))].slice(0, 20)
  const byDay = Object.fromEntries(named.map((row) => [row.day, row.cause]))
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', COMMIT_LOCK)
  await client.query(
    `INSERT INTO run (run_id, started_at, committed_at, step, from_day, to_day, cause, entries)
     VALUES ($1, now(), clock_timestamp(), $2, $3, $4, $5, $6)`,
    [runId, step.name, span.from, span.to, JSON.stringify({ ...options.cause, causes, days: byDay }), entries],
  )
  return entries
}
