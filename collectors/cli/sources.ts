import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { listSources } from '#lib/services/sources.ts'
import type { Command } from './command.ts'

export const sourcesCommand: Command<Awaited<ReturnType<typeof listSources>>> = {
  name: 'sources',
  usage: 'sources [--json]',
  does: 'freshness, coverage and last error of every source',
  run: (session) => listSources(LOCAL_ADMINISTRATOR, session.context),
  text: ({ sources }) =>
    sources
      .map(
        (one) =>
          `${one.health.padEnd(7)} ${one.name} (${one.kind})  last success ${one.lastSuccessAt ?? 'never'}${one.lastError ? `  ${one.lastError}` : ''}`,
      )
      .join('\n') || 'no sources are declared',
}
