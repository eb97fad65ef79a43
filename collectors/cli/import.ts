import { COLLECTORS, isKind } from '#collectors/registry.ts'
import { Failure } from '#lib/errors.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { type ImportResult, importFile } from '#lib/services/import.ts'
import type { Command } from './command.ts'

export const importCommand: Command<ImportResult[]> = {
  name: 'import',
  usage: 'import FILE… --source NAME [--period YYYY-MM] [--yes] [--json]',
  does: 'one delivery of a file source; `-` reads standard input; --yes confirms a replacement that loses much',
  options: { source: { type: 'string' }, period: { type: 'string' }, yes: { type: 'boolean' } },
  run: async (session, flags, files) => {
    if (typeof flags.source !== 'string')
      throw new Failure('usage', 'bad_option', '--source is missing', { remedy: 'name the source that the file belongs to' })
    if (files.length === 0)
      throw new Failure('usage', 'bad_option', 'no file is named', { remedy: 'name files, or `-` for standard input' })
    if (typeof flags.period === 'string' && !/^\d{4}-(0[1-9]|1[0-2])$/.test(flags.period))
      throw new Failure('usage', 'bad_option', `--period \`${flags.period}\` is not a month`, { remedy: 'write YYYY-MM' })
    const source = session.source(flags.source)
    const collector = isKind(source.kind) ? COLLECTORS[source.kind] : undefined
    if (collector?.facts !== 'bills' && collector?.facts !== 'time')
      throw new Failure('usage', 'not_a_file_source', `source \`${source.name}\` (${source.kind}) reads no files`, {
        remedy: 'use `denominator collect`',
      })
    const options = { period: typeof flags.period === 'string' ? flags.period : undefined, confirm: flags.yes === true }
    const results: ImportResult[] = []
    for (const file of files) {
      const input = file === '-' ? { stream: process.stdin, name: '-' } : { path: file }
      results.push(...(await importFile(LOCAL_ADMINISTRATOR, session.context, collector, source, input, options)))
    }
    return results
  },
  text: (results) => results.map(line).join('\n'),
  exitCode: (results) => (results.some((result) => result.status === 'waiting') ? 1 : 0),
}

function line(result: ImportResult): string {
  const { read, accepted, quarantined, excluded } = result.rows
  const head = `${result.source} ${result.period ?? ''} version ${result.version}${result.unchanged ? ' unchanged' : ''} (${result.status})`
  const rows = `rows: ${read} read = ${accepted} accepted + ${quarantined} quarantined + ${excluded} excluded`
  const money = result.money.map(
    (one) => `${one.currency} ${one.column}: ${one.read} = ${one.accepted} + ${one.quarantined} + ${one.excluded}`,
  )
  const rejects = result.rejects
    .slice(0, 10)
    .map((reject) => `  line ${reject.line}, ${reject.column ?? ''}: ${reject.reason}${reject.value ? ` (\`${reject.value}\`)` : ''}`)
  const unreadable = result.unreadable
    ? [`  ${result.unreadable} quarantined rows hold an amount that cannot be read: it is in no sum`]
    : []
  return [
    head,
    `  ${rows}`,
    ...money.map((text) => `  ${text}`),
    ...unreadable,
    ...rejects,
    ...(result.message ? [`  ${result.message}`] : []),
  ].join('\n')
}
