// Rules as a document that people keep under version control: read from YAML (or a layers.csv), written as YAML.
import path from 'node:path'
import { stringify } from 'yaml'
import { z } from 'zod'
import { LAYERS } from '#lib/domain/layers.ts'
import { type PackName, PACKS } from '#lib/domain/rules/pack.ts'
import type { StoredRule } from '#lib/ingest/bills/rules.ts'
import { TableRow } from '#lib/services/config/cells.ts'
import { readLayers } from '#lib/services/config/parts.ts'
import { readTable } from '#lib/services/config/table.ts'
import { readYaml, validateYaml } from '#lib/services/config/yaml.ts'

/** `pack` left out: the one in force stays. */
export type RuleSet = { pack?: PackName; rules: StoredRule[] }

const cell = z.union([z.string(), z.number(), z.null()])
const schema = z.strictObject({
  pack: z.enum(Object.keys(PACKS) as [PackName, ...PackName[]]).optional(),
  rules: z.array(z.strictObject({ order: cell.optional(), match: z.string(), scope: z.string(), layer: cell.optional() })),
})

/** Throws `usage` with file, line and remedy. */
export async function readRules(file: string): Promise<RuleSet> {
  if (file.endsWith('.csv')) return { rules: readLayers(await readTable(file, { folder: '.', file, line: undefined })) }
  const yaml = readYaml(file)
  const { pack, rules } = validateYaml(yaml, schema)
  const rows = rules.map((rule, index) => {
    const cells = Object.entries(rule).map(([name, value]) => [name, value === null ? '' : String(value)])
    return new TableRow(path.normalize(file), yaml.lineOf(['rules', index]) ?? 1, Object.fromEntries(cells))
  })
  return { pack, rules: readLayers(rows) }
}

/** Reads back as the same rules. */
export const writeRules = ({ pack = 'none', rules }: RuleSet): string =>
  `# Rules in order; the first that matches decides (scope: in, out, share; layer: ${LAYERS.join(', ')}).
# The pack is asked after them.
${stringify({ pack, rules: rules.map(({ ordinal, match, scope, layer }) => ({ order: ordinal, match, scope, ...(layer === '' ? {} : { layer }) })) }, { lineWidth: 0 })}`
