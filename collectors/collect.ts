// One pull of one source, whatever its kind: what `denominator collect`, the supervisor and the jobs call.
import { Failure } from '#lib/errors.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { collectIncidents } from '#lib/services/collect-incidents.ts'
import { collectSeries } from '#lib/services/collect-series.ts'
import { collectTelemetry } from '#lib/services/collect-telemetry.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { collectFiles, type Pullable } from './files.ts'
import { COLLECTORS, isKind } from './registry.ts'

/** Half-open; a source that keeps no history ignores it. */
export type CollectWindow = { from?: Date; to?: Date }
export type Collected = { source: string; kind: string; result: unknown }

const DAY_MS = 86_400_000
/** Without a window: incidents of the last month are listed anew, so that late changes to them are seen. */
const LOOK_BACK_MS = 31 * DAY_MS

/** Pulls one source. A source that is down makes a gap and throws `unavailable`; what was there before stays. */
export async function collectSource(
  context: ServiceContext,
  source: Pullable,
  window: CollectWindow,
  signal?: AbortSignal,
): Promise<Collected> {
  const done = (result: unknown): Collected => ({ source: source.name, kind: source.kind, result })
  if (!isKind(source.kind))
    throw new Failure('usage', 'source_kind_unknown', `kind \`${source.kind}\` is unknown`, { place: { source: source.name } })
  const collector = COLLECTORS[source.kind]
  switch (collector.facts) {
    case 'telemetry':
      return done(await collectTelemetry(LOCAL_ADMINISTRATOR, context, collector, source))
    case 'series':
      return done(await collectSeries(LOCAL_ADMINISTRATOR, context, collector, source, window, signal))
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
    case 'time':
      return done(await collectFiles(context, collector, source))
    default:
      return collector satisfies never
  }
}
