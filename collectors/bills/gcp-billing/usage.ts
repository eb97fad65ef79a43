// How long a machine was used, of what Google meters. Pure.
import { Money } from '#lib/domain/money.ts'
import { ownOf } from '../mapped-line.ts'
import { CORES, MACHINE_SPEC, MEMORY_MB } from './schema.ts'

const PER_HOUR: Readonly<Record<string, number>> = { seconds: 3600, second: 3600, minutes: 60, minute: 60, hour: 1, hours: 1, h: 1 }
const MEBIBYTE = 1 << 20
const FRACTION = 30

/** GPUs of a machine type: `a3-highgpu-8g` has 8. */
const gpusOf = (spec: string): number => Number(/-(\d+)g$/.exec(spec)?.[1] ?? 0)

/** How many of the SKU's units one machine uses at a time: GPUs, cores; 0 where the row does not say. */
function unitsOf(skuName: string, systemLabels: Readonly<Record<string, string>>): number {
  if (/\bcore\b/i.test(skuName)) return Number(systemLabels[CORES] ?? 0)
  return /\bgpu\b/i.test(skuName) ? gpusOf(systemLabels[MACHINE_SPEC] ?? '') : 0
}

export type Metered = { amount: string; unit: string; skuName: string; systemLabels: Readonly<Record<string, string>>; spanHours: number }

/**
 * Hours of use, or null where the unit measures no time. Cores and GPUs are metered one by one: more hours than the span has are divided
 * by how many the machine has, where its labels say. Memory is metered in byte-seconds: divided by the machine's memory.
 */
export function hoursOf({ amount, unit, skuName, systemLabels, spanHours }: Metered): string | null {
  const perHour = ownOf(PER_HOUR, unit.toLowerCase())
  const memory = Number(systemLabels[MEMORY_MB] ?? 0)
  if (perHour !== undefined) {
    const hours = new Money(amount).div(perHour)
    const units = unitsOf(skuName, systemLabels)
    return text(hours.greaterThan(spanHours) && units > 1 ? hours.div(units) : hours)
  }
  if (unit.toLowerCase() !== 'byte-seconds' || !(memory > 0) || !/\bram\b/i.test(skuName)) return null
  return text(new Money(amount).div(memory).div(MEBIBYTE).div(3600))
}

const text = (hours: Money): string => hours.toDecimalPlaces(FRACTION).toFixed()
