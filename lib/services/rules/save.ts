import { createHash } from 'node:crypto'
import type pg from 'pg'
import { PACKS } from '#lib/domain/rules/pack.ts'
import { declaredRules, packInForce, replaceDeclaredRules, type StoredRule } from '#lib/ingest/bills/rules.ts'
import { reevaluateTimeScope } from '#lib/ingest/people/scope.ts'
import { CONFIG_LOCK } from '#lib/services/config/apply.ts'
import { packContent } from '#lib/services/config/write.ts'
import { transaction } from '#lib/store/transaction.ts'
import { type Actor, authorise } from '../actor.ts'
import type { ServiceContext } from '../context.ts'
import { type ImportResult, reimportAll } from '../import.ts'
import type { CollectorFor } from '../landed.ts'
import type { RuleSet } from './document.ts'

/** `changed`: the parts that got a new version; `bills`: what reading the bills again came to. */
export type SavedRules = { changed: ('layers' | 'rule_pack')[]; bills: ImportResult[] }

/**
 * Puts rules in force: a version of each part that changed, an entry of the audit log, every bill of the landing store read again. The days
 * on which something moves are then dirty. The same rules again change nothing.
 */
export async function saveRules(
  actor: Actor,
  context: ServiceContext,
  { rules, pack }: RuleSet,
  collectorFor: CollectorFor,
): Promise<SavedRules> {
  authorise(actor, 'write')
  const changed = await transaction(context.db.pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [CONFIG_LOCK])
    const parts: SavedRules['changed'] = []
    if (JSON.stringify(sorted(rules)) !== JSON.stringify(await declaredRules(client))) {
      await replaceDeclaredRules(client, sorted(rules))
      await record(client, actor, context, 'layers', sorted(rules))
      await reevaluateTimeScope(client)
      parts.push('layers')
    }
    const now = await packInForce(client)
    const differs = pack !== undefined && (now.pack !== pack || JSON.stringify(now.rules) !== JSON.stringify(PACKS[pack]))
    if (differs) {
      await record(client, actor, context, 'rule_pack', packContent(pack))
      parts.push('rule_pack')
    }
    return parts
  })
  return { changed, bills: changed.length === 0 ? [] : await reimportAll(actor, context, collectorFor) }
}

const sorted = (rules: readonly StoredRule[]): StoredRule[] =>
  rules.map(({ ordinal, match, scope, layer }) => ({ ordinal, match, scope, layer })).sort((a, b) => a.ordinal - b.ordinal)

async function record(
  client: pg.ClientBase,
  actor: Actor,
  { now }: ServiceContext,
  part: SavedRules['changed'][number],
  value: unknown,
): Promise<void> {
  const content = JSON.stringify(value)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const { rows } = await client.query<{ sha256: string }>(
    'SELECT sha256 FROM config_version WHERE part = $1 ORDER BY version DESC LIMIT 1',
    [part],
  )
  await client.query('INSERT INTO config_version (part, sha256, recorded_at, content) VALUES ($1, $2, $3, $4)', [
    part,
    sha256,
    now,
    content,
  ])
  await client.query('INSERT INTO audit_log (at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5)', [
    now,
    actor.name,
    'save_rules',
    part,
    JSON.stringify({ sha256, before: rows[0]?.sha256 ?? null }),
  ])
}
