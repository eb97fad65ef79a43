import { Failure } from '#lib/errors.ts'
import { reportBurden } from '#lib/services/report/burden.ts'
import { reportCapacity } from '#lib/services/report/capacity.ts'
import { reportCompare } from '#lib/services/report/compare.ts'
import { reportExceptions } from '#lib/services/report/exceptions.ts'
import { reportLabour } from '#lib/services/report/labour.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { reportTokens } from '#lib/services/report/tokens.ts'
import { reportVerdict } from '#lib/services/report/verdict.ts'
import type { Asked } from './context.ts'
import type { ReportParams } from './params.ts'

type Report = (asked: Asked, params: ReportParams) => Promise<unknown>

/** The reports of the command line, by their names. */
export const REPORTS = {
  tco: ({ actor, context }, params) => reportTco(actor, context, params),
  capacity: ({ actor, context }, params) => reportCapacity(actor, context, params),
  labour: ({ actor, context }, params) => reportLabour(actor, context, params),
  tokens: ({ actor, context }, params) => reportTokens(actor, context, params),
  compare: ({ actor, context }, params) => reportCompare(actor, context, params),
  verdict: ({ actor, context }, params) => reportVerdict(actor, context, params),
  burden: ({ actor, context }, params) => reportBurden(actor, context, params),
  exceptions: ({ actor, context }, params) => reportExceptions(actor, context, params),
} as const satisfies Record<string, Report>

/** Throws `missing` for a name that is none. */
export function reportNamed(name: string): Report {
  if (Object.hasOwn(REPORTS, name)) return REPORTS[name as keyof typeof REPORTS]
  throw new Failure('missing', 'report_unknown', `there is no report ${name}`, { remedy: `use one of ${Object.keys(REPORTS).join(', ')}` })
}
