// No page's plan touches facts, and what a page reads does not grow with what is stored.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addDays, type Day } from '#lib/domain/time.ts'
import { LOCAL_ADMINISTRATOR as ME } from '#lib/services/actor.ts'
import { type ServiceContext, serviceContext } from '#lib/services/context.ts'
import { onCall } from '#lib/services/on-call.ts'
import { overview } from '#lib/services/overview.ts'
import { reportBurden } from '#lib/services/report/burden.ts'
import { reportCapacity } from '#lib/services/report/capacity.ts'
import { reportCompare } from '#lib/services/report/compare.ts'
import { reportExceptions } from '#lib/services/report/exceptions.ts'
import { reportLabour } from '#lib/services/report/labour.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { reportTokens } from '#lib/services/report/tokens.ts'
import { reportVerdict } from '#lib/services/report/verdict.ts'
import { fillLedger } from '#test/bench/ledger-history.ts'
import { freshDatabase } from '#test/support/database.ts'
import { captureStatements, type Reading, readingOf, type Statement } from '#test/support/plans.ts'

const MOST_BUFFERS = 2000
/** The overview reads the ledger's days once for each of its figures: over a long period that is more than it should be. */
const OVER_ALL_STORED: Record<string, number> = { overview: 3000 }
const TO: Day = '2026-07-01'
const STORED: Record<string, Day> = { 'one month': '2026-06-01', 'six months': '2026-01-01' }
/** By node, GPU or replica and hour; bill lines. */
const FACTS = /^(gpu_hour|serve_hour|bill_line|bill_excluded_day|node_day)/

type Period = { from: Day; to: Day }
const REPORTS: Record<string, (context: ServiceContext, period: Period) => Promise<unknown>> = {
  overview: (context, period) => overview(ME, context, { ...period, basis: 'effective' }),
  tco: (context, period) => reportTco(ME, context, period),
  'tco by day and layer': (context, period) => reportTco(ME, context, { ...period, by: ['day', 'layer'] }),
  capacity: (context, period) => reportCapacity(ME, context, period),
  tokens: (context, period) => reportTokens(ME, context, period),
  compare: (context, period) => reportCompare(ME, context, period),
  verdict: (context, period) => reportVerdict(ME, context, period),
  labour: (context, period) => reportLabour(ME, context, period),
  burden: (context, period) => reportBurden(ME, context, period),
  'on-call': (context, period) => onCall(ME, context, period),
  exceptions: (context, period) => reportExceptions(ME, context, period),
}

for (const [stored, from] of Object.entries(STORED))
  describe(`with ${stored} stored`, () => {
    let db: Awaited<ReturnType<typeof freshDatabase>>
    let statements: Statement[]
    beforeAll(async () => {
      db = await freshDatabase()
      statements = captureStatements(db.pool)
      await fillLedger(db, from, TO)
      // What the overview keeps in memory is told apart by the newest run: each database has a number of its own.
      await db.pool.query(
        "INSERT INTO run (started_at, step, from_day, to_day) SELECT now(), 'bills', $1, $2 FROM generate_series(1, $3)",
        [from, TO, Object.values(STORED).indexOf(from) + 1],
      )
      // As reconcile leaves it: the rows of a day, and of a month, beside each other.
      await db.pool.query('CLUSTER ledger_day USING ledger_day_pkey')
      await db.pool.query('CLUSTER ledger_month USING ledger_month_pkey')
      await db.pool.query('VACUUM ANALYZE')
    })
    afterAll(() => db.close())

    async function read(report: (context: ServiceContext, period: Period) => Promise<unknown>, period: Period): Promise<Reading> {
      const context = await serviceContext(db)
      statements.length = 0
      await report({ ...context, now: new Date('2026-07-03T00:00:00Z') }, period)
      const sent = [...statements]
      const client = await db.pool.connect()
      return readingOf(client, sent).finally(() => client.release())
    }

    for (const [name, report] of Object.entries(REPORTS))
      test(name, async () => {
        const month = await read(report, { from: addDays(TO, -30), to: TO })
        expect(month.tables).not.toEqual([])
        expect(month.tables.filter((table) => FACTS.test(table))).toEqual([])
        expect(month.buffers).toBeLessThanOrEqual(MOST_BUFFERS)
        const whole = await read(report, { from, to: TO })
        expect(whole.tables.filter((table) => FACTS.test(table))).toEqual([])
        expect(whole.buffers).toBeLessThanOrEqual(OVER_ALL_STORED[name] ?? MOST_BUFFERS)
      })
  })
