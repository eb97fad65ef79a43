import { hash } from 'node:crypto'
import type pg from 'pg'
import { isLayer } from '#lib/domain/layers.ts'
import { type LayerRule, parseMatch } from '#lib/domain/rule.ts'

/** The rules of bills in their order, those of the pack in force, and a digest of both: an import under other rules is another import. */
export type BillRules = { rules: LayerRule[]; pack: LayerRule[]; sha256: string }
/** A rule as it is declared and stored. */
export type StoredRule = { ordinal: number; match: string; scope: 'in' | 'out' | 'share'; layer: string; name?: string }

/** Rules as they are asked. Rules about time entries (`time.`) are not bills' business. */
export function rulesOf(declared: readonly StoredRule[], packed: readonly StoredRule[]): BillRules {
  const read = (list: readonly StoredRule[]) =>
    list.flatMap(({ ordinal, match, scope, layer, name }): LayerRule[] => {
      const conditions = parseMatch(match) ?? []
      if (conditions.some(({ column }) => column.startsWith('time.'))) return []
      return [{ ordinal, conditions, scope, layer: isLayer(layer) ? layer : '', ...(name === undefined ? {} : { name }) }]
    })
  const [rules, pack] = [read(declared), read(packed)]
  return { rules, pack, sha256: hash('sha256', JSON.stringify(pack.length === 0 ? rules : [rules, pack])) }
}

/** The rule pack in force, as it was when it was taken over. */
export async function packInForce(client: pg.ClientBase | pg.Pool): Promise<{ pack: string; rules: StoredRule[] }> {
  const { rows } = await client.query<{ content: string }>(
    "SELECT content FROM config_version WHERE part = 'rule_pack' ORDER BY version DESC LIMIT 1",
  )
  return rows[0] ? (JSON.parse(rows[0].content) as { pack: string; rules: StoredRule[] }) : { pack: 'none', rules: [] }
}

/** The operator's rules, in their order. */
export async function declaredRules(client: pg.ClientBase | pg.Pool): Promise<StoredRule[]> {
  const { rows } = await client.query<StoredRule>('SELECT ordinal, match, scope, layer FROM layer_rule ORDER BY ordinal, rule_id')
  return rows
}

/** Puts rules in the place of the operator's, whole. Versions, audit and what follows are the caller's. */
export async function replaceDeclaredRules(client: pg.ClientBase, rules: readonly StoredRule[]): Promise<void> {
  await client.query('DELETE FROM layer_rule')
  await client.query(
    `INSERT INTO layer_rule (rule_id, ordinal, match, scope, layer)
     SELECT position, ordinal, match, scope, layer
     FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (ordinal int, match text, scope text, layer text)) WITH ORDINALITY
       AS r(ordinal, match, scope, layer, position)`,
    [JSON.stringify(rules)],
  )
}

export async function billRules(client: pg.ClientBase | pg.Pool): Promise<BillRules> {
  const declared = await declaredRules(client)
  return rulesOf(declared, (await packInForce(client)).rules)
}
