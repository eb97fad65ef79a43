// What lies at a file source's `path`: one file, or a folder of them.
import fs from 'node:fs'
import path from 'node:path'
import { Failure, messageOf } from '#lib/errors.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import type { DeclaredSource } from '#lib/services/config/read.ts'
import { type FileCollectors, type ImportResult, importFile, sourceFailed } from '#lib/services/import.ts'

export type Pullable = DeclaredSource & { sourceId: number }

/** The files of a source's `path` in the order of their names; hidden ones are left alone. */
export function filesAt(source: Pullable): string[] {
  const target = source.settings.path
  if (typeof target !== 'string') return []
  const stat = fs.statSync(target, { throwIfNoEntry: false })
  if (!stat)
    throw new Failure('unavailable', 'path_missing', `${target} does not exist`, {
      place: { source: source.name },
      remedy: 'create it, or correct the path',
    })
  if (stat.isFile()) return [target]
  return fs
    .readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}

/** Changes when a file comes, goes or is written: a cheap sign that reading them again may be worth it. */
export const listingOf = (source: Pullable): string =>
  filesAt(source)
    .map((file) => {
      const { size, mtimeMs, ino } = fs.statSync(file)
      return [file, size, mtimeMs, ino].join(' ')
    })
    .join('\n')

/**
 * Imports every file. One that is refused does not keep the others from being read; then the source stays red and this throws with
 * every complaint, after all others were taken.
 */
export async function collectFiles(context: ServiceContext, collector: FileCollectors, source: Pullable): Promise<ImportResult[]> {
  const results: ImportResult[] = []
  const failures: unknown[] = []
  for (const file of await filesOrFail(context, source)) {
    try {
      results.push(...(await importFile(LOCAL_ADMINISTRATOR, context, collector, source, { path: file }, { found: true })))
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length === 0) return results
  const failure =
    failures.length === 1
      ? failures[0]
      : new Failure('refused', 'files_refused', failures.map(messageOf).join('; '), { place: { source: source.name } })
  await sourceFailed(context, source, failure) // whatever was taken after the refused file had turned the source green
  throw failure
}

async function filesOrFail(context: ServiceContext, source: Pullable): Promise<string[]> {
  try {
    return filesAt(source)
  } catch (error) {
    await sourceFailed(context, source, error)
    throw error
  }
}
