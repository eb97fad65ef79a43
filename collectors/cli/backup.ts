import { Failure } from '#lib/errors.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { type BackupResult, backup, type RestoreResult, restore } from '#lib/services/backup.ts'
import type { Command } from './command.ts'

function fileOf(positionals: string[]): string {
  const [file, ...rest] = positionals
  if (!file || rest.length) throw new Failure('usage', 'bad_option', 'exactly one file is to be named', { remedy: 'name the backup file' })
  return file
}

export const backupCommand: Command<BackupResult> = {
  name: 'backup',
  usage: 'backup FILE [--json]',
  does: 'everything in one consistent file: the store and the deliveries as they came',
  run: (session, _flags, positionals) => backup(LOCAL_ADMINISTRATOR, session.context, { file: fileOf(positionals) }),
  text: ({ file, bytes, tables, files }) => `${file}: ${(bytes / 1e6).toFixed(1)} MB, ${tables} tables, ${files} delivered files`,
}

export const restoreCommand: Command<RestoreResult> = {
  name: 'restore',
  usage: 'restore FILE [--yes] [--json]',
  does: 'puts a backup in the place of what is stored; --yes where something is',
  options: { yes: { type: 'boolean' } },
  run: (session, flags, positionals) =>
    restore(LOCAL_ADMINISTRATOR, session.context, { file: fileOf(positionals), confirm: flags.yes === true }),
  text: ({ tables, rows, files, takenAt }) =>
    `restored what was stored at ${takenAt}: ${rows} rows in ${tables} tables, ${files} delivered files`,
}
