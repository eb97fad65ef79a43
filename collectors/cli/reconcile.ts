import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import type { Command } from './command.ts'

const text = (flag: string | boolean | undefined) => (typeof flag === 'string' ? flag : undefined)

export const reconcileCommand: Command<Awaited<ReturnType<typeof reconcileDays>>> = {
  name: 'reconcile',
  usage: 'reconcile [--from DAY] [--to DAY] [--json]',
  does: 'the days whose inputs changed, or the days named, into the ledger',
  options: { from: { type: 'string' }, to: { type: 'string' } },
  run: (session, flags) => reconcileDays(LOCAL_ADMINISTRATOR, session.context, { from: text(flags.from), to: text(flags.to) }),
  text: ({ days, runs, entries }) =>
    entries === 0 ? `${days} days recomputed, nothing changed` : `${days} days recomputed, ${entries} differences in ${runs} runs`,
}
