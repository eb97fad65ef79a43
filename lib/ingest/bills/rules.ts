import { hash } from 'node:crypto'
import type pg from 'pg'
import { isLayer } from '#lib/domain/layers.ts'
import { type LayerRule, parseMatch } from '#lib/domain/rule.ts'

/** The rules of bills in their order, and a digest of them: an import under other rules is another import. */
export type BillRules = { rules: LayerRule[]; sha256: string }

/** Rules about time entries (`time.`) are not bills' business. */
export async function billRules(client: pg.ClientBase | pg.Pool): Promise<BillRules> {
  const { rows } = await client.query<{ ordinal: number; match: string; scope: 'in' | 'out' | 'share'; layer: string }>(
    'SELECT ordinal, match, scope, layer FROM layer_rule ORDER BY ordinal, rule_id',
  )
  const rules: LayerRule[] = []
  for (const { ordinal, match, scope, layer } of rows) {
    const conditions = parseMatch(match) ?? []
    if (conditions.some(({ column }) => column.startsWith('time.'))) continue
    rules.push({ ordinal, conditions, scope, layer: isLayer(layer) ? layer : '' })
  }
  return { rules, sha256: hash('sha256', JSON.stringify(rules)) }
}
