'use client'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import type { FormEvent } from 'react'
import { changesSearch } from '#app/_queries/changes.ts'
import type { Period } from '#app/_queries/period.ts'

const HOUR_MS = 3_600_000
const BEFORE = [
  { name: 'a day ago', hours: 24 },
  { name: 'a week ago', hours: 7 * 24 },
  { name: 'a month ago', hours: 30 * 24 },
]

/** The earlier moment, in the address like the period. */
export function SincePicker({ period, since, now }: { period: Period; since: string; now: string }) {
  const router = useRouter()
  const address = (instant: string) => `/changes${changesSearch(period, instant)}`
  const ago = (hours: number) => new Date((Math.floor(Date.parse(now) / HOUR_MS) - hours) * HOUR_MS).toISOString()
  const choose = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = new FormData(event.currentTarget).get('since')
    if (typeof text === 'string' && text !== '') router.push(address(new Date(`${text}Z`).toISOString()), { scroll: false })
  }
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="label">Since</span>
      <div className="flex rounded-[5px] bg-sunken p-px">
        {BEFORE.map(({ name, hours }) => (
          <Link
            key={name}
            href={address(ago(hours))}
            prefetch={false}
            scroll={false}
            aria-current={ago(hours) === since}
            className="flex h-7 items-center rounded-[4px] px-2.5 text-ink-2 hover:text-ink aria-[current=true]:bg-paper aria-[current=true]:font-medium aria-[current=true]:text-ink aria-[current=true]:shadow-[0_0_0_1px_var(--line-strong)]"
          >
            {name}
          </Link>
        ))}
      </div>
      <form onSubmit={choose} key={since} className="with-script-only flex items-center gap-1">
        <input
          type="datetime-local"
          name="since"
          aria-label="Since, UTC"
          defaultValue={since.slice(0, 16)}
          max={now.slice(0, 16)}
          className="h-7 rounded border border-line-strong bg-paper px-1.5"
        />
        <span className="label">UTC</span>
        <button type="submit" className="h-7 cursor-pointer rounded bg-sunken px-2.5 text-ink-2 hover:text-ink">
          Show
        </button>
      </form>
    </div>
  )
}
