import type { Overview, StateView } from '#lib/services/overview/types.ts'
import { Amount } from '../amount.tsx'
import { gpuHours, percent } from '../format.ts'
import { Section } from '../section.tsx'
import { STATE_ORDER, stateMeaning, stateName } from '../words.ts'

const LOOKS: Record<string, string> = {
  serving: 'bg-series-actual',
  other_work: 'bg-series-actual/60',
  busy_unattributed: 'bg-series-actual/30',
  warm_idle: 'bg-warn/70',
  unallocated: 'bg-warn/35',
  lost: 'bg-bad/80',
  dark: 'bg-ink',
  unknown: 'hatch',
}
const order = (state: string): number => STATE_ORDER.indexOf(state)

function Strip({ states }: { states: StateView[] }) {
  return (
    <div className="flex h-6 gap-px" aria-hidden="true">
      {states.map((one) => (
        <span
          key={one.state}
          className={LOOKS[one.state] ?? 'bg-line-strong'}
          style={{ width: `${(one.share ?? 0) * 100}%` }}
          title={stateName(one.state)}
        />
      ))}
    </div>
  )
}

export function Capacity({ data }: { data: Overview }) {
  const { capacity, currency } = data
  const states = capacity.states.filter((one) => Number(one.gpuMinutes) > 0).sort((a, b) => order(a.state) - order(b.state))
  const waiting = [
    { name: 'Awaiting bill', means: 'within the provider’s lag', minutes: capacity.awaitingGpuMinutes },
    { name: 'Unbilled', means: 'seen, no bill came', minutes: capacity.unbilledGpuMinutes },
  ].filter((one) => Number(one.minutes) > 0)
  const cell = 'border-line border-t py-1.5'
  return (
    <Section id="capacity" title="Capacity by state" aside={`${gpuHours(capacity.gpuMinutes)} GPU-hours billed`}>
      <div className="px-4 pb-3 sm:px-5">
        <p className="text-[1.125rem] leading-6 tracking-[-0.012em]">
          {capacity.busyShare === null ? (
            'No GPU-minute is billed in this period.'
          ) : (
            <>
              Busy <span className="font-semibold">{percent(capacity.busyShare)}</span> of the paid time.
            </>
          )}
        </p>
        <div className="mt-2">
          <Strip states={states} />
        </div>
      </div>
      <table className="w-full">
        <thead className="label">
          <tr>
            <th scope="col" className="pb-1 pl-4 sm:pl-5">
              State
            </th>
            <th scope="col" className="pb-1 pl-3 text-right">
              GPU-h
            </th>
            <th scope="col" className="pb-1 pl-3 text-right">
              Share
            </th>
            <th scope="col" className="pr-4 pb-1 pl-3 text-right sm:pr-5">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {states.map((one) => (
            <tr key={one.state}>
              <th scope="row" className={`${cell} pl-4 sm:pl-5`}>
                <span className="flex items-baseline gap-2">
                  <span aria-hidden="true" className={`size-2 shrink-0 ${LOOKS[one.state] ?? 'bg-line-strong'}`} />
                  <span>
                    {stateName(one.state)} <span className="text-ink-3 max-sm:hidden">{stateMeaning(one.state)}</span>
                  </span>
                </span>
              </th>
              <td className={`${cell} pl-3 text-right`}>{gpuHours(one.gpuMinutes)}</td>
              <td className={`${cell} pl-3 text-right text-ink-3`}>{one.share === null ? '' : percent(one.share, 1)}</td>
              <td className={`${cell} pr-4 pl-3 text-right sm:pr-5`}>
                <Amount value={one.amount} currency={currency} id={one.id} what={stateName(one.state)} />
              </td>
            </tr>
          ))}
          {waiting.map((one) => (
            <tr key={one.name} className="text-ink-2">
              <th scope="row" className={`${cell} pl-4 sm:pl-5`}>
                <span className="flex items-baseline gap-2">
                  <span aria-hidden="true" className="hatch size-2 shrink-0" />
                  <span>
                    {one.name} <span className="text-ink-3 max-sm:hidden">{one.means}</span>
                  </span>
                </span>
              </th>
              <td className={`${cell} pl-3 text-right`}>{gpuHours(one.minutes)}</td>
              <td className={cell} />
              <td className={`${cell} pr-4 pl-3 text-right text-ink-3 sm:pr-5`}>no bill yet</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}
