'use client'
import Link from 'next/link'
import { usePathname, useRouter } from 'next/navigation'
import { type Basis, months, type Period, periodSearch, presets } from '#app/_queries/period.ts'
import { monthText } from './format.ts'

const segment =
  'flex h-7 items-center px-2.5 text-ink-2 hover:text-ink aria-[current=true]:bg-paper aria-[current=true]:font-medium aria-[current=true]:text-ink aria-[current=true]:shadow-[0_0_0_1px_var(--line-strong)] rounded-[4px]'
const group = 'flex rounded-[5px] bg-sunken p-px'

/** Period and basis live in the address: a view can be sent to somebody else. `keep`: what else the page's address says. */
export function PeriodPicker({
  period,
  today,
  keep = {},
  withBasis = true,
}: {
  period: Period
  today: string
  keep?: Record<string, string>
  withBasis?: boolean
}) {
  const path = usePathname()
  const router = useRouter()
  const choices = months(today)
  const chosen = choices.find((month) => month.from === period.from && month.to === period.to)
  const kept = Object.entries(keep)
    .map(([name, value]) => `&${name}=${encodeURIComponent(value)}`)
    .join('')
  const address = (change: Partial<Period>) => path + periodSearch({ ...period, ...change }) + kept
  return (
    <div className="flex flex-wrap items-center gap-2">
      <div className={group}>
        {presets(today).map(({ key, name, from, to }) => (
          <Link
            key={key}
            href={address({ from, to })}
            prefetch={false}
            scroll={false}
            aria-current={from === period.from && to === period.to}
            className={segment}
          >
            {name}
          </Link>
        ))}
        <select
          aria-label="Month"
          value={chosen?.from ?? ''}
          aria-current={chosen !== undefined}
          onChange={(event) => {
            const month = choices.find((one) => one.from === event.target.value)
            if (month) router.push(address(month), { scroll: false })
          }}
          className={`${segment} with-script-only cursor-pointer`}
        >
          <option value="" disabled>
            Month
          </option>
          {choices.map((month) => (
            <option key={month.from} value={month.from}>
              {monthText(month.from)}
            </option>
          ))}
        </select>
      </div>
      {withBasis && <BasisSwitch basis={period.basis} address={(basis) => address({ basis })} />}
    </div>
  )
}

const BASES: { basis: Basis; name: string; means: string }[] = [
  { basis: 'effective', name: 'Effective', means: 'Purchases spread over the time they cover' },
  { basis: 'billed', name: 'Billed', means: 'As the invoices say' },
]

function BasisSwitch({ basis, address }: { basis: Basis; address: (basis: Basis) => string }) {
  return (
    <div className={group}>
      {BASES.map((one) => (
        <Link
          key={one.basis}
          href={address(one.basis)}
          prefetch={false}
          scroll={false}
          title={one.means}
          aria-current={one.basis === basis}
          className={segment}
        >
          {one.name}
        </Link>
      ))}
    </div>
  )
}
