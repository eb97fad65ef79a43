import fs from 'node:fs'
import { KINDS, settingsOf } from '#collectors/registry.ts'
import { systemClock } from '#lib/clock.ts'
import { configFile, dataDir, host, port } from '#lib/env.ts'
import { listSources } from '#lib/services/sources.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { readConfig } from '#lib/services/config/read.ts'
import type { Command } from './command.ts'

type Finding = { check: string; ok: boolean; found: string; remedy?: string }

const GIB = 1024 ** 3

export const doctorCommand: Command<Finding[]> = {
  name: 'doctor',
  usage: 'doctor [--json]',
  does: 'configuration, connections, versions, disk, clock: what is wrong and how to mend it',
  run: async (session) => {
    const findings: Finding[] = []
    const config = await readConfig(configFile(), { kinds: KINDS, settingsOf })
    findings.push({
      check: 'configuration',
      ok: config.file !== null,
      found: config.file ? `${config.file}, ${config.sources.length} sources` : `no ${configFile()}`,
      remedy: config.file ? undefined : 'write denominator.yaml (see the README), or set DENOMINATOR_CONFIG',
    })
    const { rows } = await session.context.db.pool.query(
      'SELECT version() AS version, now() AS now, pg_database_size(current_database()) AS bytes',
    )
    const version = Number(/PostgreSQL (\d+)/.exec(rows[0].version)?.[1] ?? 0)
    findings.push({
      check: 'database',
      ok: version >= 15,
      found: rows[0].version.split(' on ')[0],
      remedy: version >= 15 ? undefined : 'use PostgreSQL 15 or newer',
    })
    const skew = Math.abs(systemClock().getTime() - (rows[0].now as Date).getTime()) / 1000
    findings.push({
      check: 'clock',
      ok: skew < 5,
      found: `${skew.toFixed(1)} s from the database's`,
      remedy: skew < 5 ? undefined : 'synchronise the clocks (NTP)',
    })
    const disk = fs.statfsSync(dataDir())
    const free = (disk.bavail * disk.bsize) / GIB
    findings.push({
      check: 'disk',
      ok: free > 5,
      found: `${free.toFixed(1)} GiB free at ${dataDir()}`,
      remedy: free > 5 ? undefined : 'make room, or move DENOMINATOR_DATA',
    })
    const node = Number(process.versions.node.split('.')[0])
    findings.push({
      check: 'node',
      ok: node >= 24,
      found: process.version,
      remedy: node >= 24 ? undefined : 'run `npm install`: the project brings Node 24',
    })
    findings.push({ check: 'address', ok: true, found: `http://${host()}:${port()}` })
    for (const source of (await listSources(LOCAL_ADMINISTRATOR, session.context)).sources.filter((one) => one.declared))
      findings.push({
        check: `source ${source.name}`,
        ok: source.health !== 'red',
        found: source.lastError ?? (source.lastSuccessAt ? `last success ${source.lastSuccessAt}` : 'never collected'),
        remedy: source.health === 'red' ? 'see the error; `denominator collect --source` tries again' : undefined,
      })
    return findings
  },
  text: (findings) =>
    findings.map(({ check, ok, found, remedy }) => `${ok ? 'ok  ' : 'BAD '} ${check}: ${found}${remedy ? ` — ${remedy}` : ''}`).join('\n'),
  exitCode: (findings) => (findings.every((finding) => finding.ok || finding.check === 'configuration') ? 0 : 1),
}
