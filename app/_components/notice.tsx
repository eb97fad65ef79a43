import type { ReactNode } from 'react'

const TONES = { error: 'border-bad bg-bad-soft', stale: 'border-warn bg-warn-soft', plain: 'border-line-strong bg-paper' }

export function Notice({ tone, title, children }: { tone: keyof typeof TONES; title: string; children?: ReactNode }) {
  return (
    <div role={tone === 'error' ? 'alert' : 'status'} className={`border-l-2 px-4 py-2.5 ${TONES[tone]}`}>
      <p className="font-medium">{title}</p>
      {children && <div className="text-ink-2">{children}</div>}
    </div>
  )
}

/** An address that cannot be read, answered in the page. */
export function BadAddress({ title, remedy }: { title: string; remedy: string }) {
  return (
    <div className="mt-8 max-w-2xl">
      <Notice tone="error" title={title}>
        {remedy}
      </Notice>
    </div>
  )
}
