import fs from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { comparatorsSchema } from '#lib/domain/comparison/schema.ts'
import { projectionSchema } from '#lib/domain/projection/schema.ts'
import type { PackName } from '#lib/domain/rules/pack.ts'
import { Failure } from '#lib/errors.ts'
import { readDeployments, readFx, readInventory, readLayers, readPrices, readRates, readRoster, readStandby } from './parts.ts'
import { configSchema, type DocumentRef, type TableRef } from './schema.ts'
import { resolveSecrets, withoutSecrets } from './secrets.ts'
import { readTable } from './table.ts'
import { readYaml, validateYaml, type YamlFile } from './yaml.ts'

/** A source as declared. `settings` hold resolved secrets and never leave this process; `shown` is what may be stored and displayed. */
export type DeclaredSource = { name: string; kind: string; settings: Record<string, unknown>; shown: unknown; line: number | undefined }

/** The parts of the configuration that the store takes over, each absent where the file says nothing about it. */
export type Config = {
  file: string | null
  reporting: { currency: string; timezone: string }
  inventory?: ReturnType<typeof readInventory>
  deployments?: ReturnType<typeof readDeployments>
  layers?: ReturnType<typeof readLayers>
  rulePack?: PackName
  roster?: ReturnType<typeof readRoster>
  rates?: ReturnType<typeof readRates>
  standby?: ReturnType<typeof readStandby>
  fx?: ReturnType<typeof readFx>
  prices?: ReturnType<typeof readPrices>
  comparators?: z.infer<typeof comparatorsSchema>
  projection?: z.infer<typeof projectionSchema>
  sources: DeclaredSource[]
}

/** What a source's kind says about its settings: given by the registry of collectors. */
export type KindCheck = { kinds: readonly string[]; settingsOf: (kind: string) => z.ZodType<unknown> | undefined }

const EMPTY: Config = { file: null, reporting: { currency: 'USD', timezone: 'UTC' }, sources: [] }

/**
 * Reads and validates the configuration, secrets included. No file: an empty configuration, so that a first start works; a file that was
 * `named` on purpose must be there.
 * Throws `usage` with file, line and remedy; nothing is half-read.
 */
export async function readConfig(file: string, kinds: KindCheck, named = false): Promise<Config> {
  if (!fs.existsSync(file)) {
    if (named)
      throw new Failure('usage', 'config_missing', 'there is no such configuration', {
        place: { file },
        remedy: 'correct DENOMINATOR_CONFIG',
      })
    return EMPTY
  }
  const yaml = readYaml(file)
  const document = validateYaml(yaml, configSchema)
  const folder = path.dirname(file)
  const rowsOf = (ref: TableRef | undefined, key: string) =>
    ref === undefined ? undefined : readTable(ref, { folder, file, line: yaml.lineOf(key.split('.')) })
  const through = async <Row, Out>(rows: Promise<Row[]> | undefined, read: (rows: Row[]) => Out) => (rows ? read(await rows) : undefined)
  return {
    file,
    reporting: document.reporting,
    inventory: await through(rowsOf(document.fleet.inventory, 'fleet.inventory'), readInventory),
    deployments: await through(rowsOf(document.fleet.deployments, 'fleet.deployments'), readDeployments),
    layers: await through(rowsOf(document.fleet.layers, 'fleet.layers'), readLayers),
    rulePack: document.fleet.rule_pack,
    roster: await through(rowsOf(document.people.roster, 'people.roster'), readRoster),
    rates: await through(rowsOf(document.people.rates, 'people.rates'), readRates),
    standby: await through(rowsOf(document.people.standby, 'people.standby'), readStandby),
    fx: await through(rowsOf(document.fx, 'fx'), readFx),
    prices: await through(rowsOf(document.prices, 'prices'), readPrices),
    comparators: readDocument(document.comparators, comparatorsSchema, yaml, 'comparators'),
    projection: readDocument(document.projection, projectionSchema, yaml, 'projection'),
    sources: document.sources.map((source, index) => readSource(source, index, yaml, folder, kinds, document.sources)),
  }
}

function readDocument<T>(ref: DocumentRef | undefined, schema: z.ZodType<T>, yaml: YamlFile, key: string): T | undefined {
  if (ref === undefined) return undefined
  if (typeof ref === 'string') return validateYaml(readYaml(path.resolve(path.dirname(yaml.file), ref)), schema)
  return validateYaml(yaml, schema, ref, [key])
}

function readSource(
  source: { name: string; kind: string; [setting: string]: unknown },
  index: number,
  yaml: YamlFile,
  folder: string,
  { kinds, settingsOf }: KindCheck,
  all: readonly { name: string }[],
): DeclaredSource {
  const place = { file: yaml.file, line: yaml.lineOf(['sources', index]) }
  if (all.findIndex((other) => other.name === source.name) !== index)
    throw new Failure('usage', 'source_twice', `two sources are called \`${source.name}\``, {
      place,
      remedy: 'give each source its own name',
    })
  const schema = settingsOf(source.kind)
  if (!schema)
    throw new Failure('usage', 'source_kind_unknown', `source \`${source.name}\`: kind \`${source.kind}\` is unknown`, {
      place: { ...place, line: yaml.lineOf(['sources', index, 'kind']) ?? place.line },
      remedy: `use one of ${kinds.join(', ')}`,
    })
  const { name, kind, ...raw } = source
  const resolved = resolveSecrets(raw, { ...place, folder }) as Record<string, unknown>
  if (typeof resolved.path === 'string' && !resolved.path.includes('://')) resolved.path = path.resolve(folder, resolved.path)
  const settings = validateYaml(yaml, schema, resolved, ['sources', index]) as Record<string, unknown>
  return { name, kind, settings, shown: withoutSecrets(raw), line: place.line }
}
