import { parseInstant } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { checkPeriod } from '#lib/services/report/amounts.ts'
import { reportBurden } from '#lib/services/report/burden.ts'
import { reportCapacity } from '#lib/services/report/capacity.ts'
import { reportChanges } from '#lib/services/report/changes.ts'
import { reportCompare } from '#lib/services/report/compare.ts'
import { reportExceptions } from '#lib/services/report/exceptions.ts'
import { reportLabour } from '#lib/services/report/labour.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { reportTokens } from '#lib/services/report/tokens.ts'
import { reportVerdict } from '#lib/services/report/verdict.ts'
import type { Command, Flags } from './command.ts'
import { csv, table } from './table.ts'

type Params = { from: string; to: string; by?: string[]; basis?: 'effective' | 'billed'; since?: Date; asOf?: Date }
type Report = (context: ServiceContext, params: Params) => Promise<object>

const me = LOCAL_ADMINISTRATOR
const REPORTS: Record<string, Report> = {
  tco: (context, params) => reportTco(me, context, params),
  capacity: (context, params) => reportCapacity(me, context, params),
  labour: (context, params) => reportLabour(me, context, params),
  tokens: (context, params) => reportTokens(me, context, params),
  compare: (context, params) => reportCompare(me, context, params),
  verdict: (context, params) => reportVerdict(me, context, params),
  burden: (context, params) => reportBurden(me, context, params),
  exceptions: (context, params) => reportExceptions(me, context, params),
  changes: (context, { since, asOf, ...params }) => {
    if (since) return reportChanges(me, context, { ...params, asOf1: since, asOf2: asOf })
    throw new Failure('usage', 'bad_option', '--since is missing', { remedy: 'name the earlier moment, such as 2026-03-01T08:00:00Z' })
  },
}

function required(flags: Flags, name: string): string {
  const value = flags[name]
  if (typeof value !== 'string')
    throw new Failure('usage', 'bad_option', `--${name} is missing`, {
      remedy: 'name the first day and the day after the last, YYYY-MM-DD',
    })
  return value
}

function instant(flags: Flags, name: string): Date | undefined {
  const text = flags[name]
  if (typeof text !== 'string') return undefined
  const ms = parseInstant(text)
  if (ms !== undefined) return new Date(ms)
  throw new Failure('usage', 'bad_option', `--${name} \`${text}\` is not an instant`, {
    remedy: 'write ISO 8601, such as 2026-03-01T08:00:00Z',
  })
}

function paramsOf(flags: Flags): Params {
  const basis = flags.basis ?? 'effective'
  if (basis !== 'effective' && basis !== 'billed')
    throw new Failure('usage', 'bad_option', `--basis \`${String(basis)}\` is unknown`, { remedy: 'use effective or billed' })
  return {
    from: required(flags, 'from'),
    to: required(flags, 'to'),
    by: typeof flags.by === 'string' ? flags.by.split(',').map((name) => name.trim()) : undefined,
    basis,
    since: instant(flags, 'since'),
    asOf: instant(flags, 'as-of'),
  }
}

async function waitingDays(context: ServiceContext, { from, to }: Params): Promise<number> {
  const { rows } = await context.db.pool.query(
    'SELECT count(DISTINCT day)::int AS n FROM dirty_day WHERE version > done AND day >= $1 AND day < $2',
    [from, to],
  )
  return rows[0].n
}

export const reportCommand: Command<object> = {
  name: 'report',
  usage: `report ${Object.keys(REPORTS).join('|')} --from DAY --to DAY [--by …] [--basis effective|billed] [--as-of T] [--since T] [--json|--csv]`,
  does: 'what the screens show, to standard output; --to is exclusive',
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    by: { type: 'string' },
    basis: { type: 'string' },
    'as-of': { type: 'string' },
    since: { type: 'string' },
  },
  run: async (session, flags, [name, ...rest]) => {
    const report = REPORTS[name ?? '']
    if (!report || rest.length)
      throw new Failure('usage', 'report_unknown', name ? `there is no report \`${name}\`` : 'no report is named', {
        remedy: `use one of ${Object.keys(REPORTS).join(', ')}`,
      })
    const params = paramsOf(flags)
    checkPeriod(params)
    const waiting = await waitingDays(session.context, params)
    if (waiting) session.say(`${waiting} days of this period wait to be reconciled: run \`denominator reconcile\``)
    return report(session.context, params)
  },
  text: (report) => sections(report).join('\n\n'),
  csv: (report) => csv((report as { rows?: Record<string, unknown>[] }).rows?.map(flat) ?? [report as Record<string, unknown>]),
}

const flat = (row: object): Record<string, string | number | null> =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(value).map(([inner, deep]) => [
            `${name}.${inner}`,
            typeof deep === 'object' ? JSON.stringify(deep) : (deep as string),
          ])
        : [[name, Array.isArray(value) ? JSON.stringify(value) : (value as string | number | null)]],
    ),
  )

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** A list of objects without the ids of lineage, which are of no use on a terminal. */
function listed(name: string, list: unknown[]): string {
  if (typeof list[0] !== 'object') return `${name}: ${list.map(plain).join(', ')}`
  return `${name}\n${table(list.map((row) => Object.fromEntries(Object.entries(flat(row as object)).filter(([column]) => column !== 'id'))))}`
}

/** Scalars as `name: value`, then every list as a table. */
function sections(report: object): string[] {
  const scalars: string[] = []
  const tables: string[] = []
  for (const [name, value] of Object.entries(report) as [string, unknown][]) {
    if (Array.isArray(value)) {
      if (value.length) tables.push(listed(name, value))
    } else if (value !== null && typeof value === 'object') {
      for (const [inner, deep] of Object.entries(value)) scalars.push(`${name}.${inner}: ${plain(deep)}`)
    } else if (value !== null) scalars.push(`${name}: ${plain(value)}`)
  }
  return [scalars.join('\n'), ...tables]
}
