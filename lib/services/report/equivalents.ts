// What the ledger knows of comparators: measured tokens, what they would have cost, and what has no price.
import type { TokenClass } from '#lib/domain/layers.ts'
import { type Money, sumMoney, ZERO } from '#lib/domain/money.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { amount, type Period } from './amounts.ts'
import { type LedgerDimension, ledgerSums } from './query.ts'

export type AsOfPeriod = Period & { asOf?: Date }
/** Tokens are our own, as measured; `billable` are the comparator's, after its ratios. `amount` null: no rate converts it. */
export type EquivalentRow = {
  day?: string
  deployment: string
  class: TokenClass
  tokens: Money
  billable: Money
  amount: Money | null
  unpriced: Money
}
export type Equivalents = { name: string; kind: string; settings: Record<string, unknown>; deployments: string[]; rows: EquivalentRow[] }
export type DeploymentInfo = { name: string; demand: boolean; goLive: Date | null }

export const sumRows = (rows: readonly EquivalentRow[], of: (row: EquivalentRow) => Money | null): Money =>
  sumMoney(rows.map((row) => of(row) ?? ZERO))

export async function deploymentsOf(context: Pick<ServiceContext, 'db'>): Promise<DeploymentInfo[]> {
  const rows = await context.db.prisma.deployment.findMany({ orderBy: { name: 'asc' } })
  return rows.map(({ name, demand, goLive }) => ({ name, demand, goLive }))
}

/** Every comparator with its rows by deployment and class (and day), in order of name. */
export async function readEquivalents(context: Pick<ServiceContext, 'db'>, params: AsOfPeriod, byDay: boolean): Promise<Equivalents[]> {
  const { from, to, asOf } = params
  const by: LedgerDimension[] = [...(byDay ? (['day'] as const) : []), 'deployment', 'item']
  const query = { from, to, asOf }
  const [entities, tokens, priced, unpriced] = await Promise.all([
    context.db.prisma.comparator.findMany({ include: { maps: { orderBy: { deployment: 'asc' } } }, orderBy: { name: 'asc' } }),
    ledgerSums(context.db, { ...query, measures: ['tokens'], by }),
    ledgerSums(context.db, { ...query, measures: ['equivalent'], by: [...by, 'comparator'] }),
    ledgerSums(context.db, { ...query, measures: ['unpriced'], by: [...by, 'comparator'] }),
  ])
  const place = (row: Partial<Record<LedgerDimension, string>>) => JSON.stringify([row.day ?? '', row.deployment, row.item])
  const measured = new Map(tokens.map((row) => [place(row), amount(row.quantity)]))
  return entities.map(({ name, kind, settings, maps }) => {
    const rows = new Map<string, EquivalentRow>()
    const rowOf = (row: Partial<Record<LedgerDimension, string>>): EquivalentRow => {
      const known = rows.get(place(row))
      if (known) return known
      const day = byDay ? { day: row.day! } : {}
      const made = {
        ...day,
        deployment: row.deployment!,
        class: row.item as TokenClass,
        tokens: measured.get(place(row)) ?? ZERO,
        billable: ZERO,
        amount: ZERO,
        unpriced: ZERO,
      }
      rows.set(place(row), made)
      return made
    }
    for (const row of priced)
      if (row.comparator === name)
        Object.assign(rowOf(row), { billable: amount(row.quantity), amount: row.effectiveRc === null ? null : amount(row.effectiveRc) })
    for (const row of unpriced)
      if (row.comparator === name) {
        const at = rowOf(row)
        at.unpriced = amount(row.quantity)
        at.tokens = at.tokens.minus(at.unpriced)
      }
    return {
      name,
      kind,
      settings: (settings ?? {}) as Record<string, unknown>,
      deployments: maps.map((map) => map.deployment),
      rows: [...rows.values()].sort((a, b) => (place2(a) < place2(b) ? -1 : 1)),
    }
  })
}

const place2 = (row: EquivalentRow) => `${row.day ?? ''}\n${row.deployment}\n${row.class}`

/** Share of tokens with a price, 0..1; null when no token was served. */
export function priceCoverage(list: readonly Equivalents[]): number | null {
  const rows = list.flatMap((one) => one.rows)
  const priced = sumRows(rows, (row) => row.tokens)
  const all = priced.plus(sumRows(rows, (row) => row.unpriced))
  return all.isZero() ? null : priced.div(all).toNumber()
}
