import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { type DistributeResult, distribute } from '#lib/services/distribute.ts'
import type { Command } from './command.ts'

export const distributeCommand: Command<DistributeResult> = {
  name: 'distribute',
  usage: 'distribute [--dry-run] [--json]',
  does: 'puts the facts on Citus, in place; --dry-run prints the SQL',
  options: { 'dry-run': { type: 'boolean' } },
  run: (session, flags) => distribute(LOCAL_ADMINISTRATOR, session.context, { dryRun: flags['dry-run'] === true }),
  text: ({ done, statements }) =>
    done ? `distributed, in ${statements.length} statements` : statements.map((sql) => `${sql};`).join('\n'),
}
