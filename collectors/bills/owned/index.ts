import type { BillLine } from '#lib/domain/bill.ts'
import type { BillCollector, Portion } from '#lib/ingest/contract.ts'
import { chargesOf } from './map.ts'
import { type Declared, readOwned } from './reader.ts'
import { type OwnedSettings, ownedSettings } from './schema.ts'

const PORTION = 2_000

async function* portions(declared: readonly Declared[], file: string): AsyncGenerator<Portion<BillLine>> {
  let portion: Portion<BillLine> = { rows: [], rejects: [] }
  for (const { asset, line, monthlyLines } of declared)
    for (const { line: fact, monthly } of chargesOf(asset)) {
      portion.rows.push({ file, line: monthly === null ? line : (monthlyLines[monthly] ?? line), fact })
      if (portion.rows.length < PORTION) continue
      yield portion
      portion = { rows: [], rejects: [] }
    }
  if (portion.rows.length > 0) yield portion
}

/** Hardware that was bought: price, residual value, straight depreciation, monthly costs such as colocation and support (YAML). */
export const owned: BillCollector<OwnedSettings> = {
  kind: 'owned',
  facts: 'bills',
  settings: ownedSettings,
  async open(file) {
    return { dialect: 'yaml', portions: portions(await readOwned(file), file.name) }
  },
}
