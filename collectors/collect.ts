// One pull of one source, whatever its kind: what `denominator collect`, the supervisor and the jobs call.
import fs from 'node:fs'
import path from 'node:path'
import { Failure } from '#lib/errors.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { collectIncidents } from '#lib/services/collect-incidents.ts'
import { collectSeries } from '#lib/services/collect-series.ts'
import { collectTelemetry } from '#lib/services/collect-telemetry.ts'
import type { DeclaredSource } from '#lib/services/config/read.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { importFile } from '#lib/services/import.ts'
import { COLLECTORS, isKind } from './registry.ts'

export type Pullable = DeclaredSource & { sourceId: number }
/** Half-open; a source that keeps no history ignores it. */
export type CollectWindow = { from?: Date; to?: Date }
export type Collected = { source: string; kind: string; result: unknown }

const DAY_MS = 86_400_000
/** Without a window: incidents of the last month are listed anew, so that late changes to them are seen. */
const LOOK_BACK_MS = 31 * DAY_MS

/** The files of a source's `path`: itself, or what lies in the folder, in the order of their names. */
function filesAt(source: Pullable): string[] {
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

/** Pulls one source. A source that is down makes a gap and throws `unavailable`; what was there before stays. */
export async function collectSource(context: ServiceContext, source: Pullable, window: CollectWindow): Promise<Collected> {
  const done = (result: unknown): Collected => ({ source: source.name, kind: source.kind, result })
  if (!isKind(source.kind))
    throw new Failure('usage', 'source_kind_unknown', `kind \`${source.kind}\` is unknown`, { place: { source: source.name } })
  const collector = COLLECTORS[source.kind]
  switch (collector.facts) {
    case 'telemetry':
      return done(await collectTelemetry(LOCAL_ADMINISTRATOR, context, collector, source))
    case 'series':
      return done(await collectSeries(LOCAL_ADMINISTRATOR, context, collector, source, window))
    case 'incidents': {
      const to = window.to ?? context.now
      return done(
        await collectIncidents(LOCAL_ADMINISTRATOR, context, collector, source, {
          from: window.from ?? new Date(to.getTime() - LOOK_BACK_MS),
          to,
        }),
      )
    }
    case 'bills':
    case 'time': {
      const results: unknown[] = []
      for (const file of filesAt(source))
        results.push(...(await importFile(LOCAL_ADMINISTRATOR, context, collector, source, { path: file }, {})))
      return done(results)
    }
    default:
      return collector satisfies never
  }
}
