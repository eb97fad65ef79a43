// Whose node a series tells of. Names are reused: an alias counts only in its span.
import type { NodeRef, NodeSpan } from './reading.ts'
import type { NodeNames } from './target.ts'

/** Half-open in milliseconds, open ends infinite. */
export type Alias = { kind: string; alias: string; node: number; from: number; to: number }

/** `10.1.0.11:9400` → `10.1.0.11`, `[::1]:80` → `::1`. */
export const hostOf = (instance: string): string => /^\[([^\]]*)\]/.exec(instance)?.[1] ?? instance.replace(/:\d+$/, '')

const fold = (kind: string, alias: string): string => `${kind}|${alias.toLowerCase()}`

export class NodeLookup {
  readonly #aliases = new Map<string, Alias[]>()
  readonly #byName: ReadonlyMap<string, number>

  constructor(aliases: readonly Alias[], byName: ReadonlyMap<string, number>) {
    this.#byName = byName
    for (const alias of aliases) {
      const key = fold(alias.kind, alias.alias)
      const list = this.#aliases.get(key)
      if (list) list.push(alias)
      else this.#aliases.set(key, [alias])
    }
  }

  /**
   * GPU UUID, then scrape instance (with and without port), host name, Kubernetes node, host of the instance. A name that no alias
   * knows is the name of a node, existing or to be created.
   */
  resolve(names: NodeNames, t: number): NodeSpan {
    const host = hostOf(names.instance)
    const keys: string[] = []
    if (names.gpuUuid !== null) keys.push(fold('gpu_uuid', names.gpuUuid), fold('gpu_uuid', names.gpuUuid.replace(/^GPU-/i, '')))
    keys.push(fold('scrape_instance', names.instance), fold('scrape_instance', host))
    if (names.hostname !== null) keys.push(fold('hostname', names.hostname))
    const kubernetes = names.kubernetesNode ?? names.hostname
    if (kubernetes !== null) keys.push(fold('kubernetes_node', kubernetes))
    keys.push(fold('hostname', host))
    const span: NodeSpan = { node: this.#named(names.hostname ?? host), from: -Infinity, to: Infinity }
    let found = false
    for (const alias of keys.flatMap((key) => this.#aliases.get(key) ?? [])) {
      for (const edge of [alias.from, alias.to]) {
        if (edge <= t && edge > span.from) span.from = edge
        if (edge > t && edge < span.to) span.to = edge
      }
      if (found || t < alias.from || t >= alias.to) continue
      found = true
      span.node = alias.node
    }
    return span
  }

  #named = (name: string): NodeRef => this.#byName.get(name) ?? name
}
