// What the product reports of the fleet, in the cells of the truth's table.
import { LOCAL_ADMINISTRATOR as me } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { reportCapacity } from '#lib/services/report/capacity.ts'
import { reportCompare } from '#lib/services/report/compare.ts'
import { reportLabour } from '#lib/services/report/labour.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import { reportTco } from '#lib/services/report/tco.ts'
import { reportTokens } from '#lib/services/report/tokens.ts'
import { exact } from './sim/decimal.ts'
import { Totals } from './truth/totals.ts'

export type Period = { from: string; to: string; asOf?: Date }
const BASES = ['billed', 'effective'] as const

export async function measuredMoney(context: ServiceContext, period: Period): Promise<Totals> {
  const totals = new Totals()
  for (const basis of BASES) {
    const report = await reportTco(me, context, { ...period, basis, by: ['day', 'layer'] })
    for (const row of report.rows) totals.add(`cost/${basis}/${row.day}/${row.layer}`, exact(row.amount ?? 0))
  }
  for (const row of await ledgerSums(context.db, { ...period, measures: ['outside'], by: ['day'] })) {
    totals.add(`outside/billed/${row.day}`, exact(row.billedRc ?? 0))
    totals.add(`outside/effective/${row.day}`, exact(row.effectiveRc ?? 0))
  }
  return totals
}

export async function measuredCapacity(context: ServiceContext, period: Period): Promise<Totals> {
  const totals = new Totals()
  for (const basis of BASES) {
    const report = await reportCapacity(me, context, { ...period, basis, by: ['day'] })
    for (const row of report.rows) {
      if (basis === 'effective') totals.add(`minutes/${row.day}/${row.state}`, exact(row.gpuMinutes))
      totals.add(`money/${basis}/${row.day}/${row.state}`, exact(row.amount ?? 0))
    }
  }
  for (const row of await ledgerSums(context.db, { ...period, measures: ['awaiting_bill', 'unbilled'], by: ['day'] }))
    totals.add(`unpaid/${row.day}`, exact(row.quantity ?? 0))
  return totals
}

export async function measuredTokens(context: ServiceContext, period: Period): Promise<Totals> {
  const totals = new Totals()
  for (const row of (await reportTokens(me, context, { ...period, by: ['day'] })).rows)
    totals.add(`tokens/${row.day}/${row.deployment}/${row.class}`, exact(row.tokens))
  return totals
}

export async function measuredEquivalents(context: ServiceContext, period: Period): Promise<Totals> {
  const totals = new Totals()
  for (const { name, rows } of (await reportCompare(me, context, { ...period, by: ['day'] })).comparators)
    for (const row of rows) totals.add(`equivalent/${row.day}/${name}/${row.deployment}/${row.class}`, exact(row.amount ?? 0))
  const unpriced = await ledgerSums(context.db, { ...period, measures: ['unpriced'], by: ['day', 'comparator', 'deployment', 'item'] })
  for (const row of unpriced) totals.add(`unpriced/${row.day}/${row.comparator}/${row.deployment}/${row.item}`, exact(row.quantity ?? 0))
  return totals
}

export async function measuredLabour(context: ServiceContext, period: Period): Promise<Totals> {
  const totals = new Totals()
  for (const row of (await reportLabour(me, context, { ...period, by: ['day'] })).rows)
    for (const kind of ['logged', 'unlogged', 'standby', 'premium'] as const)
      totals.add(`pay/${kind}/${row.day}/${row.person}`, exact(row.amount[kind]))
  // the report's minutes are numbers; the ledger's seconds have every digit
  for (const row of await ledgerSums(context.db, { ...period, measures: ['time'], by: ['day', 'person', 'item'] }))
    totals.add(`time/${row.item}/${row.day}/${row.person}`, exact(row.quantity ?? 0))
  return totals
}

export async function measured(context: ServiceContext, period: Period): Promise<Totals> {
  const totals = new Totals()
  for (const part of [measuredMoney, measuredCapacity, measuredTokens, measuredEquivalents, measuredLabour])
    totals.merge(await part(context, period))
  return totals
}
