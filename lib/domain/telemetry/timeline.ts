// One slot for every UTC hour in which something was seen, split where the node of a name changes within the hour.
import { HOUR_MS, MINUTE_MS } from '../time.ts'
import type { NodeRef, NodeSpan } from './reading.ts'

/** The common part of an hour's accumulator. `seen` has a bit a minute in two halves of 30: JavaScript's bits end at 32. */
export class Slot {
  readonly hourMs: number
  node: NodeRef
  from: number
  to: number
  seenLow = 0
  seenHigh = 0
  /** Changed since its row was last written. */
  dirty = true
  /** Identifies the row as last written; '' when it never was. */
  written = ''

  constructor(hourMs: number, node: NodeRef, from: number, to: number) {
    this.hourMs = hourMs
    this.node = node
    this.from = from
    this.to = to
  }

  /** Marks the minute of `t` seen and returns it. */
  see(t: number): number {
    const minute = Math.trunc((t - this.hourMs) / MINUTE_MS)
    if (minute < 30) this.seenLow |= 1 << minute
    else this.seenHigh |= 1 << (minute - 30)
    this.dirty = true
    return minute
  }
}

export const maskOf = (low: number, high: number): bigint => BigInt(low) | (BigInt(high) << 30n)
export const hourOf = (t: number): number => Math.floor(t / HOUR_MS) * HOUR_MS

export class Timeline<S extends Slot> {
  readonly #hours = new Map<number, S[]>()
  readonly #create: (hourMs: number, node: NodeRef, from: number, to: number) => S
  readonly #resolve: (t: number) => NodeSpan

  constructor(create: (hourMs: number, node: NodeRef, from: number, to: number) => S, resolve: (t: number) => NodeSpan) {
    this.#create = create
    this.#resolve = resolve
  }

  /** The slot of the instant `t`, made when there is none. */
  at(t: number): S {
    const hourMs = hourOf(t)
    const slots = this.#hours.get(hourMs)
    if (slots !== undefined) for (const slot of slots) if (t >= slot.from && t < slot.to) return slot
    const span = this.#resolve(t)
    const again = slots?.find((slot) => slot.node === span.node)
    if (again) return again
    const slot = this.#create(hourMs, span.node, Math.max(hourMs, span.from), Math.min(hourMs + HOUR_MS, span.to))
    this.put(slot)
    return slot
  }

  put(slot: S): void {
    const slots = this.#hours.get(slot.hourMs)
    if (slots) slots.push(slot)
    else this.#hours.set(slot.hourMs, [slot])
  }

  has = (hourMs: number): boolean => this.#hours.has(hourMs)

  /** Every slot, by time. */
  all(): S[] {
    return [...this.#hours.values()].flat().sort((a, b) => a.from - b.from)
  }

  /** Lets go of closed slots. Whoever still holds one finds that no instant is in it. */
  drop(slots: readonly S[]): void {
    for (const slot of slots) {
      slot.to = -Infinity
      const rest = this.#hours.get(slot.hourMs)?.filter((one) => one !== slot) ?? []
      if (rest.length > 0) this.#hours.set(slot.hourMs, rest)
      else this.#hours.delete(slot.hourMs)
    }
  }
}
