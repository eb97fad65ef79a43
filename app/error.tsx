'use client'
import { Notice } from './_components/notice.tsx'

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <div className="mt-8 max-w-2xl">
      <Notice tone="error" title="This page cannot be shown.">
        <p>
          The server could not answer{error.digest && ` (${error.digest} in its log)`}. If it just started, its database may not be ready
          yet.
        </p>
        <button
          type="button"
          onClick={reset}
          className="mt-2 cursor-pointer rounded border border-line-strong bg-paper px-2.5 py-1 text-ink"
        >
          Try again
        </button>
      </Notice>
    </div>
  )
}
