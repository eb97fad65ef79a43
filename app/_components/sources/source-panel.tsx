import type { SourceState } from '#lib/services/sources.ts'
import { Unknown } from '../amount.tsx'
import { ago, clockText } from '../format.ts'
import { Notice } from '../notice.tsx'
import { Batches } from './batches.tsx'
import { HealthWord } from './health.tsx'
import { Rejects } from './rejects.tsx'
import { Targets } from './targets.tsx'

type Clock = { now: string; timezone: string }

function Moment({ name, instant, clock }: { name: string; instant: string | null; clock: Clock }) {
  return (
    <div>
      <dt className="label">{name}</dt>
      <dd className="whitespace-nowrap">
        {instant === null ? (
          <Unknown why="never" />
        ) : (
          <time dateTime={instant} title={instant}>
            {ago(instant, clock.now)} <span className="text-ink-3">{clockText(instant, clock.timezone)}</span>
          </time>
        )}
      </dd>
    </div>
  )
}

/** One source: is it fresh, what came last, what was refused. */
export function SourcePanel({ source, clock }: { source: SourceState; clock: Clock }) {
  const { name, kind, health, batches, rejects } = source
  return (
    <section id={name} aria-label={name} className="panel overflow-hidden">
      <div className="grid gap-x-8 gap-y-3 px-4 py-3.5 sm:grid-cols-[11rem_8rem_1fr] sm:px-5">
        <div>
          <h2 className="font-semibold text-[0.9375rem]">{name}</h2>
          <p className="text-ink-3">
            {kind}
            {!source.declared && ', no longer declared'}
          </p>
        </div>
        <div>
          <p className="label">State</p>
          <HealthWord health={health} />
        </div>
        <dl className="grid gap-x-8 gap-y-3 sm:grid-cols-[repeat(3,minmax(0,13rem))]">
          <Moment name="Last success" instant={source.lastSuccessAt} clock={clock} />
          <Moment name="Newest fact" instant={source.lastFactAt} clock={clock} />
          {health === 'red' && <Moment name="Last attempt" instant={source.lastAttemptAt} clock={clock} />}
        </dl>
      </div>
      {source.lastError && (
        <div className="px-4 pb-3 sm:px-5">
          <Notice tone={health === 'red' ? 'error' : 'stale'} title={source.lastError}>
            {source.lastErrorAt && `since ${clockText(source.lastErrorAt, clock.timezone)}, ${ago(source.lastErrorAt, clock.now)}`}
          </Notice>
        </div>
      )}
      {health === 'grey' && (
        <p className="px-4 pb-3 text-ink-2 sm:px-5">
          Nothing has come from it yet. Try <code className="bg-sunken px-1 py-0.5 font-mono text-xs">npx denominator doctor</code>.
        </p>
      )}
      <Targets detail={source.detail} clock={clock} />
      {batches.length > 0 && <Batches batches={batches} timezone={clock.timezone} source={name} />}
      {source.rejectCount > 0 && <Rejects rejects={rejects} count={source.rejectCount} source={name} />}
    </section>
  )
}
