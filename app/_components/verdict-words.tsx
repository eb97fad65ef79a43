import type { Verdict } from '#lib/domain/verdict/decide.ts'

type Look = { text: string; tone: string; path: string }
/** Colour never speaks alone: every verdict has its words and its own sign. */
const LOOKS: Record<Verdict, Look> = {
  'pays off': { text: 'Pays off', tone: 'text-good', path: 'M3 8.5 6.5 12 13 4.5' },
  'costs more': { text: 'Costs more', tone: 'text-bad', path: 'M4 4l8 8M12 4l-8 8' },
  'too close to call': {
    text: 'Too close to call',
    tone: 'text-warn',
    path: 'M2.5 6.5c2-2 3.5-2 5.5 0s3.5 2 5.5 0M2.5 11c2-2 3.5-2 5.5 0s3.5 2 5.5 0',
  },
  'not enough evidence': {
    text: 'Not enough evidence',
    tone: 'text-ink-2',
    path: 'M5.5 6a2.5 2.5 0 1 1 3.800 2.100C8.5 8.700 8 9.200 8 10M8 12.5v.01',
  },
  'not eligible': { text: 'Not eligible', tone: 'text-ink-2', path: 'M3.5 8h9' },
}
export const verdictText = (code: Verdict): string => LOOKS[code].text
export const verdictTone = (code: Verdict): string => LOOKS[code].tone

export function VerdictSign({ code, className = 'size-4' }: { code: Verdict; className?: string }) {
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden="true"
      className={className}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
    >
      <path d={LOOKS[code].path} />
    </svg>
  )
}
