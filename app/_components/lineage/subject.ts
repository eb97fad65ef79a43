import type { Lineage, LineageLedgerRow } from '#lib/services/lineage.ts'
import { layerName, stateName } from '../words.ts'

type Dimension = keyof LineageLedgerRow['dims']

/** The value that all postings share; undefined where they differ or have none. */
function shared(ledger: readonly LineageLedgerRow[], name: Dimension): string | undefined {
  const value = ledger[0]?.dims[name]
  return ledger.every((row) => row.dims[name] === value) ? value : undefined
}

/** What the amount is, in the words of the screens: "GPU compute", "Serving", "API-equivalent, Frontier API", "Cost, inferred". */
export function subjectOf({ ledger }: Lineage): string {
  const [measure, layer, item, comparator] = (['measure', 'layer', 'item', 'comparator'] as const).map((name) => shared(ledger, name))
  if (measure === 'equivalent') return ['API-equivalent', comparator].filter(Boolean).join(', ')
  if (measure === 'unpriced') return ['Tokens without a price', comparator].filter(Boolean).join(', ')
  if (measure === 'tokens') return ['Tokens served', item && stateName(item).toLowerCase()].filter(Boolean).join(', ')
  if (measure === 'gpu_minutes' && item) return stateName(item)
  if (layer) return layerName(layer)
  if (measure !== 'cost') return 'Where it comes from'
  const evidence = shared(ledger, 'evidence')
  const provisional = shared(ledger, 'provisional') === 'true' ? 'provisional' : undefined
  return ['Cost', evidence === 'measured' ? undefined : evidence, provisional].filter(Boolean).join(', ')
}
