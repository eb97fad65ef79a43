// Ordered rules of scope and layer (RULES.md 18 and 19).
import type { Layer, Scope } from './layers.ts'

/** One pair of a match: a column and a glob. `column` is a FOCUS name, `tag:KEY` or `time.COLUMN`. */
export type Condition = { column: string; glob: string }
/** `name`: of rules of a pack. */
export type LayerRule = { ordinal: number; conditions: readonly Condition[]; scope: Scope; layer: Layer | ''; name?: string }
/** What a rule can ask of a row: the text of a column, or the texts of one with several values (tags); undefined when it has none. */
export type Lookup = (column: string) => string | readonly string[] | undefined | null

/** Reads `Column=glob;tag:key=glob`. Returns undefined when a pair has no `=` or no column. */
export function parseMatch(text: string): Condition[] | undefined {
  const conditions: Condition[] = []
  for (const pair of text.split(';')) {
    if (pair.trim() === '') continue
    const at = pair.indexOf('=')
    if (at <= 0) return undefined
    conditions.push({ column: pair.slice(0, at).trim(), glob: pair.slice(at + 1).trim() })
  }
  return conditions
}

const compiled = new Map<string, RegExp>()

/** Case-sensitive; `*` stands for any run of characters. */
export function globMatches(glob: string, text: string): boolean {
  if (!glob.includes('*')) return glob === text
  let pattern = compiled.get(glob)
  if (!pattern) {
    pattern = new RegExp(
      `^${glob
        .split('*')
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
      's',
    )
    compiled.set(glob, pattern)
  }
  return pattern.test(text)
}

const holds = ({ column, glob }: Condition, lookup: Lookup): boolean => {
  const value = lookup(column)
  if (value === undefined || value === null) return false
  return typeof value === 'string' ? globMatches(glob, value) : value.some((one) => globMatches(glob, one))
}

/** The first rule all of whose conditions hold. Rules are in their order. */
export const firstMatch = (rules: readonly LayerRule[], lookup: Lookup): LayerRule | undefined =>
  rules.find((rule) => rule.conditions.every((condition) => holds(condition, lookup)))
