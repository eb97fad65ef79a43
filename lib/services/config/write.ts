// How each part of the configuration is written. The store is the truth; a file is an import that replaces its part.
import type pg from 'pg'
import { type PackName, PACKS } from '#lib/domain/rules/pack.ts'
import { syncCatalogue } from '#lib/services/prices.ts'
import { markAllDirty } from '#lib/store/dirty.ts'
import type { Config } from './read.ts'

export type PartWriter = {
  part: string
  /** What the part says, secrets left out; undefined: the configuration is silent about it. Its JSON is the version's content. */
  value: (config: Config) => unknown
  write: (client: pg.ClientBase, config: Config, now: Date) => Promise<void>
}

/** Inserts records of one table from JSON: the column types are the table's own. */
async function insertAll(client: pg.ClientBase, table: string, columns: readonly string[], records: readonly object[]): Promise<void> {
  const list = columns.join(', ')
  await client.query(`INSERT INTO ${table} (${list}) SELECT ${list} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`, [
    JSON.stringify(records),
  ])
}

const day = (date: Date) => date.toISOString().slice(0, 10)

async function writeInventory(client: pg.ClientBase, config: Config): Promise<void> {
  const nodes = config.inventory ?? []
  await client.query(
    `INSERT INTO node (name, cluster, origin) SELECT n, c, 'declared' FROM unnest($1::text[], $2::text[]) AS t(n, c)
     ON CONFLICT (name) DO UPDATE SET cluster = excluded.cluster, origin = 'declared'`,
    [nodes.map((node) => node.name), nodes.map((node) => node.cluster)],
  )
  await client.query("DELETE FROM node_alias WHERE node_id IN (SELECT node_id FROM node WHERE origin = 'declared')")
  const aliases = nodes.flatMap((node) => node.aliases.map((alias) => ({ node: node.name, ...alias })))
  // An alias that telemetry once proposed for an observed node gives way to what the operator declares.
  await client.query(
    `DELETE FROM node_alias a USING unnest($1::text[], $2::text[]) AS t(kind, alias) WHERE a.kind = t.kind AND lower(a.alias) = lower(t.alias)`,
    [aliases.map((alias) => alias.kind), aliases.map((alias) => alias.alias)],
  )
  await client.query(
    `INSERT INTO node_alias (node_id, kind, alias, valid_from, valid_to)
     SELECT n.node_id, t.kind, t.alias, t.f, t.t FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) AS t(node, kind, alias, f, t)
     JOIN node n ON n.name = t.node`,
    [
      aliases.map((alias) => alias.node),
      aliases.map((alias) => alias.kind),
      aliases.map((alias) => alias.alias),
      aliases.map((alias) => alias.from),
      aliases.map((alias) => alias.to),
    ],
  )
  await markAllDirty(client, ['bills', 'capacity'], 'inventory')
}

async function writeDeployments(client: pg.ClientBase, config: Config): Promise<void> {
  const deployments = config.deployments ?? []
  await client.query('DELETE FROM deployment WHERE name <> ALL ($1)', [deployments.map((deployment) => deployment.name)])
  for (const deployment of deployments) {
    const { rows } = await client.query(
      `INSERT INTO deployment (name, model, team, demand, go_live) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (name) DO UPDATE SET model = excluded.model, team = excluded.team, demand = excluded.demand, go_live = excluded.go_live
       RETURNING deployment_id`,
      [deployment.name, deployment.model, deployment.team, deployment.demand, deployment.goLive],
    )
    const id = rows[0].deployment_id
    await client.query('DELETE FROM deployment_match WHERE deployment_id = $1', [id])
    for (const match of deployment.matches)
      await client.query('INSERT INTO deployment_match (deployment_id, labels, gpus, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5)', [
        id,
        JSON.stringify(match.labels),
        match.gpus,
        match.from,
        match.to,
      ])
  }
  await markAllDirty(client, ['capacity', 'tokens', 'equivalent'], 'deployments')
}

async function writeSources(client: pg.ClientBase, config: Config): Promise<void> {
  const sources = config.sources.map(({ name, kind, shown }) => ({ name, kind, settings: shown }))
  await client.query('UPDATE source SET declared = false WHERE name <> ALL ($1)', [sources.map((source) => source.name)])
  await client.query(
    `INSERT INTO source (name, kind, settings, declared)
     SELECT name, kind, settings, true FROM jsonb_to_recordset($1::jsonb) AS t(name text, kind text, settings jsonb)
     ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, settings = excluded.settings, declared = true`,
    [JSON.stringify(sources)],
  )
}

async function writeComparators(client: pg.ClientBase, config: Config, now: Date): Promise<void> {
  await client.query('DELETE FROM comparator')
  for (const { name, kind, maps, tokenizer_ratio, output_ratio, ...settings } of config.comparators?.comparators ?? []) {
    const { rows } = await client.query(
      'INSERT INTO comparator (name, kind, tokenizer_ratio, output_ratio, settings) VALUES ($1, $2, $3, $4, $5) RETURNING comparator_id',
      [name, kind, String(tokenizer_ratio ?? 1), String(output_ratio ?? 1), JSON.stringify(settings)],
    )
    await insertAll(
      client,
      'comparator_map',
      ['comparator_id', 'deployment', 'provider', 'model'],
      maps.map((map) => ({ comparator_id: rows[0].comparator_id, ...map })),
    )
  }
  await syncCatalogue(client, now)
  await markAllDirty(client, ['equivalent'], 'comparators')
}

/** Replaces the whole of a flat table by the part's records. */
const replaceTable = (
  part: string,
  table: string,
  columns: readonly string[],
  recordsOf: (config: Config) => object[] | undefined,
  dirty: readonly string[],
  where = 'true',
): PartWriter => ({
  part,
  value: recordsOf,
  write: async (client, config) => {
    await client.query(`DELETE FROM ${table} WHERE ${where}`)
    await insertAll(client, table, columns, recordsOf(config) ?? [])
    await markAllDirty(client, dirty, part)
  },
})

export const packContent = (pack: PackName) => ({ pack, rules: PACKS[pack] })

export const WRITERS: readonly PartWriter[] = [
  {
    part: 'reporting',
    // Without a file the configuration is silent: what was declared before stays.
    value: (config) => (config.file === null ? undefined : config.reporting),
    write: (client) => markAllDirty(client, ['bills', 'capacity', 'labour', 'equivalent'], 'reporting'),
  },
  {
    part: 'sources',
    value: (config) =>
      config.file === null ? undefined : config.sources.map(({ name, kind, shown }) => ({ name, kind, settings: shown })),
    write: writeSources,
  },
  { part: 'inventory', value: (config) => config.inventory, write: writeInventory },
  { part: 'deployments', value: (config) => config.deployments, write: writeDeployments },
  replaceTable(
    'layers',
    'layer_rule',
    ['rule_id', 'ordinal', 'match', 'scope', 'layer'],
    (config) => config.layers?.map((rule, index) => ({ rule_id: index + 1, ...rule })),
    ['bills', 'labour'],
  ),
  {
    // Its rules are kept with it: what a line was placed by stays known when a later version of the product says otherwise.
    part: 'rule_pack',
    value: ({ rulePack }) => rulePack && packContent(rulePack),
    write: async () => {}, // the version is the pack; bills are read again under it, and that marks the days that change
  },
  replaceTable(
    'roster',
    'person',
    ['person', 'role', 'timezone', 'team', 'workday_start', 'workday_end', 'holidays', 'extra'],
    (config) =>
      config.roster?.map(({ workdayStart, workdayEnd, ...person }) => ({
        ...person,
        workday_start: workdayStart,
        workday_end: workdayEnd,
      })),
    ['labour'],
  ),
  replaceTable(
    'rates',
    'rate',
    ['role', 'valid_from', 'currency', 'standard_per_year', 'actual_per_year', 'hours_per_year'],
    (config) =>
      config.rates?.map((rate) => ({
        role: rate.role,
        valid_from: day(rate.validFrom),
        currency: rate.currency,
        standard_per_year: rate.standardPerYear,
        actual_per_year: rate.actualPerYear,
        hours_per_year: rate.hoursPerYear,
      })),
    ['labour'],
  ),
  replaceTable(
    'standby',
    'standby_rate',
    ['rotation', 'valid_from', 'currency', 'per_hour', 'per_shift', 'holiday_factor'],
    (config) =>
      config.standby?.map((rate) => ({
        rotation: rate.rotation,
        valid_from: day(rate.validFrom),
        currency: rate.currency,
        per_hour: rate.perHour,
        per_shift: rate.perShift,
        holiday_factor: rate.holidayFactor,
      })),
    ['labour'],
  ),
  replaceTable(
    'fx',
    'fx',
    ['day', 'from_currency', 'to_currency', 'rate', 'source'],
    (config) =>
      config.fx?.map((fx) => ({ day: day(fx.day), from_currency: fx.from, to_currency: fx.to, rate: fx.rate, source: fx.source })),
    ['bills', 'capacity', 'labour', 'equivalent'],
  ),
  replaceTable(
    'prices',
    'price',
    ['provider', 'model', 'class', 'valid_from', 'origin', 'per_million', 'currency', 'source'],
    (config) =>
      config.prices?.map((price) => ({
        provider: price.provider,
        model: price.model,
        class: price.class,
        valid_from: day(price.validFrom),
        origin: 'declared',
        per_million: price.perMillion,
        currency: price.currency,
        source: price.source,
      })),
    ['equivalent'],
    "origin = 'declared'",
  ),
  { part: 'comparators', value: (config) => config.comparators, write: writeComparators },
  {
    part: 'projection',
    value: (config) => config.projection,
    write: async (client, config, now) =>
      void (await client.query('INSERT INTO projection (recorded_at, document) VALUES ($1, $2)', [now, JSON.stringify(config.projection)])),
  },
]
