// A target fed with an exposition, and its rows in a form that reads: no database.
import { ExpositionReader } from '#collectors/telemetry/exposition/reader.ts'
import { recognise } from '#collectors/telemetry/recognise.ts'
import type { Cell } from '#lib/domain/telemetry/gpu.ts'
import { type ResolveNode, Target } from '#lib/domain/telemetry/target.ts'
import { gpuFacts, serveFacts } from '#lib/ingest/telemetry/rows.ts'

const ONE_NODE: ResolveNode = () => ({ node: 1, from: -Infinity, to: Infinity })
export const emptyTarget = (resolve: ResolveNode = ONE_NODE): Target => new Target('h:9400', {}, resolve)

/** Reads a body as one scrape at `atMs`. */
export function feed(target: Target, body: string, atMs = 0): void {
  const reader = new ExpositionReader<Cell>({
    open: (name, labels) => {
      const binding = recognise(name, labels)
      return binding === null ? null : target.open(binding)
    },
    add: (cell, value, t, explicit) => cell.add(value, t, explicit),
  })
  const { rejects } = reader.read(Buffer.from(body), atMs)
  if (rejects.length > 0) throw new Error(JSON.stringify(rejects[0]))
}

export function fed(body: string, atMs = 0): Target {
  const target = emptyTarget()
  feed(target, body, atMs)
  return target
}

/** Every row as one text, in order: equal texts are equal facts. */
export function rowTexts(target: Target): string[] {
  for (const entity of [...target.gpus.values(), ...target.replicas.values()]) for (const slot of entity.timeline.all()) slot.dirty = true
  const { gpus, serving } = target.rows()
  return [
    ...gpus.map((row) => [row.gpu.uuid, row.gpu.mig, row.slot.node, row.slot.hourMs, ...gpuFacts(row)].join(' ')),
    ...serving.map((row) => [row.replica.instance, row.replica.model, row.slot.node, row.slot.hourMs, ...serveFacts(row)].join(' ')),
  ].sort()
}
