'use client'
import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const NAMES: Record<Theme, string> = { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' }

// A cookie, so that the server draws the right theme at once: no script before the first paint, no flash.
function remember(theme: Theme): void {
  const age = theme === 'system' ? 0 : 31_536_000
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and on plain HTTP
  document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax`
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function ThemeToggle({ initial }: { initial: Theme }) {
  const [theme, setTheme] = useState(initial)
  const change = () => {
    const next = NEXT[theme]
    remember(next)
    setTheme(next)
  }
  return (
    <button
      type="button"
      onClick={change}
      title={NAMES[theme]}
      className="with-script-only grid size-7 cursor-pointer place-items-center rounded text-ink-2 hover:bg-sunken hover:text-ink"
    >
      <span className="sr-only">{NAMES[theme]}; change</span>
      <svg viewBox="0 0 16 16" className="size-4" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.25">
        <circle cx="8" cy="8" r="5.5" />
        {theme === 'system' && <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />}
        {theme === 'dark' && <circle cx="8" cy="8" r="5.5" fill="currentColor" />}
      </svg>
    </button>
  )
}
