// A GPU that two targets of one source tell of (two exporters on one node) is one GPU: the target that is declared first has it.
import type { Gpu } from '#lib/domain/telemetry/gpu.ts'

const keyOf = (gpu: Gpu): string => `${gpu.uuid}|${gpu.mig}`

/** An engine speaks of the GPUs that it uses: any exporter of GPUs comes before it. */
const rankOf = (gpu: Gpu, order: number): number => (gpu.byEngine ? order + 1e9 : order)

export class Claims {
  readonly #first = new Map<string, number>()

  /** `order`: the place of the target in its source. */
  claim(gpus: Iterable<Gpu>, order: number): void {
    for (const gpu of gpus) {
      const key = keyOf(gpu)
      const rank = rankOf(gpu, order)
      this.#first.set(key, Math.min(this.#first.get(key) ?? rank, rank))
    }
  }

  owns(gpu: Gpu, order: number): boolean {
    const rank = rankOf(gpu, order)
    return (this.#first.get(keyOf(gpu)) ?? rank) === rank
  }
}

/** A target's place among those of its source. */
export type Place = { claims: Claims; order: number }
