import './globals.css'
import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { Nav } from './_components/nav.tsx'
import { Providers } from './_components/providers.tsx'
import { type Theme, ThemeToggle } from './_components/theme-toggle.tsx'

export const metadata: Metadata = {
  title: { default: 'Denominator', template: '%s · Denominator' },
  description: 'What your self-hosted tokens really cost, and whether they still pay off.',
}
export const viewport: Viewport = { width: 'device-width', initialScale: 1 }

export default async function RootLayout({ children }: { children: ReactNode }) {
  const chosen = (await cookies()).get('theme')?.value
  const theme: Theme = chosen === 'light' || chosen === 'dark' ? chosen : 'system'
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme} suppressHydrationWarning>
      <body className="min-h-screen font-sans antialiased">
        <a
          href="#content"
          className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-10 focus:bg-paper focus:px-3 focus:py-1.5"
        >
          Skip to content
        </a>
        <header className="border-line border-b bg-paper">
          <div className="mx-auto flex h-12 max-w-[84rem] items-center gap-3 px-4 sm:gap-8 sm:px-6">
            <Link href="/" className="flex items-center gap-2 font-semibold text-[0.9375rem] tracking-tight">
              <Mark />
              <span className="max-sm:sr-only">Denominator</span>
            </Link>
            <Nav />
            <div className="ml-auto">
              <ThemeToggle initial={theme} />
            </div>
          </div>
        </header>
        <Providers>
          <main id="content" className="mx-auto max-w-[84rem] px-4 pb-16 sm:px-6">
            {children}
          </main>
        </Providers>
      </body>
    </html>
  )
}

/** A fraction: what is paid, over what is served. */
function Mark() {
  return (
    <svg viewBox="0 0 16 16" className="size-4" aria-hidden="true" fill="currentColor">
      <rect x="5.5" y="1" width="5" height="4" />
      <rect x="0.5" y="7.25" width="15" height="1.5" />
      <rect x="2.5" y="11" width="11" height="4" />
    </svg>
  )
}
