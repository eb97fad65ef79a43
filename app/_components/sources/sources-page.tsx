'use client'
import { useQuery } from '@tanstack/react-query'
import { type SourceList, sourcesQuery } from '#app/_queries/sources.ts'
import { clockText } from '../format.ts'
import { Notice } from '../notice.tsx'
import { SourcePanel } from './source-panel.tsx'

function Title({ data }: { data: SourceList }) {
  const failing = data.sources.filter((source) => source.health === 'red').map((source) => source.name)
  const looks = data.sources.filter((source) => source.health === 'amber').map((source) => source.name)
  if (failing.length === 0 && looks.length === 0) return <>All {data.sources.length} sources deliver.</>
  return (
    <>
      {failing.length > 0 && (
        <span className="mr-[0.4em]">
          <span className="text-bad">Failing:</span> {failing.join(', ')}.
        </span>
      )}
      {looks.length > 0 && (
        <span>
          <span className="text-warn">Needs a look:</span> {looks.join(', ')}.
        </span>
      )}
    </>
  )
}

function NoSources() {
  return (
    <div className="panel mt-4 max-w-3xl px-5 py-4 text-ink-2">
      No source is declared. Write them into <code className="bg-sunken px-1 py-0.5 font-mono text-xs">denominator.yaml</code> and start
      again; <code className="bg-sunken px-1 py-0.5 font-mono text-xs">npx denominator doctor</code> says what is missing.
    </div>
  )
}

export function SourcesPage({ timezone }: { timezone: string }) {
  const { data, error, isPending } = useQuery(sourcesQuery())
  return (
    <>
      <p className="label pt-5">Where every figure comes from{data && `, as of ${clockText(data.now, timezone)}`}</p>
      <h1 className="mt-2 max-w-6xl font-semibold text-[1.25rem] leading-7 tracking-[-0.02em] sm:text-[1.625rem] sm:leading-9">
        {data && data.sources.length > 0 ? <Title data={data} /> : 'Sources'}
      </h1>
      {error && (
        <div className="mt-4">
          <Notice tone={data ? 'stale' : 'error'} title={data ? 'Not up to date.' : 'The sources cannot be shown.'}>
            {error.message}
          </Notice>
        </div>
      )}
      {isPending && <p className="mt-10 text-ink-3">Asking the sources…</p>}
      {data?.sources.length === 0 && <NoSources />}
      <div className="mt-4 flex flex-col gap-4">
        {data?.sources.map((source) => (
          <SourcePanel key={source.name} source={source} clock={{ now: data.now, timezone }} />
        ))}
      </div>
    </>
  )
}
