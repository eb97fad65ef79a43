// denominator.yaml as the operator writes it (CONTRACT: Configuration). Unknown keys are errors.
import { z } from 'zod'

const path = z.string().min(1)

/** A CSV file's path, or its rows inline. */
const table = z.union([path, z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])))])
/** A YAML file's path, or the document inline. */
const document = z.union([path, z.record(z.string(), z.unknown())])

const timezone = z.string().refine(
  (zone) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone })
      return true
    } catch {
      return false
    }
  },
  { error: 'not a time zone of the IANA database; write for example Europe/Berlin' },
)

export const sourceSchema = z.looseObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'a name is letters, digits, `.`, `_` and `-`'),
  kind: z.string(),
})

export const configSchema = z.strictObject({
  reporting: z
    .strictObject({
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/, 'a currency is three capital letters, such as USD')
        .default('USD'),
      timezone: timezone.default('UTC'),
    })
    .prefault({}),
  fleet: z
    .strictObject({
      inventory: table.optional(),
      deployments: table.optional(),
      layers: table.optional(),
      rule_pack: z.enum(['none', 'default']).optional(),
    })
    .prefault({}),
  people: z.strictObject({ roster: table.optional(), rates: table.optional(), standby: table.optional() }).prefault({}),
  fx: table.optional(),
  prices: table.optional(),
  comparators: document.optional(),
  projection: document.optional(),
  sources: z.array(sourceSchema).default([]),
})

export type ConfigDocument = z.infer<typeof configSchema>
export type TableRef = z.infer<typeof table>
export type DocumentRef = z.infer<typeof document>
