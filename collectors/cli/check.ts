import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { check } from '#lib/services/check.ts'
import type { Command } from './command.ts'

export const checkCommand: Command<Awaited<ReturnType<typeof check>>> = {
  name: 'check',
  usage: 'check [--json]',
  does: 'every invariant on the whole store; exit code 1 and one line a violation',
  run: (session) => check(LOCAL_ADMINISTRATOR, session.context),
  text: ({ violations, checked }) =>
    violations.length
      ? violations.map((violation) => `${violation.code}: ${violation.message}`).join('\n')
      : `every invariant holds (${JSON.stringify(checked)})`,
  exitCode: ({ violations }) => (violations.length ? 1 : 0),
}
