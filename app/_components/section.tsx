import type { ReactNode } from 'react'

type Props = { title: string; aside?: ReactNode; className?: string; children: ReactNode; id: string }

/** A panel with its heading; the aside stands right of the heading. */
export function Section({ title, aside, className = '', children, id }: Props) {
  return (
    <section aria-labelledby={id} className={`panel min-w-0 ${className}`}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 px-4 pt-3 pb-2.5 sm:px-5">
        <h2 id={id} className="font-semibold text-[0.875rem] tracking-[-0.005em]">
          {title}
        </h2>
        {aside && <div className="label">{aside}</div>}
      </div>
      {children}
    </section>
  )
}
