// What the bills cost by day and layer, computed from the lines that the simulator wrote (RULES.md 13, 14, 18-21, Fx).
import { ACCOUNTS, type Line } from '../sim/bills.ts'
import type { FxRow } from '../sim/config-files.ts'
import { type Exact, exact, floored, NONE, rounded } from '../sim/decimal.ts'
import { DAY, dayText, midnight } from '../sim/time.ts'
import { Totals } from './totals.ts'

const QUANTUM = exact('0.000000000001')

const sum = (values: readonly Exact[]): Exact => values.reduce((total, value) => total.plus(value), NONE)

/** Parts that sum to the amount: floor to 1e-12, the rest in units to the largest remainders, ties to the earlier one. */
export function share(amount: Exact, weights: readonly Exact[]): Exact[] {
  const total = sum(weights)
  // In units, and by exact remainders: divided ones would be rounded, and ties would fall as the rounding does.
  const dividends = weights.map((weight) => amount.div(QUANTUM).floor().times(weight))
  const rests = dividends.map((dividend) => dividend.mod(total).plus(total).mod(total))
  const parts = dividends.map((dividend, i) => dividend.minus(rests[i]!).div(total).times(QUANTUM))
  let units = floored(amount).minus(sum(parts)).div(QUANTUM).toNumber()
  const order = rests.map((rest, i) => ({ i, rest })).sort((a, b) => b.rest.cmp(a.rest) || a.i - b.i)
  for (const { i } of order) if (units-- > 0) parts[i] = parts[i]!.plus(QUANTUM)
  // finer than 1e-12 stays on the first part
  parts[0] = parts[0]!.plus(amount.minus(sum(parts)))
  return parts
}

/** The days of a line and what falls to each: a line over several days by its seconds. */
export function byDay(line: Line, amount: Exact): { day: number; amount: Exact }[] {
  const days: { day: number; seconds: Exact }[] = []
  for (let day = midnight(line.from); day < line.to; day += DAY)
    days.push({ day, seconds: exact((Math.min(line.to, day + DAY) - Math.max(line.from, day)) / 1000) })
  if (days.length === 1) return [{ day: days[0]!.day, amount }]
  const parts = share(
    amount,
    days.map((one) => one.seconds),
  )
  return days.map(({ day }, i) => ({ day, amount: parts[i]! }))
}

/** The rate of a day: that day's, else the latest of the seven days before. */
export function rateOn(fx: readonly FxRow[], day: number): Exact | undefined {
  for (let back = 0; back <= 7; back++) {
    const row = fx.find((one) => one.day === dayText(day - back * DAY))
    if (row) return exact(row.rate)
  }
  return undefined
}

/** In dollars: euros at the day's rate, rounded once. */
export const inDollars = (amount: Exact, currency: string, fx: readonly FxRow[], day: number): Exact =>
  currency === 'USD' ? amount : rounded(amount.times(rateOn(fx, day)!))

const counts = (line: Line): boolean => line.category === 'Usage' && line.commitmentStatus !== 'Unused' && !line.correction

/** Of all use of an account on a day, by effective cost: the fleet's and everybody's. */
function usageByDay(lines: readonly Line[]): Map<string, { fleet: Exact; all: Exact }> {
  const use = new Map<string, { fleet: Exact; all: Exact }>()
  for (const line of lines)
    if (counts(line))
      for (const { day, amount } of byDay(line, line.effective)) {
        const key = `${line.account}/${day}`
        const known = use.get(key) ?? { fleet: NONE, all: NONE }
        use.set(key, { fleet: line.scope === 'in' ? known.fleet.plus(amount) : known.fleet, all: known.all.plus(amount) })
      }
  return use
}

/** `cost/<basis>/<day>/<layer>` and `outside/<basis>/<day>` in dollars. */
export function moneyTruth(lines: readonly Line[], fx: readonly FxRow[], from: number, to: number): Totals {
  const use = usageByDay(lines)
  // Postings of equal account, layer, category and day are one before they are converted.
  const native = new Map<string, { line: Line; day: number; key: string; amount: Exact }>()
  const post = (line: Line, day: number, key: string, amount: Exact) => {
    const id = `${line.account}/${line.category}/${line.layer}/${key}`
    const known = native.get(id)
    native.set(id, { line, day, key, amount: (known?.amount ?? NONE).plus(amount) })
  }
  for (const line of lines) {
    if (line.scope === 'out') continue
    for (const basis of ['billed', 'effective'] as const)
      for (const { day, amount } of byDay(line, line[basis])) {
        if (day < from || day >= to) continue
        const cost = `cost/${basis}/${dayText(day)}/${line.layer}`
        if (line.scope === 'in') {
          post(line, day, cost, amount)
          continue
        }
        const { fleet, all } = use.get(`${line.account}/${day}`) ?? { fleet: NONE, all: NONE }
        const [ours, others] = all.isZero() ? [NONE, amount] : share(amount, [fleet, all.minus(fleet)])
        post(line, day, cost, ours!)
        post(line, day, `outside/${basis}/${dayText(day)}`, others!)
      }
  }
  const totals = new Totals()
  for (const { line, day, key, amount } of native.values()) totals.add(key, inDollars(amount, ACCOUNTS[line.account].currency, fx, day))
  return totals
}
