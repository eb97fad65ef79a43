import { collectSource } from '#collectors/collect.ts'
import { parseInstant } from '#lib/domain/time.ts'
import { Failure, messageOf } from '#lib/errors.ts'
import type { Command } from './command.ts'

type Outcome = { source: string; kind: string; ok: boolean; error?: string; result?: unknown }

function instant(flag: string, text: string | boolean | undefined): Date | undefined {
  if (typeof text !== 'string') return undefined
  const ms = parseInstant(text)
  if (ms === undefined)
    throw new Failure('usage', 'bad_option', `--${flag} \`${text}\` is not an instant`, {
      remedy: 'write ISO 8601, such as 2026-03-01 or 2026-03-01T08:00:00Z',
    })
  return new Date(ms)
}

export const collectCommand: Command<Outcome[]> = {
  name: 'collect',
  usage: 'collect [--source NAME] [--from T] [--to T] [--json]',
  does: 'one pull of every source, or of one; --from and --to fill in history',
  options: { source: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' } },
  run: async (session, flags) => {
    const window = { from: instant('from', flags.from), to: instant('to', flags.to) }
    const names = typeof flags.source === 'string' ? [flags.source] : session.sources.map((source) => source.name)
    const outcomes: Outcome[] = []
    for (const name of names) {
      const source = session.source(name)
      // One source that is down must not keep the others from being read.
      try {
        const { kind, result } = await collectSource(session.context, source, window)
        outcomes.push({ source: name, kind, ok: true, result })
      } catch (error) {
        session.say(`${name}: ${messageOf(error)}`)
        outcomes.push({ source: name, kind: source.kind, ok: false, error: messageOf(error) })
      }
    }
    return outcomes
  },
  text: (outcomes) =>
    outcomes.map(({ source, ok, error, result }) => `${ok ? 'ok    ' : 'FAILED'} ${source}  ${ok ? summary(result) : error}`).join('\n') ||
    'no sources are declared',
  exitCode: (outcomes) => (outcomes.every((outcome) => outcome.ok) ? 0 : 1),
}

/** The plain numbers of a result, for a line of text. */
function summary(result: unknown): string {
  if (Array.isArray(result)) return `${result.length} ${result.length === 1 ? 'batch' : 'batches'}`
  return Object.entries(result as object)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
