// Bills of providers without an export that we know by name: the operator says which column is what (CONTRACT.md, invoice-csv).
import { z } from 'zod'

const column = z.string().trim().min(1, 'is empty')

/** What a column can be. The first nine are those of the contract; `effective`, `category` and the rest refine a bill that has them. */
export const ROLES = [
  'charge_start',
  'charge_end',
  'cost',
  'currency',
  'resource',
  'quantity',
  'unit',
  'description',
  'invoice',
  'account',
  'service',
  'category',
  'effective',
  'region',
] as const
export type Role = (typeof ROLES)[number]
export type ColumnMap = Partial<Record<Role, string>>

const roles = Object.fromEntries(ROLES.map((role) => [role, column.optional()])) as Record<Role, z.ZodOptional<typeof column>>
const FIXED = ['currency', 'account', 'service', 'unit', 'provider', 'resource', 'region'] as const
export type Fixed = Partial<Record<(typeof FIXED)[number], string>>

export const invoiceSettings = z
  .strictObject({
    /** A file or a folder. */
    path: z.string().optional(),
    /** Which column of the file plays which role; the roles may also stand beside `path` themselves. */
    columns: z.strictObject(roles).optional(),
    ...roles,
    /** Values for what the file has no column for, or leaves empty. */
    defaults: z
      .strictObject(
        Object.fromEntries(FIXED.map((name) => [name, column.optional()])) as Record<(typeof FIXED)[number], z.ZodOptional<typeof column>>,
      )
      .prefault({}),
    /** How long a charge lasts that has no end. */
    span: z.enum(['hour', 'day', 'month']).default('day'),
    /** Charge ends that are days name the last day of the charge, not the day after. */
    end_inclusive: z.boolean().default(false),
  })
  // What comes out is valid input again: settings are checked when they are read and when they are used.
  .transform(({ path, columns, defaults, span, end_inclusive, ...flat }) => {
    const map: ColumnMap = Object.fromEntries(Object.entries({ ...flat, ...columns }).filter(([, name]) => name !== undefined))
    return { path, columns: map, defaults: defaults as Fixed, span, end_inclusive }
  })
  .superRefine(({ columns }, context) => {
    for (const role of ['charge_start', 'cost'] as const)
      if (!columns[role])
        context.addIssue({ code: 'custom', path: ['columns', role], message: 'is missing; name the column of the file that holds it' })
  })
export type InvoiceSettings = z.infer<typeof invoiceSettings>
