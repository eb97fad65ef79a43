// Microsoft Azure's cost details (EA, MCA, pay-as-you-go): the columns under all the names they have had, and what a source may set.
import { z } from 'zod'

export const azureSettings = z.strictObject({
  /** A file or a folder. */
  path: z.string().optional(),
  /** The billing currency of files that have no column for it. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters')
    .optional(),
  /**
   * Which of the two exports of one bill this source delivers; left out, each file's content decides. `both`: it delivers the actual and
   * the amortized export of each month: billed cost is then taken from the one and effective cost from the other.
   */
  view: z.enum(['actual', 'amortized', 'both']).optional(),
  /** How dates such as 03/04/2026 are meant, where no date of a file tells. Azure writes the month first. */
  dates: z.enum(['month-first', 'day-first']).optional(),
  /** Headers in other words than Azure's English ones: `{ CostInBillingCurrency: "Kosten" }`. */
  columns: z.record(z.string(), z.string()).optional(),
})
export type AzureSettings = z.infer<typeof azureSettings>

/** Names of each column, lower-cased and bare of all but letters and digits; where a file has several, the first counts. */
export const PLACED = {
  cost: ['costinbillingcurrency', 'cost', 'pretaxcost'],
  currency: ['billingcurrency', 'billingcurrencycode', 'currency', 'currencycode'],
  date: ['date', 'usagedatetime', 'usagedate'],
  periodStart: ['billingperiodstartdate', 'billingperiodstart'],
  periodEnd: ['billingperiodenddate', 'billingperiodend'],
  account: ['billingaccountid'],
  subscription: ['subscriptionid', 'subscriptionguid'],
  invoice: ['invoiceid'],
  resource: ['resourceid', 'instanceid', 'instancename'],
  resourceName: ['resourcename'],
  location: ['resourcelocation', 'location'],
  product: ['productname', 'product'],
  meter: ['metername'],
  service: ['metercategory', 'servicename'],
  family: ['servicefamily'],
  sku: ['meterid'],
  quantity: ['quantity', 'usagequantity', 'consumedquantity'],
  unit: ['unitofmeasure'],
  unitPrice: ['unitprice', 'resourcerate'],
  listPrice: ['paygprice', 'payasyougoprice'],
  listCost: ['paygcostinbillingcurrency'],
  pricingCurrency: ['pricingcurrency', 'pricingcurrencycode'],
  chargeType: ['chargetype'],
  frequency: ['frequency'],
  pricingModel: ['pricingmodel'],
  benefit: ['benefitid'],
  reservation: ['reservationid'],
  info: ['additionalinfo'],
  tags: ['tags'],
} as const
export type PlacedColumn = keyof typeof PLACED

/** Kept in `extra` as well: what their place in a line holds is not all that they say. */
export const ALSO_EXTRA: ReadonlySet<PlacedColumn> = new Set([
  'meter',
  'unitPrice',
  'listPrice',
  'listCost',
  'pricingCurrency',
  'chargeType',
  'pricingModel',
  'benefit',
  'reservation',
  'info',
])

const KNOWN = new Set<string>(Object.values(PLACED).flat())

const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/** In other languages Azure writes its English name in brackets: `Abonnement-GUID (SubscriptionGuid)`. */
export function azureName(header: string): string {
  const inside = /\(([^)]*)\)/.exec(header)?.[1]
  if (inside !== undefined) {
    if (KNOWN.has(bare(inside))) return bare(inside)
    const before = bare(header.slice(0, header.indexOf('(')))
    if (KNOWN.has(before)) return before
  }
  return bare(header)
}
