import { contentBytes } from '#lib/ingest/bytes.ts'
import type { DeliveredFile } from '#lib/ingest/contract.ts'
import { Failure } from '#lib/errors.ts'
import { parseYaml, validateYaml } from '#lib/services/config/yaml.ts'
import { type Asset, ownedSchema } from './schema.ts'

const MAX_BYTES = 4 << 20

/** What an asset is, and on which lines it and its monthly costs stand. */
export type Declared = { asset: Asset; line: number; monthlyLines: number[] }

/** Reads the file whole. Throws `usage` with file, line and what is wrong with the first fault: half a fleet is never imported. */
export async function readOwned(file: DeliveredFile): Promise<Declared[]> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of await contentBytes(file)) {
    if ((bytes += chunk.length) > MAX_BYTES)
      throw new Failure('refused', 'too_large', 'a list of owned hardware is no larger than 4 MiB', { place: { file: file.name } })
    chunks.push(chunk)
  }
  const yaml = parseYaml(file.name, Buffer.concat(chunks).toString('utf8'), 'failsafe')
  const { assets } = validateYaml(yaml, ownedSchema)
  return assets.map((asset, i) => ({
    asset,
    line: yaml.lineOf(['assets', i]) ?? 1,
    monthlyLines: asset.monthly.map((_, j) => yaml.lineOf(['assets', i, 'monthly', j]) ?? 1),
  }))
}
