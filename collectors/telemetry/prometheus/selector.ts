// PromQL series selectors.

/** A string literal. JSON's escapes are a subset of PromQL's. */
const literal = (text: string): string => JSON.stringify(text)
const pattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Series of the recognised names, of these instances where given. '' finds series without the label. */
export function selector(names: string, matchers: readonly string[], instances?: readonly string[]): string {
  const conditions = [`__name__=~${literal(names)}`, ...matchers]
  if (instances?.length === 1) conditions.push(`instance=${literal(instances[0]!)}`)
  else if (instances) conditions.push(`instance=~${literal(instances.map(pattern).join('|'))}`)
  return `{${conditions.join(',')}}`
}
