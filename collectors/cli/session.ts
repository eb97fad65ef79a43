import { collectorFor, KINDS, settingsOf } from '#collectors/registry.ts'
import { systemClock } from '#lib/clock.ts'
import { configFile, configIsNamed, databaseUrl, dataDir } from '#lib/env.ts'
import { Failure } from '#lib/errors.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { applyConfig } from '#lib/services/config/apply.ts'
import { type Config, readConfig } from '#lib/services/config/read.ts'
import { serviceContext } from '#lib/services/context.ts'
import { reimportAll } from '#lib/services/import.ts'
import { mapReplicas } from '#lib/services/map-replicas.ts'
import { type Opened, openStore } from '#lib/store/open.ts'
import { type Db, openDb } from '#lib/store/pool.ts'
import type { Session } from './command.ts'

const say = (line: string) => void process.stderr.write(`${line}\n`)

export type OpenSession = Session & { store: Opened; db: Db; config: Config; close: () => Promise<void> }

/** Reads the configuration, opens the store, takes the configuration over. What was started is stopped by `close`. */
export async function openSession(): Promise<OpenSession> {
  const config = await readConfig(configFile(), { kinds: KINDS, settingsOf }, configIsNamed())
  const store = await openStore({ url: databaseUrl(), dataDir: dataDir() })
  const db = openDb(store.url)
  const close = async () => {
    await db.close()
    await store.close()
  }
  try {
    await takeOver(db, config)
    const context = await serviceContext(db)
    const rows = await db.prisma.source.findMany()
    const ids = new Map(rows.map((row) => [row.name, row.sourceId]))
    const source = (name: string) => {
      const declared = config.sources.find((one) => one.name === name)
      const sourceId = ids.get(name)
      if (!declared || sourceId === undefined)
        throw new Failure('usage', 'source_unknown', `there is no source \`${name}\``, {
          place: { file: configFile() },
          remedy: config.sources.length
            ? `declared are ${config.sources.map((one) => one.name).join(', ')}`
            : 'declare it under `sources:`',
        })
      return { ...declared, sourceId }
    }
    return { context, config, store, db, sources: config.sources, source, say, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Applies the configuration and what follows from a change: replicas are mapped anew, bills are read again under new rules. */
async function takeOver(db: Db, config: Config): Promise<void> {
  const applied = await applyConfig(LOCAL_ADMINISTRATOR, db, config, systemClock())
  if (applied.changed.length === 0) return
  say(`configuration: ${applied.changed.join(', ')} taken over`)
  const context = await serviceContext(db)
  if (applied.replicasToMap) await mapReplicas(LOCAL_ADMINISTRATOR, context)
  if (applied.rulesChanged) await reimportAll(LOCAL_ADMINISTRATOR, context, collectorFor)
}
