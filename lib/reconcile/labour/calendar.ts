// Local days and working hours are told by the domain, not by the server's zone tables, so that SQL and oracle cannot differ in them.
import type pg from 'pg'
import { knownZone, localDay, UNKNOWN_WORKDAY, type Workday, workingHours } from '#lib/domain/labour/calendar.ts'
import { addDays, type Day } from '#lib/domain/time.ts'

const CREATE = `
DROP TABLE IF EXISTS labour_calendar;
CREATE TEMPORARY TABLE labour_calendar (
  timezone text NOT NULL, workday_start text NOT NULL, workday_end text NOT NULL, day date NOT NULL,
  starts timestamptz NOT NULL, ends timestamptz NOT NULL,
  works_from timestamptz, works_to timestamptz,
  PRIMARY KEY (timezone, workday_start, workday_end, day)) ON COMMIT DROP`

const FILL = `
INSERT INTO labour_calendar
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])`

type WorkdayRow = { timezone: string; workday_start: string; workday_end: string }

/** Fills `labour_calendar` with every local day that shares an instant with a day to post, for each kind of workday in the roster. */
export async function fillCalendar(client: pg.ClientBase): Promise<void> {
  await client.query(CREATE)
  const { rows: posted } = await client.query<{ day: Day }>('SELECT day FROM ledger_days ORDER BY day')
  const days = [...new Set(posted.flatMap(({ day }) => [addDays(day, -1), day, addDays(day, 1)]))]
  const { rows } = await client.query<WorkdayRow>('SELECT timezone, workday_start, workday_end FROM person UNION SELECT $1, $2, $3', [
    UNKNOWN_WORKDAY.timezone,
    UNKNOWN_WORKDAY.workdayStart,
    UNKNOWN_WORKDAY.workdayEnd,
  ])
  const lines = rows.flatMap((row) => days.map((day) => lineOf(row, day)))
  await client.query(
    FILL,
    Array.from({ length: 8 }, (_, column) => lines.map((line) => line[column])),
  )
}

function lineOf(row: WorkdayRow, day: Day): (string | null)[] {
  const workday: Workday = { timezone: knownZone(row.timezone), workdayStart: row.workday_start, workdayEnd: row.workday_end }
  const { start, end } = localDay(workday.timezone, day)
  const work = workingHours(workday, day)
  const at = (ms: number) => new Date(ms).toISOString()
  return [
    row.timezone,
    row.workday_start,
    row.workday_end,
    day,
    at(start),
    at(end),
    work ? at(work.start) : null,
    work ? at(work.end) : null,
  ]
}
