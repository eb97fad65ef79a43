'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { lineageQuery } from '#app/_queries/lineage.ts'
import type { Lineage } from '#lib/services/lineage.ts'
import { money, number, periodText } from '../format.ts'
import { Notice } from '../notice.tsx'
import { LedgerRows } from './ledger-rows.tsx'
import { SourceRows } from './source-rows.tsx'
import { subjectOf } from './subject.ts'

function Head({ lineage }: { lineage: Lineage }) {
  const { amount, quantity, currency, from, to, basis, what, asOf } = lineage
  return (
    <>
      <p className="label pt-5">
        {periodText(from, to)}, UTC days · {basis} cost{asOf && ` · as of ${asOf}`}
      </p>
      <h1 className="mt-2 font-semibold text-[1.625rem] leading-9 tracking-[-0.02em]">
        {amount !== null ? money(amount, currency, 2) : quantity !== null ? number(quantity) : 'Nothing posted'}
        <span className="ml-3 font-normal text-[0.9375rem] text-ink-2 tracking-normal">{subjectOf(lineage)}</span>
      </h1>
      <dl className="panel mt-4 grid gap-x-6 gap-y-2 px-4 py-3 sm:grid-cols-[8rem_1fr] sm:px-5">
        <dt className="label leading-5">Asked for</dt>
        <dd>{what}</dd>
        {amount !== null && (
          <>
            <dt className="label leading-5">Every digit</dt>
            <dd className="break-all font-mono text-xs leading-5">
              {amount} {currency}
            </dd>
          </>
        )}
        <dt className="label leading-5">Formula</dt>
        <dd>
          {lineage.formula || 'nothing is posted'}
          {lineage.rules.length > 0 && <span className="text-ink-3"> Rules {lineage.rules.join(', ')}.</span>}
        </dd>
      </dl>
    </>
  )
}

/** One amount opened: formula, postings, source rows, and that each adds up to the one above. */
export function LineagePage({ id }: { id: string }) {
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(lineageQuery(id))
  const first = data?.pages[0]
  if (!first)
    return (
      <div className="mt-8 max-w-2xl">
        {error ? (
          <Notice tone="error" title="This amount cannot be opened.">
            {error.message}
          </Notice>
        ) : (
          <p className="text-ink-3">Opening…</p>
        )}
      </div>
    )
  const rows = data.pages.flatMap((page) => page.sources)
  return (
    <>
      <Head lineage={first} />
      <div className="mt-4 flex flex-col gap-4">
        <LedgerRows lineage={first} />
        <SourceRows lineage={first} rows={rows} more={hasNextPage ? () => void fetchNextPage() : null} loading={isFetchingNextPage} />
        {error && (
          <Notice tone="error" title="The next rows could not be read.">
            {error.message}
          </Notice>
        )}
      </div>
    </>
  )
}
