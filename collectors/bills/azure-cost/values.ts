// What stands inside Azure's cells.
import { DAY_MS } from '#lib/domain/time.ts'

export type Info = { vmName: string | null; serviceType: string | null }

const NOTHING: Info = { vmName: null, serviceType: null }

/** AdditionalInfo: JSON, at times without its braces. It only adds to a row, so what cannot be read is passed over (`extra` keeps it). */
export function infoOf(cell: string): Info {
  if (!/vmname|servicetype/i.test(cell)) return NOTHING
  let parsed: unknown
  try {
    parsed = JSON.parse(cell.startsWith('{') ? cell : `{${cell}}`)
  } catch {
    return NOTHING
  }
  if (typeof parsed !== 'object' || parsed === null) return NOTHING
  const fields = new Map(Object.entries(parsed).map(([name, value]) => [name.toLowerCase(), value]))
  const text = (name: string) => {
    const value = fields.get(name)
    return typeof value === 'string' && value !== '' && !value.includes('\0') ? value.toWellFormed() : null
  }
  return { vmName: text('vmname'), serviceType: text('servicetype') }
}

/** `US East`, `EastUS` → `useast`, `eastus`: the bill spells one region in several ways. */
export const regionOf = (location: string): string | null => location.toLowerCase().replaceAll(' ', '') || null

const PROVIDED = /\/providers\/([^/]+)\/([^/]+)\/[^/]+(.*)$/

/** `…/providers/microsoft.compute/virtualmachines/x` → `microsoft.compute/virtualmachines`. */
export function resourceTypeOf(id: string): string | null {
  const match = PROVIDED.exec(id)
  return match ? `${match[1]}/${match[2]}` : null
}

/**
 * The unit that is consumed: `10 Hours` → `Hours`. The number is the block of the price list: as in Microsoft's own conversion to FOCUS,
 * Quantity counts single units, not blocks.
 */
export function unitOf(unit: string): string | null {
  const name = unit.replace(/^(?:[\d.,]+[KMB]?\s*)+/, '').trim()
  if (/^hours?$/i.test(name)) return 'Hours'
  return name === '' ? (unit === '' ? null : unit) : name
}

/** Azure's periods end on their last day, FOCUS's after it. An end that is an instant of a day is one already. */
export const periodEnd = (ms: number): number => (ms % DAY_MS === 0 && new Date(ms).getUTCDate() !== 1 ? ms + DAY_MS : ms)
