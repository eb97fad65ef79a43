import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { Config } from './read.ts'
import { type PartWriter, WRITERS } from './write.ts'
import { reevaluateTimeScope } from '#lib/ingest/people/scope.ts'
import { type Actor, authorise } from '#lib/services/actor.ts'
import { transaction } from '#lib/store/transaction.ts'
import type { Db } from '#lib/store/pool.ts'

/** Which parts changed, and what must follow outside the transaction. */
export type Applied = { changed: string[]; rulesChanged: boolean; replicasToMap: boolean }

// Two processes that start at once must not both apply the same change.
export const CONFIG_LOCK = 727070

/**
 * Takes the configuration over into the store: only parts whose content differs from the newest stored version are written, each with a
 * version, an audit entry and the days that it makes dirty. Running it again changes nothing.
 */
export async function applyConfig(actor: Actor, db: Db, config: Config, now: Date): Promise<Applied> {
  authorise(actor, 'administer')
  return transaction(db.pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [CONFIG_LOCK])
    const changed: string[] = []
    for (const writer of WRITERS) if (await applyPart(actor, client, config, writer, now)) changed.push(writer.part)
    if (changed.includes('layers')) await reevaluateTimeScope(client)
    return {
      changed,
      rulesChanged: changed.includes('layers') || changed.includes('rule_pack'),
      replicasToMap: changed.includes('deployments'),
    }
  })
}

/** What the file said when it was last taken over: what was saved since by other means stands until the file changes. */
async function lastImported(client: pg.ClientBase, part: string): Promise<string | undefined> {
  const { rows } = await client.query<{ sha256: string }>(
    "SELECT detail->>'sha256' AS sha256 FROM audit_log WHERE action = 'configure' AND subject = $1 ORDER BY audit_id DESC LIMIT 1",
    [part],
  )
  return rows[0]?.sha256
}

async function applyPart(actor: Actor, client: pg.ClientBase, config: Config, writer: PartWriter, now: Date): Promise<boolean> {
  const value = writer.value(config)
  if (value === undefined) return false
  const content = JSON.stringify(value)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const { rows } = await client.query('SELECT sha256 FROM config_version WHERE part = $1 ORDER BY version DESC LIMIT 1', [writer.part])
  if (rows[0]?.sha256 === sha256 || (await lastImported(client, writer.part)) === sha256) return false
  await writer.write(client, config, now)
  await client.query('INSERT INTO config_version (part, sha256, recorded_at, content) VALUES ($1, $2, $3, $4)', [
    writer.part,
    sha256,
    now,
    content,
  ])
  await client.query('INSERT INTO audit_log (at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5)', [
    now,
    actor.name,
    'configure',
    writer.part,
    JSON.stringify({ file: config.file, sha256, before: rows[0]?.sha256 ?? null }),
  ])
  return true
}
