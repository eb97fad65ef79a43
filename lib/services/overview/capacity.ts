import { type CapacityState, STATES } from '#lib/domain/layers.ts'
import { sumMoney } from '#lib/domain/money.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lineageId } from '#lib/services/lineage-id.ts'
import { amount, shown } from '#lib/services/report/amounts.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import type { CapacityView, OverviewParams } from './types.ts'

const BUSY: readonly CapacityState[] = ['serving', 'other_work', 'busy_unattributed']

/** Billed GPU-minutes and their money by state; awaiting and unbilled as quantities. */
export async function capacityOf(context: ServiceContext, { from, to, basis }: OverviewParams): Promise<CapacityView> {
  const rows = await ledgerSums(context.db, { measures: ['gpu_minutes', 'awaiting_bill', 'unbilled'], from, to, by: ['measure', 'item'] })
  const minutesOf = (measure: string) => sumMoney(rows.filter((row) => row.measure === measure).map((row) => amount(row.quantity)))
  const all = minutesOf('gpu_minutes')
  const states = STATES.flatMap((state) => {
    const row = rows.find((one) => one.measure === 'gpu_minutes' && one.item === state)
    if (!row) return []
    const minutes = amount(row.quantity)
    return [
      {
        state,
        id: lineageId({ report: 'capacity', from, to, basis, where: { item: state } }),
        gpuMinutes: shown(minutes),
        amount: basis === 'billed' ? row.billedRc : row.effectiveRc,
        share: all.isZero() ? null : minutes.div(all).toNumber(),
      },
    ]
  })
  const busy = states.filter((one) => BUSY.includes(one.state)).reduce((sum, one) => sum + (one.share ?? 0), 0)
  return {
    states,
    gpuMinutes: shown(all),
    busyShare: all.isZero() ? null : busy,
    awaitingGpuMinutes: shown(minutesOf('awaiting_bill')),
    unbilledGpuMinutes: shown(minutesOf('unbilled')),
  }
}
