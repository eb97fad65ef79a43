// Dated prices of the catalogue that ships with the product, materialised for the models that comparators name.
import { calcPrice, findProvider } from '@pydantic/genai-prices'
import type pg from 'pg'
import { type CataloguePrice, datedPrices } from '#lib/domain/comparison/catalogue.ts'
import { markAllDirty } from '#lib/store/dirty.ts'

type Model = { provider: string; model: string }
/** `unknown`: pairs that the catalogue does not hold; their tokens stay unpriced until prices are declared. */
export type CatalogueSync = { priced: Model[]; unknown: Model[]; changed: number }

/** What the catalogue says of one model, under any of its names; null when it knows neither. Prices are in US dollars. */
export function cataloguePrices({ provider, model }: Model): { prices: CataloguePrice[]; source: string } | null {
  const found = findProvider({ providerId: provider })
  const match = found && calcPrice({}, model, { provider: found })
  if (!match) return null
  const page = match.provider.pricing_urls?.[0]
  return {
    prices: datedPrices(match.model.prices),
    source: `genai-prices ${match.provider.id}/${match.model.id}${page ? `, ${page}` : ''}`,
  }
}

const CHANGES = `
WITH next AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::numeric[], $6::text[])
    AS n (provider, model, class, valid_from, per_million, source)
),
gone AS (
  DELETE FROM price p
  WHERE p.origin = 'catalogue'
    AND NOT EXISTS (SELECT 1 FROM next n WHERE (n.provider, n.model, n.class, n.valid_from) = (p.provider, p.model, p.class, p.valid_from))
  RETURNING provider, model, class, valid_from, per_million AS before, NULL::numeric AS after
),
written AS (
  INSERT INTO price (provider, model, class, valid_from, origin, per_million, currency, source)
  SELECT provider, model, class, valid_from, 'catalogue', per_million, 'USD', source FROM next
  ON CONFLICT (provider, model, class, valid_from, origin) DO UPDATE SET per_million = excluded.per_million, source = excluded.source
  WHERE price.per_million <> excluded.per_million OR price.source <> excluded.source
  RETURNING provider, model, class, valid_from, NULL::numeric AS before, per_million AS after
)
SELECT * FROM gone UNION ALL SELECT * FROM written`

/**
 * Brings the catalogue's rows of table price to what the package holds for the pairs in comparator_map. Call it in the transaction that
 * changed the comparators. Changed prices are audited and every priced day becomes dirty; a second call changes nothing.
 */
export async function syncCatalogue(client: pg.ClientBase, now: Date): Promise<CatalogueSync> {
  const { rows: pairs } = await client.query<Model>('SELECT DISTINCT provider, model FROM comparator_map ORDER BY provider, model')
  const known = pairs.map((pair) => ({ ...pair, found: cataloguePrices(pair) }))
  const next = known.flatMap(({ provider, model, found }) =>
    (found?.prices ?? []).map((p) => ({ ...p, provider, model, source: p.note ? `${found!.source} (${p.note})` : found!.source })),
  )
  const { rows: changes } = await client.query(CHANGES, [
    next.map((p) => p.provider),
    next.map((p) => p.model),
    next.map((p) => p.class),
    next.map((p) => p.from),
    next.map((p) => p.perMillion),
    next.map((p) => p.source),
  ])
  if (changes.length > 0) {
    await client.query(
      "INSERT INTO audit_log (at, actor, action, subject, detail) VALUES ($1, 'catalogue', 'prices changed', 'price', $2)",
      [now, JSON.stringify(changes)],
    )
    await markAllDirty(client, ['equivalent'], 'catalogue prices changed')
  }
  const bare = ({ provider, model }: Model): Model => ({ provider, model })
  return { priced: known.filter((k) => k.found).map(bare), unknown: known.filter((k) => !k.found).map(bare), changed: changes.length }
}
