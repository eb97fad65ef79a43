import { TOKEN_CLASSES } from '#lib/domain/layers.ts'
import { Failure } from '#lib/errors.ts'
import { type Actor, authorise } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { addDays } from '#lib/domain/time.ts'
import { amount, checkPeriod, type Period, shown } from './amounts.ts'
import { deploymentsOf } from './equivalents.ts'
import { type LedgerDimension, ledgerSums } from './query.ts'

export type TokensParams = Period & { by?: readonly string[]; asOf?: Date }
export type TokensRow = { id: string; day?: string; deployment: string; class: string; tokens: string; demand: boolean }
export type ServingRow = {
  deployment: string
  scrapedMinutes: string | null
  runningMinutes: string | null
  requests: string | null
  failures: string | null
  prefillSeconds: string | null
  decodeSeconds: string | null
}
/** Deployment '' stands for replicas that no deployment claims. A class that no engine reports has no row. */
export type TokensReport = { from: string; to: string; asOf: string | null; rows: TokensRow[]; serving: ServingRow[] }

/** Whether rows are by day. Throws `usage` for a dimension that the report does not have. */
export function wantsDays(by: readonly string[] | undefined): boolean {
  for (const name of by ?? [])
    if (!['day', 'deployment', 'class'].includes(name))
      throw new Failure('usage', 'bad_by', `--by \`${name}\` is unknown`, { remedy: 'use day: rows are by deployment and class anyway' })
  return by?.includes('day') ?? false
}

/** Tokens served, by deployment and disjoint class, as the engines counted them. */
export async function reportTokens(actor: Actor, context: ServiceContext, params: TokensParams): Promise<TokensReport> {
  authorise(actor, 'read')
  checkPeriod(params)
  const { from, to, asOf } = params
  const days: LedgerDimension[] = wantsDays(params.by) ? ['day'] : []
  const [sums, serving, deployments] = await Promise.all([
    ledgerSums(context.db, { measures: ['tokens'], from, to, asOf, by: [...days, 'deployment', 'item'] }),
    ledgerSums(context.db, { measures: ['serving'], from, to, asOf, by: ['deployment', 'item'] }),
    deploymentsOf(context),
  ])
  const demand = new Set(deployments.filter((one) => one.demand).map((one) => one.name))
  const order = (name: string) => (TOKEN_CLASSES as readonly string[]).indexOf(name)
  const rows = sums.map((row) => {
    const { deployment, item } = row as { deployment: string; item: string }
    const day = days.length > 0 ? (row as { day: string }).day : undefined
    const span = day ? { from: day, to: addDays(day, 1) } : { from, to }
    return {
      id: lineageId({ report: 'tokens', ...span, asOf, measures: ['tokens'], where: { deployment, item } }),
      ...(day ? { day } : {}),
      deployment,
      class: item,
      tokens: shown(amount(row.quantity)),
      demand: demand.has(deployment),
    }
  })
  rows.sort((a, b) => compare(a.day ?? '', b.day ?? '') || compare(a.deployment, b.deployment) || order(a.class) - order(b.class))
  return { from, to, asOf: asOf?.toISOString() ?? null, rows, serving: servingRows(serving) }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function servingRows(sums: readonly { deployment: string; item: string; quantity: string | null }[]): ServingRow[] {
  const byDeployment = Map.groupBy(sums, (row) => row.deployment)
  return [...byDeployment].map(([deployment, rows]) => {
    const of = (item: string) => rows.find((row) => row.item === item)?.quantity ?? null
    const seconds = (item: string) => (of(item) === null ? null : shown(amount(of(item)).div(1000)))
    return {
      deployment,
      scrapedMinutes: of('scraped_minutes'),
      runningMinutes: of('running_minutes'),
      requests: of('requests'),
      failures: of('failures'),
      prefillSeconds: seconds('prefill_ms'),
      decodeSeconds: seconds('decode_ms'),
    }
  })
}
