import type pg from 'pg'
import { declaredRules, packInForce } from '#lib/ingest/bills/rules.ts'

export type RuleNames = ReadonlyMap<number, string>

/** How people recognise the rules in force, by ordinal: the operator's by what they match, those of a pack by their name too. */
export async function ruleNames(client: pg.ClientBase): Promise<RuleNames> {
  const pack = await packInForce(client)
  const names = new Map<number, string>()
  for (const { ordinal, name, match } of pack.rules) names.set(ordinal, `${pack.pack} pack, ${name}: ${match}`)
  for (const { ordinal, match } of (await declaredRules(client)).toReversed()) names.set(ordinal, `${ordinal}: ${match}`)
  return names
}
