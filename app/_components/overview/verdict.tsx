import type { Verdict } from '#lib/domain/verdict/decide.ts'
import type { ComparatorView, Judgement, Overview } from '#lib/services/overview/types.ts'
import { Amount } from '../amount.tsx'
import { CoverageMeters } from '../coverage.tsx'
import { chance, signedPercent } from '../format.ts'
import { SERIES } from '../series.ts'
import { VerdictSign, verdictText, verdictTone } from '../verdict-words.tsx'

const PHRASES: { code: Verdict; text: string }[] = [
  { code: 'pays off', text: 'Paid off against' },
  { code: 'costs more', text: 'Cost more than' },
  { code: 'too close to call', text: 'Too close to call against' },
  { code: 'not enough evidence', text: 'Not enough evidence against' },
  { code: 'not eligible', text: 'Not eligible:' },
]
const list = (names: string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`

/** The answer in one line, for somebody who has three seconds. */
export function Answer({ comparators }: { comparators: ComparatorView[] }) {
  const groups = PHRASES.map((phrase) => ({
    ...phrase,
    names: comparators.filter((one) => one.didItPay.verdict === phrase.code).map((one) => one.name),
  })).filter((group) => group.names.length > 0)
  if (groups.length === 0) return <>What the fleet costs</>
  return (
    <>
      {groups.map((group) => (
        <span key={group.code} className="mr-[0.4em] max-sm:block">
          <span className={verdictTone(group.code)}>{group.text}</span> {list(group.names)}.
        </span>
      ))}
    </>
  )
}

function Probability({ value }: { value: number | null }) {
  if (value === null) return null
  return (
    <span title="probability that self-hosting is the cheaper one, over the stated risks" className="text-ink-3">
      P {chance(value)}
    </span>
  )
}

/** Both sides to one scale, over the days on which both are known. */
function Sides({ judgement, look }: { judgement: Judgement; look: string }) {
  const { own, alternative } = judgement
  if (own === null || alternative === null) return <div className="hatch mt-2.5 mb-1 h-[13px]" aria-hidden="true" />
  const most = Math.max(Number(own), Number(alternative), 1e-9)
  const bar = (amount: string) => ({ width: `${(Math.max(0, Number(amount)) / most) * 100}%` })
  return (
    <div className="mt-2.5 mb-1 flex flex-col gap-[3px]" aria-hidden="true">
      <span className="h-[5px] bg-series-actual" style={bar(own)} />
      <span className={`h-[5px] ${look}`} style={bar(alternative)} />
    </div>
  )
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

function FlipList({ flips }: { flips: Judgement['flips'] }) {
  return (
    <ul className="mt-0.5 space-y-0.5">
      {flips.map(({ kind, feasible, why }) => (
        <li key={kind} className="flex gap-1.5" title={kind}>
          <span aria-hidden="true">{feasible === false ? '×' : '→'}</span>
          <span className="min-w-0 first-letter:capitalize">{why}</span>
        </li>
      ))}
    </ul>
  )
}

/** What is within reach stands open; what is not, and the finer points, are folded away. */
function WhatElse({ judgement }: { judgement: Judgement }) {
  const within = judgement.flips.filter((flip) => flip.feasible !== false)
  const beyond = judgement.flips.filter((flip) => flip.feasible === false)
  const notes = judgement.reasons.slice(1)
  return (
    <>
      {judgement.flips.length > 0 && (
        <div className="mt-2 text-ink-2">
          <h5 className="label">Would flip it</h5>
          {within.length > 0 ? <FlipList flips={within} /> : <p>Nothing within reach.</p>}
        </div>
      )}
      {notes.length + beyond.length > 0 && (
        <details className="mt-2 text-ink-3">
          <summary className="cursor-pointer text-xs hover:text-ink">
            How it is counted{beyond.length > 0 && ', and what would not help'}
          </summary>
          {notes.length > 0 && <p className="mt-1">{notes.map(sentence).join(' ')}</p>}
          {beyond.length > 0 && <FlipList flips={beyond} />}
        </details>
      )}
    </>
  )
}

type QuestionProps = { question: string; over: string; judgement: Judgement; currency: string; id: string; look: string }

function Question({ question, over, judgement, currency, id, look }: QuestionProps) {
  const { verdict, margin, marginShare, probability, reasons } = judgement
  return (
    <div className="min-w-0">
      <h4 className="label">
        <span className="font-medium text-ink-2">{question}</span> {over}
      </h4>
      <p className={`mt-0.5 flex items-start gap-1.5 font-semibold text-[1.125rem] leading-6 tracking-[-0.012em] ${verdictTone(verdict)}`}>
        <VerdictSign code={verdict} className="mt-1 size-4 shrink-0" />
        {verdictText(verdict)}
      </p>
      <p className="mt-0.5 flex min-h-5 flex-wrap gap-x-2.5 text-ink-2">
        {margin !== null && (
          <Amount
            value={margin}
            currency={currency}
            id={id}
            signed
            className={verdict === 'not enough evidence' ? 'text-ink-2' : 'font-medium text-ink'}
            what="margin"
          />
        )}
        {marginShare !== null && <span>{signedPercent(marginShare)}</span>}
        <Probability value={probability} />
      </p>
      <Sides judgement={judgement} look={look} />
      {reasons[0] && <p className="text-ink-2">{sentence(reasons[0])}</p>}
      <WhatElse judgement={judgement} />
    </div>
  )
}

function Comparator({ view, currency, look }: { view: ComparatorView; currency: string; look: string }) {
  return (
    <article className="min-w-0 bg-paper px-4 py-4 sm:px-5">
      <h3 className="mb-2.5 flex items-center gap-2 font-medium text-[0.875rem]">
        <span aria-hidden="true" className={`size-2 ${look}`} />
        <span>
          <span className="text-ink-3">against </span>
          {view.name}
        </span>
      </h3>
      <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
        <Question question="Did it pay?" over="in this period" judgement={view.didItPay} currency={currency} id={view.id} look={look} />
        <Question
          question="Continue?"
          over="to the projection’s end"
          judgement={view.continue}
          currency={currency}
          id={view.id}
          look={look}
        />
      </div>
    </article>
  )
}

const COLUMNS: Record<number, string> = { 1: 'lg:grid-cols-1', 2: 'lg:grid-cols-2', 3: 'lg:grid-cols-3' }

export function Verdicts({ data }: { data: Overview }) {
  const { comparators, coverage, currency } = data
  return (
    <section aria-labelledby="verdict" className="panel overflow-hidden">
      <h2 id="verdict" className="sr-only">
        Verdict
      </h2>
      {comparators.length === 0 ? (
        <p className="px-5 py-4 text-ink-2">
          No comparator is declared, so there is nothing to compare with. Name one in <code className="font-mono">comparators.yaml</code>.
        </p>
      ) : (
        <div className={`grid gap-px bg-line ${COLUMNS[Math.min(3, comparators.length)]}`}>
          {comparators.map((view, index) => (
            <Comparator key={view.name} view={view} currency={currency} look={SERIES[index % SERIES.length]!.bar} />
          ))}
        </div>
      )}
      <div className="grid gap-x-8 gap-y-2 border-line border-t px-4 py-3 sm:px-5 lg:grid-cols-[auto_1fr] lg:items-center">
        <p className="label max-w-56">How much is known. Under 90 % no verdict is given.</p>
        <CoverageMeters coverage={coverage} />
      </div>
    </section>
  )
}
