import type { Health } from '#lib/services/sources.ts'

const LOOKS: Record<Health, { word: string; tone: string; mark: string }> = {
  green: { word: 'Delivering', tone: 'text-good', mark: 'bg-good' },
  amber: { word: 'Needs a look', tone: 'text-warn', mark: 'bg-warn' },
  red: { word: 'Failing', tone: 'text-bad', mark: 'bg-bad' },
  grey: { word: 'Nothing yet', tone: 'text-ink-2', mark: 'hatch' },
}

/** Health in a word, with a mark that repeats it. */
export function HealthWord({ health }: { health: Health }) {
  const { word, tone, mark } = LOOKS[health]
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap font-medium ${tone}`}>
      <span aria-hidden="true" className={`size-2 ${mark}`} />
      {word}
    </span>
  )
}
