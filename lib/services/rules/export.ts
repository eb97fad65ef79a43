import type { PackName } from '#lib/domain/rules/pack.ts'
import { declaredRules, packInForce } from '#lib/ingest/bills/rules.ts'
import { type Actor, authorise } from '../actor.ts'
import type { ServiceContext } from '../context.ts'
import type { RuleSet } from './document.ts'

/** The rules in force, as `readRules` reads them back from `writeRules`. */
export async function exportRules(actor: Actor, { db }: ServiceContext): Promise<Required<RuleSet>> {
  authorise(actor, 'read')
  const { pack } = await packInForce(db.pool)
  return { pack: pack as PackName, rules: await declaredRules(db.pool) }
}
