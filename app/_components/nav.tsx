'use client'
import Link from 'next/link'
import { usePathname } from 'next/navigation'

const PLACES = [
  { href: '/', name: 'Overview' },
  { href: '/exceptions', name: 'Exceptions' },
  { href: '/changes', name: 'Changes' },
  { href: '/on-call', name: 'On-call' },
  { href: '/sources', name: 'Sources' },
]

export function Nav() {
  const path = usePathname()
  return (
    <nav aria-label="Main" className="flex h-full min-w-0 gap-3 overflow-x-auto overflow-y-hidden sm:gap-5">
      {PLACES.map(({ href, name }) => (
        <Link
          key={href}
          href={href}
          aria-current={path === href ? 'page' : undefined}
          className="flex h-full items-center whitespace-nowrap border-transparent border-b-2 pt-0.5 text-ink-2 hover:text-ink aria-[current=page]:border-ink aria-[current=page]:font-medium aria-[current=page]:text-ink"
        >
          {name}
        </Link>
      ))}
    </nav>
  )
}
