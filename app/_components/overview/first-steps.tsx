import Link from 'next/link'
import type { Overview } from '#lib/services/overview/types.ts'

const code = 'font-mono text-[0.75rem] bg-sunken px-1 py-0.5'

/** Nothing to show yet: what to do first. */
export function FirstSteps({ data }: { data: Overview }) {
  const declared = data.sources.total > 0
  return (
    <div className="panel mt-4 max-w-3xl px-5 py-4">
      <h2 className="font-semibold text-[0.875rem]">{data.run ? 'Nothing is posted in this period.' : 'Nothing has been read yet.'}</h2>
      <ol className="mt-2 list-decimal space-y-1.5 pl-5 text-ink-2">
        {!declared && (
          <li>
            Declare your sources in <code className={code}>denominator.yaml</code>: where the GPUs are scraped, where the bills lie.
          </li>
        )}
        <li>
          Bring in a bill: <code className={code}>npx denominator import FILE --source NAME</code>
        </li>
        <li>
          Collect telemetry and incidents: <code className={code}>npx denominator collect</code>
        </li>
        <li>
          Reconcile: <code className={code}>npx denominator reconcile</code>. While the server runs, it does so by itself.
        </li>
      </ol>
      <p className="mt-3 text-ink-2">
        <Link href="/sources" className="underline decoration-line-strong underline-offset-3 hover:text-ink">
          Look at the sources
        </Link>{' '}
        or see a filled fleet first: <code className={code}>npm run demo</code>
      </p>
    </div>
  )
}
